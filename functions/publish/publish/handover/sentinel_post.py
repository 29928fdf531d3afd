"""The sentinel post: a harmless post that the stack sends itself each day, and must find.

It takes the way of any post: queue, scan, rules in force, table, summary. Its text is here and in
`packs/sentinel.yaml`, for everybody to read. A day has one message, so a repeat counts once.
"""

import json
from collections.abc import Callable

from ledger.ports import JournalStore
from ledger.records.provider import SENTINEL

TEXT = "Sentinel post of Terang: the paper lantern at the end of the pier is lit."


def sentinel_post(day: str) -> str:
    """Return the message of a day.

    >>> sentinel_post("2026-11-25")[:48]
    '{"id": "sentinel-2026-11-25", "account": "sentin'
    """
    return json.dumps(
        {
            "id": f"{SENTINEL}-{day}",
            "account": SENTINEL,
            "text": TEXT,
            "language": "en",
            "audience": "public",
            "published_at": f"{day}T00:00:00Z",
        }
    )


def send_sentinel(store: JournalStore, day: str, send: Callable[[str], object]) -> None:
    """Send the sentinel post of a day, unless its receipt is there."""
    if not any(True for _ in store.receipts(SENTINEL, day)):
        send(sentinel_post(day))
