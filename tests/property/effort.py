"""How many cases are drawn: all by `make nightly`, and a quarter of them by `make test`."""

import os

from hypothesis import settings

CASES = int(os.environ.get("MATCHER_CASES", "2000"))
"""Cases of all laws of the matcher together. Seeds: `--hypothesis-seed`."""


def examples(most: float) -> settings:
    """So many of them, or the part that the profile has of 100."""
    return settings(
        max_examples=max(1, round(most * settings.default.max_examples / 100)), deadline=None
    )


def share(percent: float, *, each: int = 1) -> settings:
    """The cases of one law of the matcher, of which one example has `each`."""
    return examples(CASES * percent / 100 / each)
