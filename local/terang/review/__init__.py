"""The desk at home: what waits in a run or a stack, a moderator's book, and a door on loopback.

`sitting` joins them. The pages are those of `desk`; `screens` draws a whole case at the terminal.
Start with `home_desk`.
"""
