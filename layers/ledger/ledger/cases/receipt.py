"""What the sender of a message about a case is told where it was not simply taken."""

from typing import Literal

import msgspec

from ledger.cases.refusal import First


class CaseReceipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message: `refused`, `waiting` for another one until `waits_until`, or `taken` after that.

    `kind` tells it from the receipt of a message of posts. `message` is the message's own id here,
    and names the receipt; `id` and `type` are the sender's, where they could be read. `field` names
    the field at fault, `first` who was first; `advice` says what was received and what is allowed.
    """

    message: str
    provider: str
    status: str
    at: str
    kind: Literal["case"]
    type: str = ""
    id: str = ""
    code: str = ""
    field: str = ""
    first: First | None = None
    waits_until: str = ""
    advice: str = ""
