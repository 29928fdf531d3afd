"""Joins ordinary sentences to texts of several lengths, and tries scored rules on them.

A protected sentence is short. A long honest text has more words of any list, so its sum may reach a
threshold that no single sentence comes near. The texts are the same in every check.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from random import Random

from msgspec import structs

from matcher.engine import Matcher
from matcher.fold import fold
from matcher.hit import Hit
from rules.law import letters_of
from rules.pack import PackFile, Problem

LENGTHS = (100, 300, 1_000, 3_000)  # letters at least, as the law of scoring counts them
TEXTS = 100  # of each length and language: a pack takes about a second


def joined_texts(sentences: Sequence[str], letters: int) -> Iterator[str]:
    """Yield texts of sentences in random order, each of at least so many letters.

    >>> next(joined_texts(["We meet at noon.", "Bring a pen."], 20))
    'We meet at noon. Bring a pen.'
    """
    random = Random(letters)  # noqa: S311 - the same texts in every check
    for _ in range(TEXTS):
        chosen, left = list[str](), letters
        while left > 0:
            chosen.append(random.choice(sentences))
            left -= letters_of(fold(chosen[-1]))
        yield " ".join(chosen)


def joined_warnings(file: PackFile, sentences: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    """Yield the scored rules of a pack that ordinary sentences hit once they are joined.

    `sentences` come after their language. Those in the languages of the pack are joined.
    """
    scored = tuple(rule for rule in file.pack.rules if rule.score)
    matcher = Matcher([structs.replace(file.pack, rules=scored)])
    codes = {code.partition("-")[0] for code in file.pack.languages}
    of_languages = defaultdict[str, list[str]](list)
    for language, text in sentences:
        if language in codes and scored and letters_of(fold(text)):
            of_languages[language].append(text)
    found = defaultdict[str, list[tuple[int, Hit]]](list)
    for letters in LENGTHS:
        texts = (text for some in of_languages.values() for text in joined_texts(some, letters))
        for hit in chain(*matcher.find_all(texts)):
            found[hit.rule].append((letters, hit))
    for rule, of_rule in found.items():
        first = of_rule[0][1]
        spans = sorted(first.spans, key=lambda span: -(span.weight or 0))[:6]
        reasons = ", ".join(f"`{span.term}` {span.weight:+d}" for span in spans)
        counts = Counter(letters for letters, _ in of_rule)
        tried = f"of {TEXTS * len(of_languages)} of"
        reached = ", ".join(f"{count} {tried} {at:,} letters" for at, count in counts.items())
        message = (
            f"ordinary sentences, joined to longer texts, reach the threshold {first.threshold}:"
            f" {reached}; the first scores {first.score} ({reasons}), so weaken a weight"
        )
        yield file.problem((rule,), message, rule)
