"""Read what another moderation tool sends, as messages about cases.

`translate` is pure: a payload in, messages out. A module knows one tool (such as `coop`), and
`connection` the table in which a provider says what the tool's words mean. The package imports
`ledger`. docs/connect.md shows how to add a tool.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from adapters import coop, mastodon, ozone
from adapters.connection import TURNED_AWAY, AdapterError, Connection, Message, read_table
from ledger.findings import digest

__all__ = ["SOURCES", "AdapterError", "read_table", "translate"]

_READERS = {"coop": coop.messages, "mastodon": mastodon.messages, "ozone": ozone.messages}

SOURCES = tuple(_READERS)


def translate(
    source: str,
    payload: Mapping[str, Any],
    provider: str,
    table: Mapping[str, Any],
    pseudonym: Callable[[str], str],
    now: str = "",
) -> tuple[Message, ...]:
    """Return the messages about cases of one payload, in order. Ids depend on it alone.

    `pseudonym` is asked for each person. `now` is the time of arrival, for what the tool does not
    date; without it such times are missing.

    Raises AdapterError for what is missing or not in the table, and for what is only counted.
    """
    try:
        return tuple(_READERS[source](payload, Connection(read_table(table), pseudonym, now)))
    except AdapterError as error:
        if error.code in TURNED_AWAY:
            name = digest("turned away", provider, msgspec.json.encode(payload))
            error.counted = ({"type": "turned_away", "id": name, "source": source,
                              "code": error.code},)  # fmt: skip
        raise
