"""Whose checks are taken: a public list of domains, and those that an import adds to it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

LONGEST_LINK = 2_000


@dataclass(frozen=True, slots=True)
class Publisher:
    """A publisher by domain; its language serves where a review names none."""

    domain: str
    name: str = ""
    language: str = ""


@cache
def listed() -> dict[str, Publisher]:
    """The publishers of the public list, by domain."""
    text = resources.files("claims").joinpath("data/publishers.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)["publishers"]
    return {domain: Publisher(domain, **facts) for domain, facts in found.items()}


class Trust:
    """The publishers that are trusted for one import."""

    def __init__(self, added: Iterable[str] = ()):
        self._publishers = listed() | {
            domain: Publisher(domain) for one in added if (domain := one.strip().lower())
        }

    def publisher_of(self, link: str) -> Publisher | None:
        """The trusted publisher under whose domain a link leads; nothing if there is none.

        >>> Trust().publisher_of("https://www.snopes.com/fact-check/x").name
        'Snopes'
        >>> Trust().publisher_of("https://snopes.com.bread.example/x") is None
        True
        >>> Trust().publisher_of("https://snopes.com@bread.example/x") is None
        True
        """
        host = host_of(link)
        labels = host.split(".") if host else []
        for at in range(len(labels) - 1):
            if (found := self._publishers.get(".".join(labels[at:]))) is not None:
                return found
        return None


def host_of(link: str) -> str:
    """The host that a plain web link leads to; empty for whatever is no such link.

    Another scheme, a name or password in the link, a port, a blank or control character, or a
    host that is no ASCII name make it none.

    >>> host_of("https://Check.example/a?b"), host_of("javascript:alert(1)"), host_of("//a.example")
    ('check.example', '', '')
    """
    if (
        len(link) > LONGEST_LINK
        or not link.isprintable()
        or any(char in link for char in " \"'<>\\")
    ):
        return ""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    plain = host.isascii() and "." in host and parts.username is None and port is None
    return host.rstrip(".") if parts.scheme in ("http", "https") and plain else ""
