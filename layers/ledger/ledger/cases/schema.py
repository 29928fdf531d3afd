"""The JSON Schema of messages about cases, made from the records that read them.

Limits: what fields must be to each other (`message_rules`), and what only the cases can tell,
no schema says.
"""

from typing import Any

import msgspec

from ledger.cases.messages import CaseMessage


def case_message_schema() -> dict[str, Any]:
    """The schema of one message of any type.

    >>> sorted(case_message_schema()["$defs"])[:3]
    ['AccountMeasure', 'AccountType', 'Answer']
    """
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A message about a case, as a provider sends it to Terang",
        **msgspec.json.schema(CaseMessage),
    }
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])  # no tuple in it
