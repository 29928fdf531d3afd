"""What others ask in a month: notices, and the orders of authorities."""

import random

from month.plan import CATEGORIES, VISIBILITY, Plan


def send_notices(plan: Plan, chance: random.Random) -> None:
    """Notices: most on posts that rules met, whose decision answers them; some alone."""
    decided = {message["found"]: message for day in plan.messages.values() for message in day
               if message["type"] == "decision" and message["verdict"] != "skipped"}  # fmt: skip
    met = [post for post in plan.posts if post.id in decided][: plan.size.notices * 3 // 4]
    quiet = [post for post in plan.posts if not post.rules][: plan.size.notices - len(met)]
    for number, post in enumerate([*met, *quiet]):
        category = post.category if post.rules else chance.choice([*CATEGORIES.values()])
        plan.say(post.day, {"type": "notice", "id": f"n-{post.id}", "post": post.id,
                            "category": category, "trusted_flagger": number % 5 == 0,
                            "items": 1 + number % 3,
                            "received_at": f"{post.day}T00:00:{number % 60:02}Z"})  # fmt: skip
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


def send_orders(plan: Plan) -> None:
    """Orders of three authorities; later messages about an order come on a later day."""
    ends = ("complied", "contested", "complied", "", "refused", "complied", "impossible",
            "complied")  # fmt: skip
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
