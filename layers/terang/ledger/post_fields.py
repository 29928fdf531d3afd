"""The values of a post's fields, from formats that say them in their own way.

A post is not refused for values that its own format allows: lists are shortened to the bounds of a
post, and useless values are left out. Intake reads files of these formats, and the relay streams.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ledger.texts import before_leap_second, resolve_references

LINKS, LINK_LENGTH = 100, 2_048
TEXTS, TEXT_LENGTH = 50, 65_536

_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?")


def bound_links(values: Iterable[Any]) -> list[str] | None:
    """Return the links, each once, in order. A long one keeps its beginning, which has the host.

    >>> bound_links(["https://example.org", None, "https://example.org"])
    ['https://example.org']
    >>> links = bound_links(f"https://{number:03}/".ljust(3_000) for number in range(101))
    >>> len(links), len(links[0])
    (100, 2048)
    """
    links = dict.fromkeys(value[:LINK_LENGTH] for value in values if _is_text(value))
    return list(links)[:LINKS] or None


def bound_texts(values: Iterable[Any]) -> list[str] | None:
    r"""Return the texts that are not blank. From the TEXTS-th on they are joined into one.

    >>> bound_texts(["a caption", "", None])
    ['a caption']
    >>> bound_texts(["a"] * TEXTS + ["b"])[-2:]
    ['a', 'a\nb']
    """
    texts = [value for value in values if _is_text(value)]
    if len(texts) > TEXTS:
        texts[TEXTS - 1 :] = ["\n".join(texts[TEXTS - 1 :])]
    return [text[:TEXT_LENGTH] for text in texts] or None


def language_tag(value: Any) -> str | None:
    """Return the value if it has the length of a language tag."""
    return value if isinstance(value, str) and 2 <= len(value) <= 35 else None


def web_address(value: Any) -> str | None:
    """Return the value if it is an HTTP address that is not too long for a post.

    >>> [len(web_address("https://" + "a" * length) or "") for length in (2040, 2041)]
    [2048, 0]
    """
    usable = isinstance(value, str) and len(value) <= LINK_LENGTH
    return value if usable and value.startswith(("https://", "http://")) else None


def reach_count(value: Any) -> int | None:
    """Return the value if it is a whole number in the bounds of a reach."""
    return value if type(value) is int and 0 <= value <= 2**53 else None


def identifier(value: Any) -> str | None:
    """Return a string or a whole number as an id. Other numbers could have lost digits."""
    return str(value) if type(value) in (int, str) and value != "" else None


def published_time(value: Any) -> tuple[Any, bool]:
    """Return a time of publication, and whether it had no offset and was read as UTC.

    Return any other value as it is: the reader of posts refuses it.

    >>> published_time("2026-11-25 10:00:00")
    ('2026-11-25T10:00:00+00:00', True)
    >>> published_time("2026-11-25T10:00:00+07:00")
    ('2026-11-25T10:00:00+07:00', False)
    """
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value):
        return value, False
    try:
        time = datetime.fromisoformat(before_leap_second(f"{value}Z"))
        return time.astimezone(UTC).isoformat(), True
    except ValueError:
        return value, False


def as_object(value: Any) -> dict[str, Any]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


POSTS = "app.bsky.feed.post"


def jetstream_post(event: dict[str, Any]) -> tuple[dict[str, Any], bool] | None:
    """Return the fields of the post that an event creates, and whether its time had no offset.

    All posts are public. Return None for updates, deletions, other collections and events about
    accounts. Source: docs.bsky.app, "Jetstream"; lexicons app.bsky.feed.post and app.bsky.embed.*.
    """
    commit = as_object(event.get("commit"))
    created = event.get("kind") == "commit" and commit.get("operation") == "create"
    if not created or commit.get("collection") != POSTS:
        return None
    record = as_object(commit.get("record"))
    embed = as_object(record.get("embed"))
    shown = (embed, as_object(embed.get("media")))  # a quotation holds its media one level down
    pages = (as_object(part.get("external")).get("uri") for part in shown)
    published_at, assumed_utc = published_time(record.get("createdAt"))
    fields = {
        "id": jetstream_id(event),
        "account": event.get("did"),
        "text": record.get("text"),
        "audience": "public",
        "published_at": published_at,
        "language": language_tag(next(iter(as_list(record.get("langs"))), None)),
        "links": bound_links((*_facets(record), *pages)),
        "media_text": bound_texts(text for part in shown for text in _media(part)),
    }
    return fields, assumed_utc


def jetstream_id(event: dict[str, Any]) -> str | None:
    """Return the address of the post that an event is about, if it is about one."""
    commit = as_object(event.get("commit"))
    account, key = event.get("did"), commit.get("rkey")
    is_post = account and key and commit.get("collection") == POSTS
    return f"at://{account}/{POSTS}/{key}" if is_post else None


def _facets(record: dict[str, Any]) -> Iterator[Any]:
    for facet in as_list(record.get("facets")):
        for feature in as_list(as_object(facet).get("features")):
            yield as_object(feature).get("uri")


def _media(embed: dict[str, Any]) -> Iterator[Any]:
    yield embed.get("alt")
    for image in as_list(embed.get("images")):
        yield as_object(image).get("alt")
    external = as_object(embed.get("external"))
    yield external.get("title")
    yield external.get("description")


_PIECE = re.compile(
    r"""<(?: !--(?:.*?-->|.*)                             # an open comment hides the rest
      | (?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)
      | /?(?P<tag>[a-z][a-z0-9]*+)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*+)> )""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_HREF = re.compile(r"""\bhref\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_BREAKS = frozenset({"p", "br", "div", "li", "ul", "ol", "hr", "tr", "pre", "blockquote"})


def read_html(markup: str) -> tuple[str, list[str]]:
    r"""Return the text, one line for each block, and the addresses of the links, in order.

    Inline tags leave no trace, so that a word that they broke is whole again. No tree is built, and
    the time is linear.

    >>> read_html('<p>See <a href="https://example.org/?a=1&amp;b=2">th<b></b>is</a></p><p>Now</p>')
    ('See this\nNow', ['https://example.org/?a=1&b=2'])
    """
    addresses: list[str] = []

    def replace_tag(piece: re.Match[str]) -> str:
        hrefs = _HREF.finditer(piece["attributes"] or "")
        addresses.extend(resolve_references(href[href.lastindex or 0]) for href in hrefs)
        return "\n" if (piece["tag"] or "").lower() in _BREAKS else ""

    lines = map(str.strip, resolve_references(_PIECE.sub(replace_tag, markup)).split("\n"))
    return "\n".join(filter(None, lines)), addresses
