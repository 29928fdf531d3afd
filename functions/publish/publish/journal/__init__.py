"""The public journal: lines that identify no post, author or moderator.

Start with `public_journal`, then `short_line` and `journal_spool`.
"""
