"""A table of code points that is filled in as they are met."""

from collections.abc import Callable, Mapping

MEMO_LIMIT = 100_000  # code points remembered, so that no text can make a table grow for ever


class Memo[Told](dict[int, Told]):
    """What a function tells of each code point, told once; for `str.translate` and by key.

    >>> shapes = Memo(lambda code: "d" if chr(code).isdigit() else "-")
    >>> "a1b".translate(shapes), shapes
    ('-d-', {97: '-', 49: 'd', 98: '-'})
    """

    def __init__(self, tell: Callable[[int], Told], known: Mapping[int, Told] | None = None):
        """Takes the function, and what is known before any code point is met."""
        super().__init__(known or {})
        self._tell = tell

    def __missing__(self, code: int) -> Told:
        told = self._tell(code)
        if len(self) < MEMO_LIMIT:
            self[code] = told
        return told
