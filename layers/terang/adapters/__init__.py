"""Read what another moderation tool sends, as messages about cases.

`translate` is pure: a payload in, messages out. A module knows one tool (such as `coop`), and
`connection` the table in which a provider says what the tool's words mean. The package imports
`ledger`. docs/connect.md shows how to add a tool.
"""

from collections.abc import Callable, Mapping
from typing import Any

from adapters import coop, mastodon, ozone
from adapters.connection import AWAY, AdapterError, Connection, Message, read_table

__all__ = ["AWAY", "SOURCES", "AdapterError", "read_table", "translate"]

_READERS = {"coop": coop.messages, "mastodon": mastodon.messages, "ozone": ozone.messages}

SOURCES = tuple(_READERS)


def translate(
    source: str,
    payload: Mapping[str, Any],
    table: Mapping[str, Any],
    pseudonym: Callable[[str], str],
    now: str = "",
) -> tuple[Message, ...]:
    """Return the messages about cases of one payload, in order. Ids depend on it alone.

    `pseudonym` is asked for each person. `now` is the time of what the tool does not date, if the
    provider did not add `received_at` to the payload; without both such times are missing.

    Raises AdapterError for what is missing or not in the table.
    """
    came = str(payload.get("received_at", now))
    return tuple(_READERS[source](payload, Connection(source, read_table(table), pseudonym, came)))
