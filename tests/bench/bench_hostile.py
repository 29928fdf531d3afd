"""No text costs more than a bounded multiple of its length, alone or among many."""

from functools import partial

from bench import corpus
from bench.measure import Report, medians

from matcher import Matcher
from matcher.matcher import BATCH, FIRST_BATCH
from reading import read

LENGTH = 65_536
TEXTS = {
    "alternating marks": "\u0301\u064e",
    "U+FDFA, folds to eighteen": "\ufdfa",
    "2,000 different Han": "".join(map(chr, range(0x4E00, 0x4E00 + 2_000))),
    "every Hangul syllable": "".join(map(chr, range(0xAC00, 0xD7A4))),
    "emoji and joiners": "👨\u200d👩\u200d👧❤\ufe0f",
    "one word": "o",
    "one-letter words": "o ",
    "slashes and at signs": "a/@",
    "a term, and only it": "{term} ",
    "beginnings of phrases": "{word} ",
}


def test_hostile_texts_cost_no_more_than_so_many_times_plain_ones(report: Report) -> None:
    """At 100,000 terms; a text is a whole part of 65,536 code points."""
    count = max(corpus.SIZES)
    matcher = Matcher([corpus.pack(count)])
    terms = corpus.terms(count)
    phrase = next(term for term in terms if " " in term)
    plain = " ".join(post.text for post in read(corpus.unit(0)).posts[:1_000])[:LENGTH]
    texts = {"plain text of the corpus": plain}
    for name, piece in TEXTS.items():
        piece = piece.format(term=next(t for t in terms if t.isascii()), word=phrase.split()[0])
        texts[name] = (piece * LENGTH)[:LENGTH]
    matcher.find_all([""] * FIRST_BATCH)  # from here on a hundred posts are looked at together
    alone = medians({n: partial(matcher.find, t) for n, t in texts.items()}, rounds=3)
    filler = [""] * BATCH
    batch = medians(
        {n: partial(matcher.find_all, [t] * 16 + filler) for n, t in texts.items()}, rounds=3
    )
    first = next(iter(texts))
    table = f"Hostile texts of {LENGTH:,} code points, {count:,} terms"
    report.row(table, "text", "alone", "of plain", "in a batch", "of plain")
    for name in texts:
        report.row(
            table,
            name,
            f"{alone[name] * 1e3:.1f} ms",
            f"{alone[name] / alone[first]:.1f}",
            f"{batch[name] / 16 * 1e3:.1f} ms",
            f"{batch[name] / batch[first]:.1f}",
        )
