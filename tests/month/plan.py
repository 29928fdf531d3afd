"""What the script of a month is made of: its size, its posts, and the messages of each day."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

PROVIDER = "acme-chat"

TERMS = {"market-tricks/asks-for-lantern": "blue lantern code",
         "market-tricks/promises-kettle": "silver kettle prize",
         "market-tricks/names-a-stall": "corner market stall",
         "loud-words/calls-to-the-gate": "orange gate at dawn",
         "odd-goods/sells-remedy": "glowing moss remedy"}  # fmt: skip
"""The words of each rule of `packs/`; no other post holds them."""

CATEGORIES = {"market-tricks": "SCAMS_AND_FRAUD", "loud-words": "VIOLENCE",
              "odd-goods": "UNSAFE_AND_PROHIBITED_PRODUCTS"}  # fmt: skip

MODERATORS = ("lia", "budi", "sari", "dewi")

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """How much happens in a month, and on which days of it."""

    days: tuple[str, ...]
    posts: int
    findings: int
    complaints: int
    reversed: int
    notices: int
    orders: int
    audits: int


FULL = Size(
    days=tuple(f"2026-11-{day:02}" for day in range(2, 30, 3)), posts=20_000, findings=600,
    complaints=60, reversed=15, notices=40, orders=8, audits=180,
)  # fmt: skip

SMALL = Size(
    days=("2026-11-03", "2026-11-12", "2026-11-13"), posts=600, findings=90, complaints=10,
    reversed=3, notices=8, orders=4, audits=110,
)  # fmt: skip


@dataclass(slots=True)
class Post:
    """A post of the script: the rules that must hit it, and whether it is bad."""

    id: str
    day: str
    text: str
    rules: tuple[str, ...] = ()
    bad: str = ""

    @property
    def category(self) -> str:
        """The category of the rules that meet it."""
        return CATEGORIES[self.rules[0].partition("/")[0]]


@dataclass(slots=True)
class Plan:
    """The month: its posts, and the messages of each day; `told` is what blunders must come to. A
    decision says `found`, the post whose findings it means, and how long after them it comes, in
    place of what only the run can tell: their ids, and when they were found."""

    size: Size
    posts: list[Post] = field(default_factory=list)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)

    def say(self, day: str, message: Message) -> Message:
        self.messages.setdefault(day, []).append(message)
        return message

    def later(self, day: str, days: int = 1) -> str:
        """The day of the script so many days later, or its last one."""
        place = min(self.size.days.index(day) + days, len(self.size.days) - 1)
        return self.size.days[place]


VISIBILITY = ("DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_CONTENT_DISABLED",
              "DECISION_VISIBILITY_CONTENT_LABELLED")  # fmt: skip


def another(moderator: str) -> str:
    return MODERATORS[(MODERATORS.index(moderator) + 1) % 3]


def is_drawn(message: str) -> bool:
    """Whether a decision is drawn: a SHA-256 over its fields, each after its length in 8 bytes."""
    digest = hashlib.sha256()
    for part in (b"decision", PROVIDER.encode(), message.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return int(digest.hexdigest()[:8], 16) % 20 == 0
