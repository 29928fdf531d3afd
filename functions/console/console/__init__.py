"""The function console: the desk's pages for moderators who sign in at the deployed stack.

`browser_session` says who somebody is, `application` signs in and joins the desk. Start there.
"""
