"""The signs of addresses: links, e-mail addresses, names after an `@`, and topics after a `#`.

Links and mentions are those of `matcher.aligned`, in which terms do not match. A host name
without a slash counts as well if it ends like most links do: "daftar di shop.com".
"""

import re
from collections.abc import Iterable, Iterator

from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import host_of
from matcher.signs.shapes import DIGITS, LETTERS, LISTS, MARKS, SPACE, Chunk, Found

LINK_SIGNS = frozenset({"link", "messenger-link", "short-link", "rare-domain"})
"""The signs of a link, which a URL outside the text has as well."""

_HINT = re.compile(r"[/@#.\uff20]")
_DOT_IN_WORD = re.compile(r"[^.][.](?=[^\W\d_])")
_EMAIL_PART = r"[A-Za-z0-9_-]"
_EMAIL = re.compile(
    rf"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{{1,64}}+@(?:{_EMAIL_PART}++\.)+[A-Za-z]++"
)
_TOPIC_LETTER = f"{LETTERS}hk"
_TOPIC = re.compile(
    rf"(?<![{LETTERS}{DIGITS}{MARKS}&#])#[{DIGITS}_]*+[{_TOPIC_LETTER}][{_TOPIC_LETTER}{DIGITS}{MARKS}_]++"
)


def addresses_in(chunk: Chunk) -> tuple[list[Found], str]:
    """Return the signs of addresses in a chunk, and its shape with addresses as spaces."""
    if not _HINT.search(chunk.text):
        return [], chunk.shape
    found = list(_addresses_in(chunk.text))
    shape = _without(chunk.shape, [sign[1:] for sign in found])
    found += (("hashtag", *topic.span()) for topic in _TOPIC.finditer(shape))
    return found, shape


def _addresses_in(text: str) -> Iterator[Found]:
    taken: list[tuple[int, int]] = []
    if "@" in text:
        taken += (email.span() for email in _EMAIL.finditer(text))
        yield from (("email", start, end) for start, end in taken)
    for start, end, is_link in opaque_spans(text):
        taken.append((start, end))
        if not is_link:
            yield "handle", start, end
        elif host := host_of(text[start:end]):
            yield from _link(start, end, host.name)
    if _DOT_IN_WORD.search(text):
        for host in find_hosts(_without(text, taken)):
            if host.name.rpartition(".")[2] in LISTS.bare_endings:
                yield from _link(host.start, host.end, host.name)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            pieces += [text[at:start], SPACE * (end - start)]
            at = end
    return "".join([*pieces, text[at:]])


def signs_of_link(url: str) -> Iterator[Found]:
    """Yield the signs of a URL that a post lists outside its text.

    >>> list(signs_of_link("https://t.me/a"))
    [('link', 0, 14), ('messenger-link', 0, 14)]
    """
    if host := host_of(url):
        yield from _link(0, len(url), host.name)


def _link(start: int, end: int, host: str) -> Iterator[Found]:
    """Yield the signs of a link with a host name in normal form."""
    yield "link", start, end
    labels = host.split(".")
    parents = {".".join(labels[at:]) for at in range(len(labels))}
    if parents & LISTS.messenger_hosts:
        yield "messenger-link", start, end
    if parents & LISTS.short_hosts:
        yield "short-link", start, end
    ending = labels[-1]
    is_country = len(ending) == 2 and ending not in LISTS.rare_countries
    if not (is_country or ending in LISTS.usual_endings):
        yield "rare-domain", start, end
