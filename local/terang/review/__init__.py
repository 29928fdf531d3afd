"""The desk at home: a run's folder as a table, a moderator's book, and a door on loopback.

`sitting` joins them. The pages and what they read are those of `desk`; `door` also draws a whole
case at the terminal. Start with `run_table`.
"""
