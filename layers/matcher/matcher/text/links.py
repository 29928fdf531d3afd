"""Links and mentions, which terms do not match inside, and the host names in a text.

A link begins with `http://`, `https://` or `www.`, or is a host name with a slash after it. It ends
at white space, a quote, a bracket that may enclose links, or a letter of a script without spaces,
which often follows a link directly ("https://t.example/a领取"). Final punctuation does not belong
to it. A mention is an `@` and a name, with no word character before it.

A host name without a slash is not a link, and terms do match inside it: otherwise "otp.send it"
would hide its words. `find_hosts` still finds it, for the `links` of rules.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from matcher.text.fold import CodePointTable, is_dropped, is_spaceless, is_word
from matcher.text.hostnames import NAME_LENGTH, Host, host_of, normal_host

_SPACELESS, _DROPPED = "\x01", "\x02"


def _shape(code: int) -> str:
    """Return one character that makes `re` see words where the fold sees them.

    Spaceless letters and dropped characters each become one character, and marks become letters.
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


_shapes = CodePointTable(_shape)

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
It cannot begin after a hidden character inside a word. Otherwise each letter of a long word would
be tried as a beginning, up to the word's end."""

_LINK = re.compile(
    rf"(?<!\w)https?://(?:{_SPACELESS_HOST})?[^{_LINK_END}]++"
    rf"|(?<!\w)www\.[^{_LINK_END}]++"
    rf"|{_HOST_START}(?P<host>{_HOST})(?::\d{{1,5}})?/[^{_LINK_END}]*+"
    rf"|(?<!\w)[@＠]{_LETTERS}++(?:[.-]{_LETTERS}++)*+(?:@{_HOST})?"
)
_SIGN = re.compile(r"[/@＠wW](?:(?<![wW])|[wW]{2}\.)")
_BARE_HOST = re.compile(rf"{_HOST_START}(?P<host>{_HOST})(?!\.?[\w-])")
_BOUNDARIES = " \n，！"  # the most frequent characters outside words, links, hosts and mentions
_FINAL_SIGNS = ".,;:!?)]*_~…"


class Opaque(NamedTuple):
    """A link or mention at a half-open span of code points."""

    start: int
    end: int
    is_link: bool


def opaque_spans(text: str, start: int = 0, end: int | None = None) -> list[Opaque]:
    """Find the links and mentions of a text or of a stretch of it, in order, without overlaps.

    The simple way is to search the whole text with one pattern. That is slow, so the search first
    jumps to the few signs that every link and mention has, and tries the pattern only on the run
    of characters without a space around each sign.

    >>> [span[:2] for span in opaque_spans("see www.a.example/otp, @otp")]
    [(4, 21), (23, 27)]
    """
    spans: list[Opaque] = []
    stop = len(text) if end is None else end
    at = start
    while sign := _SIGN.search(text, at, stop):
        first = max(at, text.rfind(" ", at, sign.start()) + 1)
        at = text.find(" ", sign.end(), stop)
        at = stop if at < 0 else at
        spans += _opaque_spans(text, first, at)
    return spans


def without_opaque(text: str) -> str:
    """Return a text without the runs between spaces that may have a link or mention.

    >>> without_opaque("see www.a.example/otp, @otp and/or otp")
    'see    otp'
    """
    if not _SIGN.search(text):
        return text
    return " ".join("" if _SIGN.search(run) else run for run in text.split(" "))


def stretch_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch around a span that does not cut words, links or mentions.

    It begins and ends at a character that belongs to none of them, or where the text does.

    >>> stretch_around("see https://a.example/otp, my otp", 22, 25)
    (4, 26)
    """
    first = max(text.rfind(char, 0, start) for char in _BOUNDARIES) + 1
    after = [at for char in _BOUNDARIES if (at := text.find(char, end)) >= 0]
    return first, min(after, default=len(text))


def _opaque_spans(text: str, start: int, end: int) -> Iterator[Opaque]:
    """Yield links and mentions between two places at which the text ends or has a space."""
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
    """Return whether the last character before, apart from dropped ones, belongs to a word."""
    before = start - 1
    while before >= 0 and is_dropped(text[before]):
        before -= 1
    return before >= 0 and is_word(text[before])


def _word_end(text: str, end: int) -> int:
    """Return where a word ends that may go on at `end`, since `re` takes marks for signs."""
    word_end = end
    while end < len(text) and (is_dropped(text[end]) or is_word(text[end])):
        end += 1
        if is_word(text[end - 1]):
            word_end = end
    return word_end


def find_hosts(text: str) -> list[Host]:
    """Find the host names in a text: of its links, and those outside of links.

    >>> [host.name for host in find_hosts("shop.example or https://www.shop.example/x")]
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
        if len(bare["host"]) <= NAME_LENGTH
        and not _follows_word(text, bare.start("host"))
        and _word_end(text, bare.end()) == bare.end()
    )
    return sorted(found)
