"""The head of the public log, as the table keeps it."""

import msgspec


class LogHead(msgspec.Struct, frozen=True):
    """The size and root (in hex) of the log called `origin`; `at` is its newest run, RFC 3339.

    It is moved before the log with it is served, and only by compare-and-swap.
    """

    origin: str
    size: int
    root: str
    at: str
