"""The function console: the desk's pages for moderators who sign in at the deployed stack.

`identity` says who somebody is, `table` is the desk's port, `application` joins them.
Start with `application`.
"""
