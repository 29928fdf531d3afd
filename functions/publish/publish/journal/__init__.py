"""The public journal: lines without anything that identifies a post, an author or a moderator.

It may import `published_set` and `estimates`. Start with `public_journal`.
"""
