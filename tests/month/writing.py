"""A script for a month: posts, and what people do about them, written before anything runs.

All of it is invented. The script knows which posts each rule must meet, since it writes the words
into them, and which of them are bad in truth; people decide by that, hurry now and then, and are
wrong now and then. It imports nothing of Terang, so that what it counts is a second opinion.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

PROVIDER = "acme-chat"

TERMS = {
    "market-tricks/asks-for-lantern": "blue lantern code",
    "market-tricks/promises-kettle": "silver kettle prize",
    "market-tricks/names-a-stall": "corner market stall",
    "loud-words/calls-to-the-gate": "orange gate at dawn",
    "odd-goods/sells-remedy": "glowing moss remedy",
}
"""The words of each rule of `packs/`; no other post holds them."""

CATEGORIES = {
    "market-tricks": "SCAMS_AND_FRAUD",
    "loud-words": "VIOLENCE",
    "odd-goods": "UNSAFE_AND_PROHIBITED_PRODUCTS",
}

TRUE_SHARE = {"market-tricks/names-a-stall": 0.1}
"""How often a rule is right, where not nine times in ten; the first one is to be paused."""

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
    days=tuple(f"2026-11-{day:02}" for day in range(2, 30, 3)),
    posts=20_000,
    findings=600,
    complaints=60,
    reversed=15,
    notices=40,
    orders=8,
    audits=180,
)
SMALL = Size(
    days=("2026-11-03", "2026-11-12", "2026-11-13"),
    posts=600,
    findings=90,
    complaints=10,
    reversed=3,
    notices=8,
    orders=4,
    audits=110,
)


@dataclass(slots=True)
class Post:
    """A post as the script knows it: the rules that must meet it, and what it is in truth."""

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
    """The month: its posts, and the messages of each day; `told` is what blunders must come to.

    A decision says `found`, the post whose findings it means, and how long after them it comes, in
    place of what only the run can tell: their ids, and when they were found.
    """

    size: Size
    posts: list[Post] = field(default_factory=list)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)

    def say(self, day: str, message: Message) -> Message:
        """Put a message on a day."""
        self.messages.setdefault(day, []).append(message)
        return message

    def later(self, day: str, days: int = 1) -> str:
        """The day of the script so many days later, or its last one."""
        place = min(self.size.days.index(day) + days, len(self.size.days) - 1)
        return self.size.days[place]


def write(size: Size, seed: int) -> Plan:
    """The script of a month; the same seed writes the same one."""
    chance = random.Random(seed)
    plan = Plan(size)
    plan.posts = list(_posts(size, chance))
    met = [post for post in plan.posts if post.rules]
    decisions = list(_decide(plan, met, chance))
    _contest(plan, decisions, chance)
    _dispute(plan, decisions)
    _notice(plan, chance)
    _order(plan)
    _review(plan, decisions, chance)
    _suspend(plan)
    _blunder(plan, decisions)
    return plan


def _posts(size: Size, chance: random.Random) -> Iterator[Post]:
    """Posts spread over the days; every twelfth that is met holds the words of two rules."""
    rules = list(TERMS)
    wanted: list[tuple[str, ...]] = []
    while (left := size.findings - sum(map(len, wanted))) > 0:
        rule = rules[len(wanted) % len(rules)]
        pair = rule.startswith("market-tricks/asks") and len(wanted) % 12 == 0 and left > 1
        wanted.append((rule, "market-tricks/promises-kettle") if pair else (rule,))
    chance.shuffle(wanted)
    places = chance.sample(range(size.posts), len(wanted))
    met = dict(zip(places, wanted, strict=True))
    for number in range(size.posts):
        day = size.days[number % len(size.days)]
        words = met.get(number, ())
        said = " and ".join(f"a {TERMS[rule]}" for rule in words) or "nothing of note"
        text = f"Message {number}: today there is {said} by the river, {chance.random():.6f}."
        post = Post(f"p-{number}", day, text, words)
        right = TRUE_SHARE.get(words[0], 0.9) if words else 0.01
        if chance.random() < right:
            post.bad = post.category if words else chance.choice([*CATEGORIES.values()])
        yield post


def _decide(plan: Plan, met: list[Post], chance: random.Random) -> Iterator[Message]:
    """Most findings are decided, a day of the script later at most; some wait at the end."""
    for number, post in enumerate(met):
        if number % 24 == 5:
            continue  # nobody comes to it
        day = post.day if chance.random() < 0.7 else plan.later(post.day)
        moderator = MODERATORS[3] if number % 40 == 7 else MODERATORS[number % 3]
        confirmed = bool(post.bad) != (chance.random() < 0.03)
        message: Message = {
            "type": "decision",
            "id": f"d-{post.id}",
            "found": post.id,
            "verdict": "confirmed" if confirmed else "dismissed",
            "reason": "Seen together with what stands around it.",
            "moderator": moderator,
            "after_minutes": chance.randrange(20, 9_000),
            "looked_seconds": chance.randrange(1, 5)
            if number % 19 == 0
            else chance.randrange(6, 300),
        }
        if number % 90 == 11:
            message |= {"verdict": "escalated", "escalation": "threat_to_life"}
        elif confirmed:
            message["measures"] = {"visibility": [chance.choice(VISIBILITY)]}
            if number % 13 == 0:
                message["measures"]["account"] = "DECISION_ACCOUNT_SUSPENDED"
            if number % 17 == 0:
                message["automated_decision"] = "PARTIALLY"
        if number % 33 == 2 and day != plan.size.days[-1]:
            plan.say(day, message | {"id": f"s-{post.id}"} | SKIPPED)
            day = plan.later(day)
        yield plan.say(day, message | {"day": day})


SKIPPED = {"verdict": "skipped", "measures": None, "escalation": None}

VISIBILITY = (
    "DECISION_VISIBILITY_CONTENT_REMOVED",
    "DECISION_VISIBILITY_CONTENT_DISABLED",
    "DECISION_VISIBILITY_CONTENT_LABELLED",
)


def another(moderator: str) -> str:
    """A moderator who is not this one."""
    return MODERATORS[(MODERATORS.index(moderator) + 1) % 3]


def _contest(plan: Plan, decisions: list[Message], chance: random.Random) -> None:
    """Complaints, and what came of all but two of them; half of what fell is brought back."""
    size = plan.size
    decided = [one for one in decisions if one["verdict"] in {"confirmed", "dismissed"}]
    contested = chance.sample(decided[: len(decided) - 8], size.complaints)
    ends = ["reversed"] * size.reversed + ["partly_reversed"] * (size.complaints // 8)
    ends += ["omitted"] + ["upheld"] * (size.complaints - len(ends) - 3)
    for number, (decision, end) in enumerate(zip(contested, [*ends, "", ""], strict=True)):
        name = decision["id"]
        by = "author" if decision["verdict"] == "confirmed" else "notifier"
        day = decision["day"] if number % 2 else plan.later(decision["day"])
        received = f"{day}T01:{number % 60:02}:00Z"
        plan.say(day, {"type": "complaint", "id": f"c-{name}", "decision": name, "by": by,
                       "received_at": received})  # fmt: skip
        if not end:
            continue
        answered = day if number % 3 else plan.later(day)
        plan.say(answered, {"type": "outcome", "id": f"o-{name}", "complaint": f"c-{name}",
                            "outcome": end, "reason": "Looked at anew by another person.",
                            "moderator": another(decision["moderator"]),
                            "decided_at": f"{answered}T23:{number % 60:02}:00Z"})  # fmt: skip
        if end == "reversed" and number % 2 and "measures" in decision:
            _bring_back(plan, answered, decision, "complaint")


def _bring_back(plan: Plan, day: str, decision: Message, cause: str) -> None:
    plan.say(day, {"type": "reinstatement", "id": f"r-{decision['id']}", "decision": decision["id"],
                   "cause": cause, "moderator": another(decision["moderator"]),
                   "reinstated_at": f"{day}T23:59:00Z"})  # fmt: skip


def _dispute(plan: Plan, decisions: list[Message]) -> None:
    """Three disputes on what nobody complained of, and two reversals without anybody's asking."""
    asked = {one["decision"] for day in plan.messages.values() for one in day if "by" in one}
    quiet = [one for one in decisions if one["verdict"] == "confirmed" and one["id"] not in asked]
    for decision, end in zip(quiet[:3], ("reversed", "upheld", ""), strict=True):
        name, day = decision["id"], plan.later(decision["day"])
        plan.say(day, {"type": "dispute", "id": f"x-{name}", "decision": name,
                       "body": "A certified body", "received_at": f"{day}T02:00:00Z"})  # fmt: skip
        if end:
            plan.say(day, {"type": "outcome", "id": f"y-{name}", "dispute": f"x-{name}",
                           "outcome": end, "reason": "As the body found.", "implemented": True,
                           "decided_at": f"{day}T20:00:00Z"})  # fmt: skip
    for decision, cause in zip(quiet[3:5], ("court", "own_initiative"), strict=True):
        _bring_back(plan, plan.later(decision["day"]), decision, cause)


def _notice(plan: Plan, chance: random.Random) -> None:
    """Notices: most on posts that rules met, whose decision answers them; some alone."""
    decided = {one["found"]: one for day in plan.messages.values() for one in day
               if one["type"] == "decision" and one["verdict"] != "skipped"}  # fmt: skip
    met = [post for post in plan.posts if post.id in decided][: plan.size.notices * 3 // 4]
    quiet = [post for post in plan.posts if not post.rules][: plan.size.notices - len(met)]
    for number, post in enumerate([*met, *quiet]):
        category = post.category if post.rules else chance.choice([*CATEGORIES.values()])
        plan.say(post.day, {"type": "notice", "id": f"n-{post.id}", "post": post.id,
                            "category": category, "trusted_flagger": number % 5 == 0,
                            "items": 1 + number % 3,
                            "received_at": f"{post.day}T03:{number % 60:02}:00Z"})  # fmt: skip
        if post.rules:
            decided[post.id]["notice"] = f"n-{post.id}"
    for number, post in enumerate(quiet[:-2]):
        bad = bool(post.bad) or number % 4 == 0
        plan.say(post.day, {"type": "decision", "id": f"d-{post.id}", "notice": f"n-{post.id}",
                            "verdict": "confirmed" if bad else "dismissed",
                            "reason": "As the notice says, or not.", "moderator": "sari",
                            **({"ground": "illegal", "ground_text": "An invented law",
                                "measures": {"visibility": [VISIBILITY[0]]},
                                "applied_at": f"{post.day}T09:00:00Z"} if bad else {}),
                            "opened_at": f"{post.day}T08:00:00Z",
                            "decided_at": f"{post.day}T08:{10 + number % 50}:00Z"})  # fmt: skip


def _order(plan: Plan) -> None:
    """Orders of three authorities; what comes later of one comes on a later day."""
    ends = (
        "complied",
        "contested",
        "complied",
        "",
        "refused",
        "complied",
        "impossible",
        "complied",
    )
    authorities = (("DE", "An office / north"), ("FR", "A court"), ("DE", "An agency"))
    for number, end in zip(range(plan.size.orders), ends, strict=False):
        country, authority = authorities[number % 3]
        kind = "inform" if number % 3 == 2 else "act"
        day = plan.size.days[0]
        order = {"type": "order", "kind": kind, "country": country, "authority": authority,
                 "received_at": f"{day}T04:00:00Z"}  # fmt: skip
        if kind == "act":
            order |= {"category": "VIOLENCE", "items": 2 + number}
        plan.say(day, order | {"id": f"w-{number}"})
        seen = {"acknowledged_at": f"{day}T05:{10 * (number % 6):02}:00Z"}
        follows = {"follows": f"w-{number}"}
        if number % 2:
            plan.say(plan.size.days[1], order | seen | follows | {"id": f"w-{number}-seen"})
        if end:
            done = seen | {"effected_at": f"{day}T09:{10 * (number % 6):02}:00Z", "outcome": end}
            if kind == "act" and end != "complied":
                done["ground"] = "Nothing of the kind is there."
            plan.say(plan.size.days[2], order | done | follows | {"id": f"w-{number}-done"})


def _review(plan: Plan, decisions: list[Message], chance: random.Random) -> None:
    """One decision in twenty, by the hash of its id, is decided again by somebody else."""
    drawn = [one for one in decisions if is_drawn(one["id"]) and one["verdict"] != "escalated"]
    for number, decision in enumerate(drawn):
        other = {"confirmed": "dismissed", "dismissed": "confirmed"}[decision["verdict"]]
        day = decision["day"] if number % 2 else plan.later(decision["day"])
        plan.say(day, {"type": "second_review", "id": f"v-{decision['id']}",
                       "decision": decision["id"],
                       "verdict": other if chance.random() < 0.15 else decision["verdict"],
                       "moderator": another(decision["moderator"]),
                       "opened_at": f"{day}T06:00:00Z",
                       "decided_at": f"{day}T06:01:00Z"})  # fmt: skip


def is_drawn(message: str) -> bool:
    """Whether a decision is drawn: a SHA-256 over its fields, each after its length in 8 bytes."""
    digest = hashlib.sha256()
    for part in (b"decision", PROVIDER.encode(), message.encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return int(digest.hexdigest()[:8], 16) % 20 == 0


def _suspend(plan: Plan) -> None:
    for number, why in enumerate(("illegal_content", "illegal_content", "unfounded_notices")):
        plan.say(plan.size.days[1], {"type": "suspension", "id": f"u-{number}", "why": why,
                                     "from_at": "2026-11-12T00:00:00Z", "until": "2026-12-12",
                                     "moderator": "lia"})  # fmt: skip


def _blunder(plan: Plan, decisions: list[Message]) -> None:
    """What must be refused, and change nothing: on the last day, when all else has its place."""
    last = plan.size.days[-1]
    first = next(one for one in decisions if one["verdict"] == "dismissed" and one["day"] != last)
    lost = {"type": "complaint", "decision": "d-nowhere", "by": "author",
            "received_at": f"{last}T05:00:00Z"}  # fmt: skip
    for status, code, message in (
        ("refused", "decided_already", first | {"id": "z-again", "moderator": "sari"}),
        ("refused", "needs_person", first | {"id": "z-machine", "automated_decision": "FULLY"}),
        ("refused", "id_reused", first | {"reason": "Other words under the same id."}),
        ("waiting", "unknown", lost | {"id": "z-lost"}),
    ):
        plan.say(last, message | {"blunder": True})
        unread = code == "needs_person"
        plan.told["" if unread else message["id"]] = (status, code)
