"""Adding records of counts and tallies: the order and the grouping of the parts never matter."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec


def sum_records[T: msgspec.Struct](kind: type[T], parts: Iterable[T]) -> T:
    """Return all parts together: counts and tallies are added, texts are left empty.

    Args:
        kind: A struct whose fields are counts (0), counts that may be unset, tallies ({}) or texts
            ("") by default.
        parts: Any number of it.
    """
    nought, folded = kind(), list(parts)
    sums: dict[str, object] = {}
    for name in kind.__struct_fields__:
        default = getattr(nought, name)
        if isinstance(default, dict):
            sums[name] = sum_tallies(getattr(part, name) for part in folded)
        elif isinstance(default, int):
            sums[name] = sum(getattr(part, name) for part in folded)
        elif default is msgspec.UNSET and (total := sum(getattr(p, name) or 0 for p in folded)):
            sums[name] = total
    return msgspec.convert(sums, kind)


def sum_tallies(tallies: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of tallies, by key in order.

    >>> sum_tallies([{"b": 1}, {"a": 1, "b": 1}])
    {'a': 1, 'b': 2}
    """
    total: Counter[str] = Counter()
    for tally in tallies:
        total.update(tally)
    return dict(sorted(total.items()))
