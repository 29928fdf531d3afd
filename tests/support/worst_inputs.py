"""Texts that make each reader of untrusted text work hardest, of any length. Each row is a function
and a text of about `n` characters or bytes for it: what the function does most for each character,
or what once took the square of the length."""

import io
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from support.sample_packs import pack_of

from authoring.term_candidates import patterns_in
from cases.kinds import read_case_message
from claims.fact_check import plain_line
from claims.text_words import grams_of, guess_language, split_known_words, words_of
from dsa.statement import personal_data
from intake.formats import CSV
from intake.platforms import repair_escapes
from intake.reader import FileContext
from ledger.post_fields import read_html
from ledger.posts import read_line, read_lines
from ledger.streams import JsonDocument
from ledger.texts import lines_of_body, nests_too_deep
from matcher import Matcher, Rule, Severity
from matcher.aligned import find_hosts, opaque_spans
from matcher.candidates import find_candidates
from matcher.fold import fold
from matcher.readings import is_suspect
from matcher.sign_catalogue import SIGNS, find_signs

WORDS = ("bomb", "bumb", "otp", "prize", "*aa*", "a*", "facility", "验证码", "bomber*", "*secret*")


POSTS = {
    "signs around two words": ["++bاmbprize++-"],
    "stars around capitals": ["+PRIZE* ", "+SECRET* ", "+OTP* "],
    "letters apart, between signs": ["|ج.ا.ئ.ز.ة|1 ", "|ر.ا.ب.ط|1 "],
    "letters apart and hashtags": ["(f r e e   p r i z e** ", "#VideoCallNow* "],
    "letters apart and masked words": ["|ق.ا.ن.و.ن|1 ", "+sl*t@\n", "+b*mb@\n"],
    "a long tail behind stars": ["+fr*e*aeiourstnlaeiourstnlaeiourstnlaeiourstnl+ "],
    "terms and masked words": ["free gift claim now ", "b*t s*t c*sh* "],
}
"""Texts that once took most work with the packs that ship: each is repeated."""


class Worst(NamedTuple):
    """A reader, and a text of about `n` characters for it."""

    read: Callable[[Any], object]
    text: Callable[[int], Any]


def repeated(piece: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Return a maker of texts that repeat a piece."""
    return lambda n: f"{before}{piece * (n // len(piece))}{after}"


def _bytes(make: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda n: make(n).encode()


@cache
def _matcher() -> Matcher:
    rules = [
        Rule(id="any", severity=Severity.LOW, why="Invented.", groups=(WORDS,)),
        Rule(id="two", severity=Severity.LOW, why="Invented.", groups=(WORDS, WORDS), within=9),
        Rule(
            id="links", severity=Severity.LOW, why="Invented.", links=("shop.example",),
            unless=("never",)),
    ]  # fmt: skip
    return Matcher([pack_of(*rules)])


def find(text: str) -> object:
    """Look for rules in a text."""
    return _matcher().find(text)


def suspect(text: str) -> object:
    """Look for what a disguise needs."""
    return is_suspect(text, fold(text))


def signs(text: str) -> object:
    return find_signs(text, SIGNS)


def all_of(read: Callable[..., Any], *more: object) -> Callable[[bytes], object]:
    """Return a reader that reads a stream to its end."""
    return lambda data: sum(1 for _ in read(io.BytesIO(data), *more))


def elements(data: bytes) -> object:
    """Read an array, value by value."""
    document = JsonDocument(io.BytesIO(data))
    return [document.value() for _ in document.elements()]


def csv_rows(data: bytes) -> object:
    """Read a table behind its header."""
    head = b"id,account,text,audience,published_at,links\n"
    return list(CSV.items(io.BytesIO(head + data), FileContext()))


def splitting(text: str) -> object:
    """Split a tag into words that are all known."""
    return split_known_words(text, lambda word: True)


HIDDEN, MARK = "\u200b", "\u0301"

TEXTS = {
    "plain words": repeated("please send it to my friend "),
    "hidden characters in a word": repeated(f"a{HIDDEN}"),
    "the same before a slash": repeated(f"a{HIDDEN}", after="/"),
    "marks on each letter": repeated(f"a{MARK}"),
    "hyphens and hidden characters": repeated(f"x-{HIDDEN}"),
    "labels without an end": repeated("a."),
    "labels, hyphens, hidden characters": repeated(f"c.d-{HIDDEN}"),
    "a label of punycode": lambda n: f"http://xn--{('ü' * n).encode('punycode').decode()}.example/",
    "schemes": repeated("http://"), "www": repeated("www."),
    "mentions of mentions": repeated("@a@b."), "slashes and at signs": repeated("a/@"),
    "hidden characters before mentions": repeated(f"{HIDDEN}@"), "a run": repeated("a"),
    "one letter and a space": repeated("a "), "a term": repeated("otp "),
    "a term and marks": repeated(f"otp{MARK * 9} "),
    "a term behind an apostrophe": repeated(f"a'{HIDDEN * 9}otp "), "leet": repeated("b0mb pr1ze "),
    "masked": repeated("b*mb p*i*e "), "masked, open ends": repeated("b*mbersandmore "),
    "letters apart": repeated("b.o.m.b."), "letters apart, inside a word": repeated("s.e.c.r.e.t."),
    "letters apart, other signs": repeated("b.o-m_b "),
    "signs for i and l": repeated("f4c1!|l1!|l|1!lty "),
    "one long word of signs for i and l": repeated("1!|l", "fac", "ty"),
    "letters apart, signs for i and l": repeated("1.!.l.", "f.a.c.", "t.y"),
    "a foreign letter": repeated("boاmb "), "hashtags": repeated("#BigOtp "),
    "Han letters apart": repeated("验-证-码-"), "stars": repeated("*"),
    "emphasis": repeated("*a *"), "dollars": repeated("$a "), "hex": repeated("ab12-"),
    "digits": repeated("1a"), "brackets": repeated("<"), "ampersands": repeated("&"),
    "references": repeated("&#"), "a reference of many digits": repeated("9", "&#"),
    "initials": repeated("a."), "thousands": repeated("1,"), "capitals": repeated("aB", "#"),
    "apostrophes": repeated("a'"), "numbers": repeated("0 "), "phone numbers": repeated("+62 "),
    "at signs in words": repeated("a@b"),
}  # fmt: skip
DRESSED = {
    "emoji": repeated("🔥"), "words between emoji": repeated("🔥ayo"), "flags": repeated("🇮🇩"),
    "names with numbers": repeated("hoki88 "), "the same, dressed": repeated("𝐡𝐨𝐤𝐢𝟖𝟖"),
    "numbers with units": repeated("Rp 5 jt "), "numbers next to Han letters": repeated("加12345"),
    "hosts with usual endings": repeated("toko.com,"), "phrases": repeated("ayo main sekarang "),
    "strokes": repeated("b\u0336"),
}  # fmt: skip
MARKUP = {
    "scripts": repeated("<script>"), "ends of scripts": repeated("</script ", "<script>"),
    "comments": repeated("<!--"), "quotes in tags": repeated("<a \"'"),
    "one open quote": repeated("<a ", '<a "'), "addresses": repeated("href=", "<a ", ">"),
    "names of addresses": repeated("href ", "<a ", ">"), "references": repeated("&#"),
}  # fmt: skip
JSON = {"strings": repeated('"a",', "[", "1]"), "escapes": repeated(r"\"", '["', '"]'),
        "open quotes": repeated('"', "["), "brackets": repeated("[", "["),
        "pairs of brackets": repeated("[],", "[", "1]"), "numbers": repeated("1", "[", "]"),
        "spaces": repeated(" ", "[", "1]")}  # fmt: skip

READERS: dict[str, tuple[Callable[[Any], object], dict[str, Callable[[int], str]]]] = {
    "matcher: links": (opaque_spans, TEXTS), "matcher: hosts": (find_hosts, TEXTS),
    "matcher: suspicion": (suspect, TEXTS), "matcher: disguise": (find_candidates, TEXTS),
    "matcher: signs": (signs, TEXTS | DRESSED), "matcher: find": (find, TEXTS),
    "claims: words": (lambda text: words_of(text, "en"), TEXTS), "claims: grams": (grams_of, TEXTS),
    "claims: feeds": (plain_line, TEXTS),
    "claims: languages": (lambda text: guess_language(text, ["en", "id"]), TEXTS),
    "claims: tags": (splitting, {"letters": repeated("ab"), "humps": repeated("aB")}),
    "dsa: personal data": (personal_data.__wrapped__, TEXTS),
    "intake: HTML": (read_html, TEXTS | MARKUP),
    "intake: telegram": (lambda text: repair_escapes(text.encode()), {"escapes": repeated(r"\x0")}),
    "ledger: bodies": (lines_of_body, JSON),
    "learning: candidates": (lambda text: list(patterns_in(text)), TEXTS),
}  # fmt: skip
BYTE_READERS: dict[str, tuple[Callable[[bytes], object], dict[str, Callable[[int], str]]]] = {
    "intake: JSON": (elements, {name: text for name, text in JSON.items()
                                if name not in ("open quotes", "brackets")}),
    "intake: lines": (all_of(read_lines), {"newlines": repeated("\n"), "quotes": repeated('"')}),
    "intake: CSV":
        (csv_rows, {"quotes": repeated('""'), "commas": repeated(","),
                    "bars": repeated("a|", "1,2,3,4,5,"), "rows": repeated("1,2,3,public,5,6\n")}),
    "ledger: depth": (nests_too_deep, JSON),
    "ledger: posts": (read_line, JSON),
    "ledger: cases": (read_case_message, JSON),
}  # fmt: skip

WORST = {
    f"{reader}, {name}": Worst(read, text)
    for reader, (read, texts) in READERS.items()
    for name, text in texts.items()
} | {
    f"{reader}, {name}": Worst(read, _bytes(text))
    for reader, (read, texts) in BYTE_READERS.items()
    for name, text in texts.items()
}
"""By the name of the reader and of the text."""
