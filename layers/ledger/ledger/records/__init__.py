"""The records of posts, units, files and findings, and how they are read and written.

Pure: no AWS. Start with `post`, `receipt` and `finding`.
"""
