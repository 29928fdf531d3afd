"""Claims of words drawn as often as people use them: what a large index shares with any text."""

from collections.abc import Iterator
from itertools import islice
from random import Random

from tools.training.development import entry_of
from tools.training.frames import SLOTS
from wordfreq import get_frequency_dict

from claims.fact_check import FeedCheck

KNOWN = 30_000


def noise(language: str, count: int, random: Random) -> Iterator[FeedCheck]:
    """`count` claims of 12 to 30 words, and a title of some of them and others. Drawn words are
    small, so no name of a story is among them: it would be none any more."""
    used = islice(get_frequency_dict(language).items(), KNOWN)
    names = {name for values in SLOTS[language].values() for name in values.casefold().split()}
    words, weights = zip(
        *((word, often) for word, often in used if word.isalpha() and word not in names),
        strict=True,
    )
    glue = "" if language == "zh" else " "
    for place in range(count):
        claim = random.choices(words, weights, k=random.randint(12, 30))
        title = random.sample(claim, 3) + random.choices(words, weights, k=random.randint(1, 5))
        link = f"https://noise.example/{language}/{place:05}"
        yield entry_of(link, glue.join(claim), glue.join(title), language)
