"""The checks of a score that look at several of its fields."""

from collections.abc import Iterator

from msgspec import UNSET

from authoring.source import ScoreSource
from authoring.yaml_nodes import Text
from matcher.terms.term import pattern_of


def score_problems(score: ScoreSource) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a score, each with the entry or the key that it is about.

    Fields that could not be read are reported already, and are left out.
    """
    terms = score.terms if isinstance(score.terms, dict) else {}
    if score.terms is UNSET:
        yield "", "a score needs `terms:`; add what is worth something"
    yield from _entry_problems(terms)
    threshold, high = score.threshold, score.high
    if isinstance(high, int) and threshold and high <= threshold:
        yield "high", f"`high` {high} must be above `threshold` {threshold}"
    most = sum(weight for weight in terms.values() if weight and weight > 0)
    if threshold and terms and None not in terms.values() and most < threshold:
        yield "threshold", f"no text can reach {threshold}: all weights together are {most}"


def _entry_problems(terms: dict[str, int]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}  # by pattern
    for written, weight in terms.items():
        if not isinstance(written, Text):
            continue
        if weight == 0:
            yield written, f"`{written}` weighs 0, which changes nothing; drop it"
        if not (pattern := pattern_of(written)):
            continue  # reported already
        other = first.setdefault(pattern, written)
        if other is not written:
            yield (
                written,
                f"`{written}` is found where `{other}` is, and would count twice; drop one",
            )
