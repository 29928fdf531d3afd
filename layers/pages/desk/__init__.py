"""The desk: pages on which moderators decide, the same in the browser at home and on AWS.

`table_desk` reads and writes all that they show; each door brings the session of its moderators.
Only `asking` and `routes` know Powertools. Start with `items`, then `routes`.
"""
