"""Links and mentions, which terms do not look inside, and the host names of links.

A link begins with `http://`, `https://` or `www.`, or is a host name followed by a slash. It ends
at white space, a quote, a bracket of the kinds that enclose links, or a letter of a script without
spaces (those stand right after links: "https://t.example/a领取"); final punctuation is not part of
it. A mention is `@` and a name that no word character precedes.

A host name without a slash is no link, and terms do look there, or "otp.send it" would hide its
words; but `links` groups find it.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from matcher.text.fold import is_dropped, is_spaceless, is_word
from matcher.text.letter_table import Memo

_SPACELESS, _DROPPED = "\x01", "\x02"


def _shape(code: int) -> str:
    """One character that makes `re` see words as the fold does.

    Spaceless letters and dropped characters become one character each, marks become letters.
    """
    char = chr(code)
    if is_dropped(char):
        return _DROPPED
    if is_spaceless(char):
        return _SPACELESS
    if is_word(char) and not char.isalnum():
        return "m"
    if char.isalnum() and not is_word(char):
        return "'"
    return char.lower() if char.isascii() else char


_shapes = Memo(_shape)

_LINK_END = (
    rf"\s<>\"'`{{}}|\\^«»“”‘’\u3000-\u3020"
    rf"\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65{_SPACELESS}"  # signs, not letters
)
_LETTERS = rf"[\w{_DROPPED}]"
_LABEL = rf"[^\W_](?:[^\W_]|[-{_DROPPED}])*+"
_HOST = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]++|[^\W\d_]{{2,63}}+)"
_SPACELESS_HOST = rf"(?:{_SPACELESS}++[.。])+{_SPACELESS}*+"
_HOST_START = rf"(?<![^\W_])(?<![{_DROPPED}-])(?:(?<![_.@])|[{_DROPPED}-]++(?<={_DROPPED}))"
"""Where a host name may begin, with the hidden characters before it ("\\u200bshop.example").
None begins after a hidden character inside a word: each letter would be tried to the word's end."""

_LINK = re.compile(
    rf"(?<!\w)https?://(?:{_SPACELESS_HOST})?[^{_LINK_END}]++"
    rf"|(?<!\w)www\.[^{_LINK_END}]++"
    rf"|{_HOST_START}(?P<host>{_HOST})(?::\d{{1,5}})?/[^{_LINK_END}]*+"
    rf"|(?<!\w)[@＠]{_LETTERS}++(?:[.-]{_LETTERS}++)*+(?:@{_HOST})?"
)
_SIGN = re.compile(r"[/@＠wW](?:(?<![wW])|[wW]{2}\.)")
_BARE_HOST = re.compile(rf"{_HOST_START}(?P<host>{_HOST})(?!\.?[\w-])")
_NAME_LENGTH, _LABEL_LENGTH = 253, 63  # of a domain name and a label of it (RFC 1035)
_PARTING = " \n，！"  # the commonest of what ends links, hosts and mentions, and parts words
_FINAL_SIGNS = ".,;:!?)]*_~…"


class Opaque(NamedTuple):
    """A link or mention at a half-open span of code points."""

    start: int
    end: int
    is_link: bool


class Host(NamedTuple):
    """A host name in normal form, at its half-open span of code points."""

    start: int
    end: int
    name: str


def normal_host(host: str) -> str:
    """The form in which host names are compared: NFKC, case folded, IDNA decoded, no end dot.

    >>> normal_host("WWW.Xn--Mnchen-3ya.Example."), normal_host("ｓｈｏｐ。example")
    ('www.münchen.example', 'shop.example')
    """
    seen = "".join(c for c in host if not is_dropped(c) or unicodedata.category(c)[0] == "M")
    plain = unicodedata.normalize("NFKC", seen).casefold().replace("。", ".").strip(".")
    labels = [_decode_label(label) for label in plain.split(".")]
    return unicodedata.normalize("NFC", ".".join(labels))


def _decode_label(label: str) -> str:
    """Decode punycode; a longer label is no label, and decoding takes the square of its length."""
    if not label.startswith("xn--") or not label.isascii() or len(label) > _LABEL_LENGTH:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except UnicodeError:
        return label


def host_of(url: str) -> Host | None:
    """Finds the host name of a URL, with or without a scheme, or None.

    >>> host_of("https://user@Shop.example:8443/a?b#c")
    Host(start=13, end=25, name='shop.example')
    >>> host_of("mailto:") is None
    True
    """
    scheme = re.match(r"\s*[a-z][a-z0-9+.-]*://", url, re.IGNORECASE)
    start = scheme.end() if scheme else len(url) - len(url.lstrip())
    end = start + len(re.split(r"[/?#\\\s]", url[start:], maxsplit=1)[0])
    start = url.rfind("@", start, end) + 1 or start
    host = url[start:end].partition(":")[0]
    name = normal_host(host)
    if "." not in name or len(name) > _NAME_LENGTH:
        return None
    return Host(start, start + len(host), name)


def opaque_spans(text: str, start: int = 0, end: int | None = None) -> list[Opaque]:
    """Finds the links and mentions of a text or of a stretch of it, in order, without overlaps.

    >>> [span[:2] for span in opaque_spans("see www.a.example/otp, @otp")]
    [(4, 21), (23, 27)]
    """
    found: list[Opaque] = []
    stop = len(text) if end is None else end
    at = start
    while sign := _SIGN.search(text, at, stop):  # no span holds a space: what it stands in is read
        first = max(at, text.rfind(" ", at, sign.start()) + 1)
        at = text.find(" ", sign.end(), stop)
        at = stop if at < 0 else at
        found += _opaque_spans(text, first, at)
    return found


def stretch_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch of a text that parts neither words nor links nor mentions around a place.

    It begins and ends at a character that is part of none, or where the text does.

    >>> stretch_around("see https://a.example/otp, my otp", 22, 25)
    (4, 26)
    """
    first = max(text.rfind(char, 0, start) for char in _PARTING) + 1
    after = [at for char in _PARTING if (at := text.find(char, end)) >= 0]
    return first, min(after, default=len(text))


def _opaque_spans(text: str, start: int, end: int) -> Iterator[Opaque]:
    """Find links and mentions between two places that are text ends or have a space beyond."""
    offset = start
    for found in _LINK.finditer(text[start:end].translate(_shapes)):
        start, end = offset + _start(found), offset + found.end()
        if _follows_word(text, start):
            continue
        if text[start] in "@＠":
            yield Opaque(start, end, is_link=False)
            continue
        end = offset + found.start() + len(found[0].rstrip(_FINAL_SIGNS))
        if host_of(text[start:end]):
            yield Opaque(start, end, is_link=True)


def _start(found: re.Match[str]) -> int:
    """Return where a match begins, without the hidden characters before a host name."""
    return found.start("host") if found["host"] else found.start()


def _follows_word(text: str, start: int) -> bool:
    """Whether the character before, other than dropped ones, is one of a word."""
    before = start - 1
    while before >= 0 and is_dropped(text[before]):
        before -= 1
    return before >= 0 and is_word(text[before])


def _word_end(text: str, end: int) -> int:
    """Where the word ends that may go on at `end`: `re` takes marks for signs."""
    word_end = end
    while end < len(text) and (is_dropped(text[end]) or is_word(text[end])):
        end += 1
        if is_word(text[end - 1]):
            word_end = end
    return word_end


def hosts(text: str) -> list[Host]:
    """Finds the host names in a text: those of its links, and those that stand bare.

    >>> [host.name for host in hosts("shop.example or https://www.shop.example/x")]
    ['shop.example', 'www.shop.example']
    """
    found, rest = [], list(text)
    for link in opaque_spans(text):
        rest[link.start : link.end] = " " * (link.end - link.start)
        if link.is_link and (host := host_of(text[link.start : link.end])):
            found.append(Host(link.start + host.start, link.start + host.end, host.name))
    bare_hosts = _BARE_HOST.finditer("".join(rest).translate(_shapes))
    found += (
        Host(*bare.span("host"), normal_host(text[bare.start("host") : bare.end()]))
        for bare in bare_hosts
        if len(bare["host"]) <= _NAME_LENGTH
        and not _follows_word(text, bare.start("host"))
        and _word_end(text, bare.end()) == bare.end()
    )
    return sorted(found)
