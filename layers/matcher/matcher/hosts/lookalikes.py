"""Hosts that pass for another: `b4nk.example` for `bank.example`.

A look-alike differs from the host that a rule names only where a plain letter a-z gave way to a
digit, to an accented letter, or to a letter of another script that looks the same. So a rule that
names a false host never turns to the true one. The last label is the same: what merely looks like
a top-level domain is none.

Limits: added, doubled or exchanged letters (`paypall`, `rn` for `m`) make another host; so does a
hyphen for a dot.
"""

from collections.abc import Iterator
from string import ascii_lowercase
from typing import NamedTuple, Self

from matcher.text.fold import FOLD
from matcher.text.links import normal_host

_LETTERS = frozenset(ascii_lowercase)
_DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
_AT_A_GLANCE = str.maketrans(
    {digit: letters[-1] for digit, letters in _DIGITS.items()} | {"i": "l"}
)
_ONLY = "~"


class NamedHost(NamedTuple):
    """A host name in normal form, and whether a rule means it or only what looks like it."""

    name: str
    itself: bool

    @classmethod
    def of(cls, written: str) -> Self:
        """Reads an entry of `links`; `~` before a name stands for its look-alikes alone.

        >>> NamedHost.of("Shop.example"), NamedHost.of("~bank.example")
        (NamedHost(name='shop.example', itself=True), NamedHost(name='bank.example', itself=False))
        """
        bare = written.strip()
        return cls(normal_host(bare.removeprefix(_ONLY)), not bare.startswith(_ONLY))


def glance(name: str) -> str:
    """What a host name in normal form looks like at a glance; that of its look-alikes is the same.

    Labels stay labels, so the glance of a host above is the end of the glance.

    >>> glance("shop.example") == glance("sh0p.example") == glance("shоp.example")
    True
    """
    return "".join(plain for plain, _ in _plainly(name)).translate(_AT_A_GLANCE)


def passes_for(seen: str, named: str) -> bool:
    """Whether a host is not the named one, but looks like it; both in normal form.

    >>> passes_for("b4nk.example", "bank.example"), passes_for("bank.example", "b4nk.example")
    (True, False)
    >>> passes_for("mail.example", "mall.example")  # two plain letters
    False
    """
    if seen == named or seen.rpartition(".")[2] != named.rpartition(".")[2]:
        return False
    if glance(seen) != glance(named) or not all(FOLD[ord(char)] for char in named):
        return False
    pairs = zip(_plainly(seen), _plainly(named), strict=True)
    return all(
        char == own
        or (char not in _LETTERS and own in _LETTERS and own in plain + _DIGITS.get(plain, ""))
        for (plain, char), (_, own) in pairs
    )


def _plainly(name: str) -> Iterator[tuple[str, str]]:
    """Each letter of the folded name, with the character that gave it; signs stay signs."""
    for char in name:
        plain = char if FOLD[ord(char)] == " " else FOLD[ord(char)].strip(" ")
        yield from ((letter, char) for letter in plain)
