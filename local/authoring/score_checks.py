"""The checks of a score, and of its pack's card, that look at several fields."""

from collections.abc import Iterator

from msgspec import UNSET

from authoring.conversion import weights_of
from authoring.source import WEIGHTS_KEYS, GateSource, ScoreSource
from authoring.yaml_nodes import Text
from matcher.terms.term import pattern_of
from rules.card import PackCard


def score_problems(score: ScoreSource) -> Iterator[tuple[str, str]]:
    """Yield the problems of a score, each with the entry or the key that it is about.

    Fields that could not be read are reported already, and are left out.
    """
    lists = [getattr(score, key) for key in WEIGHTS_KEYS]
    if all(given is UNSET for given in lists):
        yield "", f"a score needs `{'` or `'.join(WEIGHTS_KEYS)}`; add what is worth something"
    weights = [given for given in lists if isinstance(given, dict)]
    yield from (problem for given in weights for problem in _zeros(given))
    yield from _repeated(score.terms if isinstance(score.terms, dict) else {})
    if isinstance(score.reads, GateSource) and not score.reads.script and not score.reads.words_of:
        yield "reads", "`reads` needs `script` or `words_of`; name one"
    threshold, high = score.threshold, score.high
    if isinstance(high, int) and threshold and high <= threshold:
        yield "high", f"`high` {high} must be above `threshold` {threshold}"
    values = [weight for given in weights for weight in given.values()]
    most = sum(weight for weight in values if weight and weight > 0)
    if threshold and values and None not in (*values, *lists) and most < threshold:
        yield "threshold", f"no text can reach {threshold}: all weights together are {most}"


def _zeros(weights: dict[str, int]) -> Iterator[tuple[str, str]]:
    for written, weight in weights.items():
        if isinstance(written, Text) and weight == 0:
            yield written, f"`{written}` weighs 0, which changes nothing; drop it"


def _repeated(terms: dict[str, int]) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}  # by pattern
    for written in terms:
        if isinstance(written, Text) and (pattern := pattern_of(written)):
            other = first.setdefault(pattern, written)
            if other is not written:
                message = f"`{written}` is found where `{other}` is, and would count twice"
                yield written, f"{message}; drop one"


def single_weights(score: ScoreSource) -> Iterator[tuple[Text, str]]:
    """Yield a warning for each term and sign that alone reaches the threshold."""
    for key in WEIGHTS_KEYS:
        for written, weight in weights_of(getattr(score, key)).items():
            if score.threshold and weight >= score.threshold and isinstance(written, Text):
                message = (
                    f"`{written}` alone reaches the threshold {score.threshold}; one word is never"
                    " enough, so lower its weight"
                )
                yield written, message


def card_problems(card: PackCard) -> Iterator[tuple[object, str, str]]:
    """Yield numbers of a card that contradict each other, with the struct and the key of each."""
    for held_back in card.held_back or ():
        for share in (held_back.recall, held_back.precision) if held_back else ():
            if share and None not in (share.part, share.of, share.low, share.high):
                if share.part > share.of:
                    yield share, "part", f"`part` {share.part} is more than `of` {share.of}"
                elif not share.low <= share.part / max(1, share.of) <= share.high:
                    message = f"{share.part} of {share.of} is not from {share.low} to {share.high}"
                    yield share, "low", message
    for some in card.ordinary or ():
        numbers = (some.found_high, some.found, some.posts) if some else ()
        if None not in numbers and list(numbers) != sorted(numbers):
            message = "`found_high` is at most `found`, and `found` at most `posts`"
            yield some, "found", message
