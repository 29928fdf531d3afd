"""Read what another moderation tool sends, as messages about cases.

`translate` is pure: a payload in, messages out. A module knows one tool (`coop`), and
`connection` the table in which a provider says what the tool's words mean. The package imports
`ledger`. docs/connect.md shows how to add a tool.
"""

from collections.abc import Callable, Mapping
from typing import Any

from adapters import coop
from adapters.connection import AdapterError, Connection, Message, read_table

__all__ = ["SOURCES", "AdapterError", "read_table", "translate"]

_READERS = {"coop": coop.messages}

SOURCES = tuple(_READERS)


def translate(
    source: str,
    payload: Mapping[str, Any],
    provider: str,
    table: Mapping[str, Any],
    pseudonym: Callable[[str], str],
    now: str = "",
) -> tuple[Message, ...]:
    """Return the messages about cases of one payload, in order.

    `pseudonym` is asked for each person. `now` is the time of arrival, for what the tool does not
    date; without it such times are missing. Ids depend on the payload alone.

    Raises AdapterError for what is missing or not in the table, and for what is only counted: its
    `counted` makes the message for that.
    """
    connection = Connection(source, provider, read_table(table), pseudonym, now)
    return tuple(_READERS[source](payload, connection))
