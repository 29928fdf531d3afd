"""The Atom feed of new periods and corrections: closed days, months and campaigns, newest first.

Source: RFC 4287. Nothing says when a summary was written, since its bytes are a function of facts:
an entry is dated when its period became final, and each later revision one second after the one
before.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from ledger.untrusted_text import replace_controls
from publish.periods import SETTLING
from publish.site.pages import ListedProvider
from publish.site.wording import opening, title_of
from publish.summary import Summary

ENTRIES = 40
"""The most entries: the newest days of all providers together, and each provider's months."""

DAYS = 31
"""Days of all providers together that may be entries."""

EMPTY = "1970-01-01T00:00:00Z"
"""The date of a feed without an entry."""


def feed_of(
    listed: Iterable[ListedProvider],
    published: Callable[[str, str], Summary | None],
    public_url: str,
) -> bytes:
    """Return the feed of all providers together, and of each provider's months.

    `published` returns the summary of a provider and period. Links are relative if `public_url` is
    empty.
    """
    names = [
        (one.provider, name)
        for one in listed
        for name in (
            *(one.days[-DAYS:] if one.provider == "all" else ()),
            *one.months[-2:],
            *one.campaigns[-2:],
        )
    ]
    found = [summary for name in names if (summary := published(*name))]
    closed = [summary for summary in found if not summary.provisional]
    closed.sort(key=lambda summary: (updated(summary), summary.path), reverse=True)
    shown = closed[:ENTRIES]
    base = f"{public_url}/" if public_url else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        "<title>Terang: new periods and corrections</title>",
        f"<id>{_id(public_url or 'terang')}</id>",
        f"<updated>{updated(shown[0]) if shown else EMPTY}</updated>",
        "<author><name>Terang</name></author>",
        f'<link rel="self" href={quoteattr(base + "feed.xml")}/>',
        f"<link href={quoteattr(base + 'index.html')}/>",
        *(line for summary in shown for line in _entry(summary, base, public_url)),
        "</feed>",
    ]
    return ("\n".join(lines) + "\n").encode()


def updated(summary: Summary) -> str:
    """Return the date of a summary's entry, RFC 3339 in UTC."""
    end = datetime.fromisoformat(f"{summary.last_day}T00:00:00+00:00") + timedelta(days=1)
    moment = end + SETTLING + timedelta(seconds=summary.revision - 1)
    return moment.isoformat().replace("+00:00", "Z")


def _entry(summary: Summary, base: str, public_url: str) -> Iterable[str]:
    title = title_of(summary)
    words = " ".join(opening(summary))
    if summary.revision > 1:
        title = f"Correction: {title}, revision {summary.revision}"
        words = f"{summary.why_revised} {words}"
    yield "<entry>"
    yield f"<title>{_text(title)}</title>"
    yield f"<id>{_id(f'{public_url}/{summary.path}/{summary.revision}')}</id>"
    yield f"<updated>{updated(summary)}</updated>"
    yield f"<link href={quoteattr(f'{base}{summary.path}.html')}/>"
    yield f"<summary>{_text(words)}</summary>"
    yield "</entry>"


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"


def _text(text: str) -> str:
    return escape(replace_controls(text))
