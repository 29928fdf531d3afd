"""The request to publish, what a run needs from outside, and what it did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Protocol

import msgspec

from ledger.clock import Clock
from ledger.ports import FileStore, JournalStore, ProviderStore
from ledger.privacy.audit_sample import SampleStore
from ledger.privacy.copies import CopyStore
from ledger.privacy.moderator_letters import LetterStore
from publish.handover.auditing import OutBucket
from publish.handover.pausing import Pause
from publish.periods import LOOK_BACK_DAYS, days_before, days_between
from publish.public_bucket import SummaryBucket
from publish.sealing import SealBucket
from publish.summary import LeftOut
from publish.transparency.logging_run import LogResult
from publish.transparency.served_log import ServedLog
from tlog.checkpoint import Signer

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class PublishRequest(msgspec.Struct, frozen=True):
    """Which days to publish: by default all closed days of the last LOOK_BACK_DAYS.

    `since` is the first day instead, `through` the last. `provisional` also publishes days that are
    not closed. `check` reads sealed days too, as the daily check does. `rebuild` does so, and
    writes every page again even if its numbers did not change. `accept` names days
    (`provider/day`) to publish although the table lost some of their records.
    """

    through: Day | None = None
    provisional: bool = False
    since: Day | None = None
    check: bool = False
    rebuild: bool = False
    accept: tuple[str, ...] = ()


class PublishStore(
    ProviderStore, FileStore, JournalStore, SampleStore, CopyStore, LetterStore, Protocol
):
    """The parts of the table that publishing uses."""


@dataclass(frozen=True, slots=True)
class PublishContext:
    """The table, buckets, clock and settings of a run.

    `close` is called for each open file: if the last worker died after the last range, nobody else
    would write the sender's receipt. `has_time` says whether a run may still read a sealed day for
    its daily check. Without a `log`, nothing is added to any log; `log_key_before` signed it until
    its key was changed. `send_sentinel` sends a message as the provider `sentinel`; without it
    there is no such post. `contact` and `data_licence` are shown on every page.
    """

    store: PublishStore
    public: SummaryBucket
    seals: SealBucket
    clock: Clock
    close: Callable[[str], object]
    out: OutBucket
    public_url: str
    notice_hours: int
    pause_below: float
    has_time: Callable[[], bool]
    log: ServedLog | None = None
    log_key_before: Signer | None = None
    log_has_begun: bool = False
    send_sentinel: Callable[[str], object] | None = None
    contact: str = ""
    data_licence: str = ""


@dataclass(slots=True)
class PublishResult:
    """What a run did, for logs and metrics."""

    written: int = 0
    paused: list[Pause] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    unpublishable: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    log: LogResult | None = None
    log_refused: str = ""
    sentinel_missed: str = ""


def days_due(request: PublishRequest, today: str, closed: str) -> list[str]:
    """Return the days that a run looks at, oldest first.

    >>> days_due(PublishRequest(), "2026-11-26", "2026-11-25")[-1]
    '2026-11-25'
    >>> days_due(PublishRequest("2026-12-31", provisional=True), "2026-11-26", "2026-11-25")[-1]
    '2026-11-26'
    >>> days_due(PublishRequest(since="2026-11-24"), "2026-11-26", "2026-11-25")
    ['2026-11-24', '2026-11-25']
    """
    last = closed
    if request.provisional:
        last = max(closed, min(request.through or today, today))
    elif request.through:
        last = min(closed, request.through)
    first = request.since or days_before(closed, LOOK_BACK_DAYS - 1)
    return days_between(min(first, last), last)
