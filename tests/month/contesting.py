"""What comes after the decisions of a month: complaints, disputes, second reviews and blunders."""

import random

from month.plan import Message, Plan, another, is_drawn


def contest(plan: Plan, decisions: list[Message], chance: random.Random) -> None:
    """Complaints, outcomes of all but two of them, and reinstatements of half of the reversed."""
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


def dispute(plan: Plan, decisions: list[Message]) -> None:
    """Three disputes without a complaint, and two reversals that nobody asked for."""
    asked = {
        message["decision"] for day in plan.messages.values() for message in day if "by" in message
    }
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


def review(plan: Plan, decisions: list[Message], chance: random.Random) -> None:
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


def blunder(plan: Plan, decisions: list[Message]) -> None:
    """What must be refused, and change nothing: on the last day, when all else has its place."""
    last = plan.size.days[-1]
    first = next(decision
                 for decision in decisions
                 if decision["verdict"] == "dismissed" and decision["day"] != last)  # fmt: skip
    lost = {"type": "complaint", "decision": "d-nowhere", "by": "author",
            "received_at": f"{last}T05:00:00Z"}  # fmt: skip
    for status, code, message in (
        ("refused", "decided_already", first | {"id": "z-again", "moderator": "sari"}),
        ("refused", "needs_person", first | {"id": "z-machine", "automated_decision": "FULLY"}),
        ("refused", "id_reused", first | {"reason": "Other words under the same id."}),
        ("waiting", "unknown", lost | {"id": "z-lost"}),
    ):
        plan.say(last, message | {"blunder": True})
        plan.told[message["id"]] = (status, code)
