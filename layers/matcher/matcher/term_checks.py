"""Which words can be a term, sign or host name of a pack.

That is a matter of their fold, so this package adds its checks to those of `rules.rule`.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import JOINT, NamedHost, fold, syllables
from matcher.sign_catalogue import SIGNS
from matcher.sign_shapes import SCRIPTS, word_lists
from matcher.term import Term
from rules.rule import TERM_LENGTH
from rules.yaml_reader import Check

MOST_SYLLABLES = 8
"""Syllables of a term in pinyin."""

_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+")


def term_problem(written: str) -> str | None:
    """Return why a string cannot be a term, or None if it can.

    >>> term_problem("@someone")
    '`@someone` is a handle; rules name no accounts'
    >>> term_problem("b*mb")
    '`b*mb`: `*` is allowed only at an end, to open it'
    >>> term_problem("one-time code") is None
    True
    """
    if not written.strip():
        return "a term needs at least one letter or digit; an empty one would match everywhere"
    if len(written) > TERM_LENGTH:
        return f"a term has at most {TERM_LENGTH} code points, this one {len(written)}; shorten it"
    term = Term.of(written)
    if term.literal.lstrip().startswith(("@", "＠")):
        return f"`{written}` is a handle; rules name no accounts"
    if term.literal.lstrip().startswith("{"):
        return f"`{written}` is written like a sign; write a term without braces"
    if "*" in term.literal:
        return f"`{written}`: `*` is allowed only at an end, to open it"
    if not term.pattern:
        return f"`{written}` has no letter or digit, so there is nothing to compare"
    if opaque_spans(term.literal):
        return (
            f"`{written}` is a link, and terms do not look inside links; name its host in `links`"
        )
    return None


def weighted_term_problem(written: str) -> str | None:
    """Return why a string cannot be a term of a score, or None if it can.

    >>> weighted_term_problem("x")
    '`x` is a single letter or digit, which tells nothing; use a word or phrase'
    """
    if problem := term_problem(written):
        return problem
    if len(fold(Term.of(written).literal).strip(" ")) == 1:
        return f"`{written}` is a single letter or digit, which tells nothing; use a word or phrase"
    return None


def pinyin_problem(written: str) -> str | None:
    """Return why a string cannot be a term in pinyin, or None if it can.

    >>> pinyin_problem("jia-wei") is None
    True
    >>> pinyin_problem("jia")
    '`jia` is one syllable, which tells nothing; use two or more'
    >>> pinyin_problem("jia-xwei")
    '`xwei` is not a syllable of pinyin; write it without tones, and ü as v'
    """
    given = written.split(JOINT)
    for syllable in given:
        if syllable not in syllables():
            return f"`{syllable}` is not a syllable of pinyin; write it without tones, and ü as v"
    if len(given) == 1:
        return f"`{written}` is one syllable, which tells nothing; use two or more"
    if len(given) > MOST_SYLLABLES:
        return f"`{written}` has more than {MOST_SYLLABLES} syllables; shorten it"
    return None


def sign_problem(written: str) -> str | None:
    """Return why a string cannot be a sign of a score, or None if it can.

    >>> sign_problem("lnk")
    '`lnk` is not a sign; did you mean `link`?'
    """
    if written in SIGNS:
        return None
    close = get_close_matches(written, SIGNS, 1)
    advice = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(SIGNS)}"
    return f"`{written}` is not a sign; {advice}"


def script_problem(written: str) -> str | None:
    """Return why a string cannot be the script of a gate, or None if it can."""
    return _unless_listed(written, SCRIPTS, "a script")


def words_problem(written: str) -> str | None:
    """Return why a string cannot be the list of words of a gate, or None if it can."""
    return _unless_listed(written, word_lists(), "a list of words")


def _unless_listed(written: str, listed: Iterable[str], kind: str) -> str | None:
    names = sorted(listed)
    return None if written in names else f"`{written}` is not {kind}; there are {', '.join(names)}"


def host_problem(written: str) -> str | None:
    """Return why a string cannot be a host name of `links`, or None if it can.

    >>> host_problem("https://shop.example/x")
    '`https://shop.example/x` is not a host name; write it without scheme and path: shop.example'
    >>> host_problem("shop.example") is None
    True
    """
    if _HOST.fullmatch(NamedHost.of(written).name) and not written.strip().startswith("."):
        return None
    named = find_hosts(written)
    advice = named[0].name if named else "shop.example"
    return f"`{written}` is not a host name; write it without scheme and path: {advice}"


TERM_CHECKS: dict[str, Check] = {
    "term": term_problem,
    "weighted": weighted_term_problem,
    "pinyin": pinyin_problem,
    "sign": sign_problem,
    "script": script_problem,
    "words": words_problem,
    "host": host_problem,
}
