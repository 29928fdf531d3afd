"""What only removal orders have, by the Regulation on terrorist content online (TCO)."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from ledger.codes import Strict, Words


class Removal(Strict, frozen=True):
    """What only a removal order has (Regulation (EU) 2021/784): Annex I, and what followed.

    Nothing here is content or its address: `reference` and `preserved` lead to both at the service.
    `material` are letters of Art. 2, point (7). Through `silent_until` nobody may be told (Art.
    11(3)); on `told_on` somebody was. `done` and `hindrance` are boxes of Annex II and III.
    """

    reference: Words | None = None
    issued_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    material: tuple[Literal["a", "b", "c", "d", "e"], ...] = ()
    redress_until: date | None = None
    silent_until: date | None = None
    told_on: date | None = None
    done: Literal["removed", "disabled"] | None = None
    hindrance: Literal["impossible", "errors", "unclear"] | None = None
    preserved: Words | None = None
    preserved_until: date | None = None

    def after(self, before: "Removal | None") -> "Removal":
        """Return these facts, and those that only an earlier message gave."""
        known = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        return msgspec.structs.replace(before or self, **known)
