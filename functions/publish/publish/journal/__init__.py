"""The public journal: lines without anything that identifies a post, an author or a moderator.

It may import `catalogue` and `estimates`. Start with `public_journal`.
"""
