"""What authors of packs need: parse, check, explain and format. Never deployed.

It imports `matcher` and `rules`. Read `source` first, which says what a pack may hold, then
`parse`, which reads one, and `check`, which reads and tests a folder.
"""
