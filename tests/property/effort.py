"""How many cases are drawn for the laws of the matcher, all together."""

import os

from hypothesis import settings

CASES = int(os.environ.get("MATCHER_CASES", "2000"))
"""Cases of all laws together; what `make test` has time for. Seeds: `--hypothesis-seed`."""


def share(percent: float, *, each: int = 1) -> settings:
    """The cases of one law, of which one example has `each`."""
    examples = max(1, round(CASES * percent / 100 / each))
    return settings(max_examples=examples, deadline=None)
