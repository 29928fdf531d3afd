"""Host names: their normal form, and hosts that imitate another, such as `b4nk.example`.

A look-alike differs from the host that a rule names only where a plain letter a-z was replaced by a
digit, by an accented letter, or by a letter of another script that looks the same. So a rule that
names a false host never matches the true one. The last label must be equal: something that only
looks like a top-level domain is not one.

Limits: added, doubled or exchanged letters (`paypall`, `rn` for `m`) make another host, and so does
a hyphen for a dot.
Source: Unicode Technical Standard 39, on skeletons of confusable strings.
"""

import re
import unicodedata
from collections.abc import Iterator
from string import ascii_lowercase
from typing import NamedTuple, Self

from matcher.text.fold import FOLD, is_dropped

NAME_LENGTH = 253
"""Characters of a domain name at most (RFC 1035)."""

_LABEL_LENGTH = 63  # characters of a label at most (RFC 1035)
_LETTERS = frozenset(ascii_lowercase)
_DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
_SAME_LOOK = str.maketrans({digit: letters[-1] for digit, letters in _DIGITS.items()} | {"i": "l"})
_LOOKALIKES_ONLY = "~"


class Host(NamedTuple):
    """A host name in normal form, at its half-open span of code points."""

    start: int
    end: int
    name: str


class NamedHost(NamedTuple):
    """An entry of a rule's `links`: a host name in normal form.

    `itself` is false if the rule means only hosts that look like it.
    """

    name: str
    itself: bool

    @classmethod
    def of(cls, written: str) -> Self:
        """Parse an entry of `links`. A `~` before the name means its look-alikes only.

        >>> NamedHost.of("Shop.example"), NamedHost.of("~bank.example")
        (NamedHost(name='shop.example', itself=True), NamedHost(name='bank.example', itself=False))
        """
        entry = written.strip()
        name = normal_host(entry.removeprefix(_LOOKALIKES_ONLY))
        return cls(name, not entry.startswith(_LOOKALIKES_ONLY))


def normal_host(host: str) -> str:
    """Return a host name as it is compared: NFKC, case folded, IDNA decoded, without a final dot.

    >>> normal_host("WWW.Xn--Mnchen-3ya.Example."), normal_host("ｓｈｏｐ。example")
    ('www.münchen.example', 'shop.example')
    """
    shown = "".join(c for c in host if not is_dropped(c) or unicodedata.category(c)[0] == "M")
    plain = unicodedata.normalize("NFKC", shown).casefold().replace("。", ".").strip(".")
    labels = [_decode_label(label) for label in plain.split(".")]
    return unicodedata.normalize("NFC", ".".join(labels))


def _decode_label(label: str) -> str:
    """Decode punycode. Longer labels are invalid, and decoding them would take quadratic time."""
    if not label.startswith("xn--") or not label.isascii() or len(label) > _LABEL_LENGTH:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except UnicodeError:
        return label


def host_of(url: str) -> Host | None:
    """Find the host name of a URL, with or without a scheme.

    >>> host_of("https://user@Shop.example:8443/a?b#c")
    Host(start=13, end=25, name='shop.example')
    >>> host_of("mailto:") is None
    True
    >>> [bool(host_of("a." * 125 + "b" * length)) for length in (3, 4)]
    [True, False]
    """
    scheme = re.match(r"\s*[a-z][a-z0-9+.-]*://", url, re.IGNORECASE)
    start = scheme.end() if scheme else len(url) - len(url.lstrip())
    end = start + len(re.split(r"[/?#\\\s]", url[start:], maxsplit=1)[0])
    start = url.rfind("@", start, end) + 1 or start
    host = url[start:end].partition(":")[0]
    name = normal_host(host)
    if "." not in name or len(name) > NAME_LENGTH:
        return None
    return Host(start, start + len(host), name)


def skeleton(name: str) -> str:
    """Return a form that a host name, in normal form, shares with all its look-alikes.

    Labels stay labels, so the skeleton of a parent domain ends the skeleton of its subdomains.

    >>> skeleton("shop.example") == skeleton("sh0p.example") == skeleton("shоp.example")
    True
    """
    return "".join(plain for plain, _ in _plain_letters(name)).translate(_SAME_LOOK)


def is_lookalike(host: str, named: str) -> bool:
    """Return whether a host looks like the named one and is another. Both are in normal form.

    >>> is_lookalike("b4nk.example", "bank.example"), is_lookalike("bank.example", "b4nk.example")
    (True, False)
    >>> is_lookalike("mail.example", "mall.example")  # two plain letters
    False
    """
    if host == named or host.rpartition(".")[2] != named.rpartition(".")[2]:
        return False
    if skeleton(host) != skeleton(named) or not all(FOLD[ord(char)] for char in named):
        return False
    pairs = zip(_plain_letters(host), _plain_letters(named), strict=True)
    return all(
        char == expected
        or (
            char not in _LETTERS
            and expected in _LETTERS
            and expected in plain + _DIGITS.get(plain, "")
        )
        for (plain, char), (_, expected) in pairs
    )


def _plain_letters(name: str) -> Iterator[tuple[str, str]]:
    """Yield each folded letter, with the character it came from. Signs stay as they are."""
    for char in name:
        plain = char if FOLD[ord(char)] == " " else FOLD[ord(char)].strip(" ")
        yield from ((letter, char) for letter in plain)
