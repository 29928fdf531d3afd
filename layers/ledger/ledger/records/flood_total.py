"""The sum of what one worker committed on a provider's day, for the flood guard."""

import msgspec


class FloodTotal(msgspec.Struct, frozen=True):
    """The posts and live hits by `pack/rule` of the receipts that one worker of scan committed.

    Only that worker replaces the record, each time with the whole sum of the day so far. Workers
    may die before they write it, so it is an estimate. No published number reads it.
    """

    worker: str
    posts: int
    hits: dict[str, int]
