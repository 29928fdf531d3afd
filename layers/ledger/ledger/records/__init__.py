"""The records of posts, units, files and findings, and how they are read and written.

Pure: no AWS. It may import `clock`, `errors` and `untrusted_text`. Start with `post`, `receipt` and
`finding`.
"""
