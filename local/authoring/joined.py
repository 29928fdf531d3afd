"""Joins ordinary sentences to texts of several lengths, and tries scored rules on them.

A protected sentence is short. A long honest text has more words of any list, so its sum may reach a
threshold that no single sentence comes near. The texts are the same in every check.
"""

from collections.abc import Iterator, Sequence
from random import Random

from msgspec import structs

from matcher.engine import Matcher
from matcher.fold import fold
from matcher.hit import Hit
from rules.law import letters_of
from rules.pack import PackFile, Problem

LENGTHS = (100, 300, 1_000, 3_000)
"""Letters of the texts at least, as the law of scoring counts them."""

TEXTS = 100
"""Texts of each length and language: a pack takes about a second."""

SHOWN_REASONS = 6


def joined_texts(sentences: Sequence[str], letters: int) -> list[str]:
    """Return texts of sentences in random order, each of at least so many letters.

    >>> joined_texts(["We meet at noon.", "Bring a pen."], 20)[0]
    'We meet at noon. Bring a pen.'
    """
    sizes = {each: size for each in sentences if (size := letters_of(fold(each)))}
    random, known = Random(letters), list(sizes)  # noqa: S311 - the same texts in every check
    texts = []
    for _ in range(TEXTS if sizes else 0):
        chosen: list[str] = []
        while sum(map(sizes.__getitem__, chosen)) < letters:
            chosen.append(random.choice(known))
        texts.append(" ".join(chosen))
    return texts


def joined_warnings(file: PackFile, sentences: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """Yield the scored rules of a pack that ordinary sentences hit once they are joined.

    `sentences` come after their language. Those in the languages of the pack are joined.
    """
    pack = file.pack
    scored = tuple(rule for rule in pack.rules if rule.score)
    codes = {code.partition("-")[0] for code in pack.languages} & {code for code, _ in sentences}
    by_language = {
        code: [text for language, text in sentences if language == code] for code in sorted(codes)
    }
    matcher = Matcher([structs.replace(pack, rules=scored)])
    found: dict[str, list[tuple[int, Hit]]] = {rule.id: [] for rule in scored}
    for letters in LENGTHS if scored else ():
        texts = [text for some in by_language.values() for text in joined_texts(some, letters)]
        for hit in (hit for hits in matcher.find_all(texts) for hit in hits):
            found[hit.rule].append((letters, hit))
    for rule, hits in found.items():
        if hits:
            yield file.problem((rule,), _message(hits, TEXTS * len(by_language)), rule)


def _message(hits: Sequence[tuple[int, Hit]], texts: int) -> str:
    counts = [sum(of == letters for of, _ in hits) for letters in LENGTHS]
    reached = (
        f"{count} of {texts} of {letters:,} letters"
        for letters, count in zip(LENGTHS, counts, strict=True)
        if count
    )
    first = hits[0][1]
    heaviest = sorted(first.spans, key=lambda span: -(span.weight or 0))[:SHOWN_REASONS]
    reasons = ", ".join(f"`{span.term}` {span.weight:+d}" for span in heaviest)
    return (
        f"ordinary sentences, joined to longer texts, reach the threshold {first.threshold}:"
        f" {', '.join(reached)}; the first scores {first.score} ({reasons}), so weaken a weight"
    )
