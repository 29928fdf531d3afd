"""How far a long work has come, for whoever waits."""

from collections.abc import Callable, Iterable, Iterator

EVERY = 100
"""Things between two times that somebody is told: telling shall cost nothing."""

type Progress = Callable[[str, int, int], None]
"""Is told from time to time what is done, how many of it are, and how many there are."""


def silent(what: str, done: int, total: int) -> None:
    """Tells nobody."""


def watched[T](some: Iterable[T], what: str, total: int, progress: Progress) -> Iterator[T]:
    """The same things, while it is told how many of them have been taken.

    >>> list(watched("ab", "reading", 2, print))
    reading 0 2
    ['a', 'b']
    """
    for done, one in enumerate(some):
        if done % EVERY == 0:
            progress(what, done, total)
        yield one
