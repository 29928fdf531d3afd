"""No text costs more than a bounded multiple of its length, alone or among many."""

from collections.abc import Callable
from functools import partial

from support.sample_packs import pack_of
from tools.bench import corpus
from tools.bench.measure import Report, medians

from matcher import Matcher, Rule, Severity
from matcher.engine import BATCH, FIRST_BATCH
from scan.unit_input import read_records

LENGTH = 65_536
BATCHED = 4  # times that a text is among many others
TEXTS = {
    "alternating marks": "\u0301\u064e", "U+FDFA, folds to eighteen": "\ufdfa",
    "2,000 different Han": "".join(map(chr, range(0x4E00, 0x4E00 + 2_000))),
    "every Hangul syllable": "".join(map(chr, range(0xAC00, 0xD7A4))),
    "emoji and joiners": "👨\u200d👩\u200d👧❤\ufe0f", "one word": "o", "one-letter words": "o ",
    "slashes and at signs": "a/@", "a term, and only it": "{term} ",
    "beginnings of phrases": "{word} ", "digits in each word": "b0mb pr1ze w1n ",
    "letters apart": "b.o.m.b ", "a star in each word": "b*mb pr*ze ",
    "runs of letters": "boooomb heeello ", "signs alone": "!@#$*",
}  # fmt: skip
LONGER = {"80,000 alternating marks": ("\u0301\u064e", 80_000),
          "100,000 U+FDFA": ("\ufdfa", 100_000)}  # fmt: skip
"""Texts longer than any post: what is handed to the matcher directly has no such limit."""
GROUPS = 16
MOST = 20
"""Times plain text of the same length: what the worst hostile text may cost."""


def plain_text() -> str:
    return " ".join(post.text for post in read_records(corpus.unit(0)).posts[:1_000])[:LENGTH]


def tell(report: Report, table: str, rows: dict[str, tuple[Callable[[str], object], str]],
         name: str) -> None:  # fmt: skip
    """Each text beside plain text of the corpus, by code point, with the worst as a goal."""
    seconds = medians({row: partial(run, text) for row, (run, text) in rows.items()}, rounds=3)
    each = {row: seconds[row] / len(text) * 1e9 for row, (_, text) in rows.items()}
    plain = next(iter(each.values()))
    report.row(table, "text", "ms", "ns a code point", "of plain")
    for row, taken in each.items():
        report.row(table, row, f"{seconds[row] * 1e3:.1f}", f"{taken:.0f}", f"{taken / plain:.1f}")
    report.goal(f"worst of hostile texts {name}", max(each.values()) / plain, MOST, most=True)


def test_hostile_texts_cost_no_more_than_so_many_times_plain_ones(report: Report) -> None:
    """At 100,000 terms; a text is a whole part of 65,536 code points, or longer."""
    count = max(corpus.SIZES)
    matcher = Matcher([corpus.pack(count)])
    terms = corpus.terms(count)
    phrase = next(term for term in terms if " " in term)
    texts = {"plain text of the corpus": plain_text()}
    for name, piece in TEXTS.items():
        piece = piece.format(term=next(t for t in terms if t.isascii()), word=phrase.split()[0])
        texts[name] = (piece * LENGTH)[:LENGTH]
    longer = {name: (piece * length)[:length] for name, (piece, length) in LONGER.items()}
    matcher.find_all([""] * FIRST_BATCH)  # from here on a hundred posts are looked at together

    def among_many(text: str) -> object:
        copies = [text + " " * number for number in range(BATCHED)]  # exact ones are read once
        return matcher.find_all(copies + [""] * BATCH)

    table = f"Hostile texts, {count:,} terms"
    alone = {name: (matcher.find, text) for name, text in (texts | longer).items()}
    tell(report, f"{table}, each alone", alone, "alone")
    batch = {name: (among_many, text) for name, text in texts.items()}
    tell(report, f"{table}, {BATCHED} of each in a batch", batch, "in a batch")


def test_a_million_matches_are_capped(report: Report) -> None:
    """Each letter ends a match of many terms, in one rule and in as many rules as terms."""
    terms = ["*" + "a" * length + "*" for length in range(1, 17)]
    one = pack_of(Rule(id="one", severity=Severity.LOW, why="Measured.", groups=(tuple(terms),)))
    text = "a" * LENGTH
    hits = Matcher([one]).find(text)
    rows = {"plain text of the corpus": (Matcher([one]).find, plain_text()),
            f"{LENGTH * len(terms):,} matches": (Matcher([one]).find, text)}  # fmt: skip
    tell(report, f"Matches without end ({len(hits[0].spans)} spans shown)", rows, "of matches")


def test_many_groups_cost_a_bounded_multiple(report: Report) -> None:
    """A rule with 16 groups that share their terms, and a window of a few words."""
    words = [f"word{chr(ord('a') + number)}" for number in range(GROUPS)]
    shared = tuple(tuple(words[: number + 1]) for number in range(GROUPS))
    apart = tuple((word,) for word in words)
    table = f"A rule with {GROUPS} groups within 3 words"
    rows: dict[str, tuple[Callable[[str], object], str]] = {}
    for name, groups in (("that share terms", shared), ("of a term each", apart)):
        rule = Rule(id="all", severity=Severity.LOW, why="Measured.", groups=groups, within=3)
        find = Matcher([pack_of(rule)]).find
        rows.setdefault("plain text of the corpus", (find, plain_text()))
        for kind, piece in {"all terms": words, "all but the last": words[:-1],
                            "the first, then all": words[:1] * 200 + words}.items():  # fmt: skip
            text = (" ".join(piece) + " ") * (LENGTH // len(" ".join(piece)) + 1)
            rows[f"groups {name}: {kind}"] = find, text[:LENGTH]
    tell(report, table, rows, f"with {GROUPS} groups")
