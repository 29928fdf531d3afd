"""A script for a month: posts, and what people do about them, written before anything runs. All of
it is invented. The script knows which posts each rule must meet, since it writes the words into
them, and which of them are bad in truth; people decide by that, hurry now and then, and are wrong
now and then. Like all that it is made of it imports nothing of Terang, so that what it counts is a
second opinion."""

import random
from collections.abc import Iterator
from datetime import date

from month.asking import send_notices, send_orders
from month.contesting import blunder, contest, dispute, review
from month.plan import CATEGORIES, MODERATORS, TERMS, VISIBILITY, Message, Plan, Post, Size

TRUE_SHARE = {"market-tricks/names-a-stall": 0.1}
"""How often a rule is right, where not nine times in ten; the first one is to be paused."""


def write(size: Size, seed: int) -> Plan:
    """The script of a month; the same seed writes the same one."""
    chance = random.Random(seed)
    plan = Plan(size)
    plan.posts = list(_posts(size, chance))
    met = [post for post in plan.posts if post.rules]
    decisions = list(_decide(plan, met, chance))
    contest(plan, decisions, chance)
    dispute(plan, decisions)
    send_notices(plan, chance)
    send_orders(plan)
    review(plan, decisions, chance)
    _suspend(plan)
    blunder(plan, decisions)
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
            "after_minutes": _minutes(post.day, day, chance.randrange(20, 9_000)),
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


def _minutes(found: str, sent: str, drawn: int) -> int:
    """The drawn minutes, cut so that the decision is made by the end of the day it is sent on. The
    time of a script's day is the machine's: on the day itself four minutes are left at most, and
    five after midnight are allowed."""
    days = (date.fromisoformat(sent) - date.fromisoformat(found)).days
    return 1 + drawn % (days * 24 * 60 + 4)


def _suspend(plan: Plan) -> None:
    for number, why in enumerate(("illegal_content", "illegal_content", "unfounded_notices")):
        day = plan.size.days[1]
        plan.say(day, {"type": "suspension", "id": f"u-{number}", "why": why, "moderator": "lia",
                       "from_at": f"{day}T00:00:00Z", "until": "2026-12-12"})  # fmt: skip
