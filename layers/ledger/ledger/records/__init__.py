"""The records of posts, units, files and findings, and how they are read and written.

Pure: no clock, no AWS. It may import `errors` and `foreign_text`. Start with `post`, `receipt` and
`finding`.
"""
