"""The script's own count of a month: from the messages that were sent, with plain dictionaries.

It knows the documented meaning of each published number and nothing of the code that makes it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from month.plan import PROVIDER, Message, Plan, is_drawn

type Tallies = defaultdict[str, Counter[str]]

MONTH = "2026-11"


def expected(plan: Plan, sent: Iterable[Message], rules: dict[str, list[str]]) -> dict[str, Any]:
    """What the month's summary must say.

    Args:
        plan: The script.
        sent: All messages that count, as they were sent, each once.
        rules: The rules of each finding by post, as `day/pack/version/rule/mode`.
    """
    messages = list(sent)
    counts, tallies = Counter[str](), defaultdict[str, Counter[str]](Counter)
    by_id = {message["id"]: message for message in messages}
    for message in messages:
        globals()[f"_{message['type']}"](message, by_id, rules, counts, tallies)
    met = [post for post in plan.posts if post.rules]
    return {
        "provider": PROVIDER,
        "inspected": len(plan.posts),
        "findings": sum(len(post.rules) for post in met),
        "by_rule": dict(Counter(f"{r.replace('/', '/1/')}/live" for p in met for r in p.rules)),
        "cases": dict(counts) | {name: _whole(tally) for name, tally in tallies.items()},
        "open": _open(plan, messages, counts, tallies),
        "errors": _errors(tallies["by_rule"]),
    }


def _whole(tally: Counter[str]) -> dict[str, int]:
    return {key: count for key, count in tally.items() if count}


def _open(
    plan: Plan, messages: list[Message], counts: Counter[str], tallies: Tallies
) -> dict[str, Any]:
    """What nobody had confirmed, dismissed or answered by the end."""
    judged = {
        message["found"]
        for message in messages
        if message["type"] == "decision"
        and message.get("found")
        and message["verdict"] in {"confirmed", "dismissed"}
    }
    waiting = [post for post in plan.posts if post.rules and post.id not in judged]
    return {
        "findings": dict(Counter(p.day for p in waiting for _ in p.rules)),
        "notices": counts["notices"] - counts["notices_answered"],
        "complaints": tallies["complaints"].total() - tallies["complaints_ended"].total(),
        "disputes": counts["disputes"] - tallies["disputes_ended"].total(),
        "orders": tallies["orders"].total() - tallies["orders_ended"].total(),
    }


def _errors(by_rule: Counter[str]) -> dict[str, dict[str, float]]:
    """Return for each rule: decided, dismissed, overturned, and the share found right."""
    rules = defaultdict[str, Counter[str]](Counter)
    for key, count in by_rule.items():
        _, pack, version, rule, _, what = key.split("/")
        rules[f"{pack}/{version}/{rule}"][what] += count
    found = {}
    for rule, counts in rules.items():
        decided = counts["confirmed"] + counts["dismissed"]
        right = counts["confirmed"] - counts["overturned"] + counts["restored"]
        found[rule] = {
            "decided": decided,
            "dismissed": counts["dismissed"],
            "overturned": counts["overturned"],
            "precision": round(right / decided, 4),
        }
    return found


def seconds_between(began: str, ended: str) -> str:
    """Whole seconds with three significant digits, half up: as the journal is documented."""
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    text = str(round(length.total_seconds()))
    if len(text) <= 3:
        return text
    head, rest = int(text[:3]), text[3:]
    return str((head + (int(rest[0]) >= 5)) * 10 ** len(rest))


def _decision(
    message: Message,
    by_id: dict[str, Message],
    rules: dict[str, list[str]],
    counts: Counter[str],
    tallies: Tallies,
) -> None:
    verdict = message["verdict"]
    tallies["by_verdict"][verdict] += 1
    if verdict == "skipped":
        return
    found = rules.get(message.get("found", ""), [])
    counts["decisions"] += 1
    counts["drawn"] += is_drawn(message["id"])
    counts["partly_automated"] += message.get("automated_decision") == "PARTIALLY"
    counts["notices_answered"] += "notice" in message
    counts["under_5_seconds"] += (
        int(seconds_between(message["opened_at"], message["decided_at"])) < 5
    )
    tallies["by_moderator"][f"{message['moderator']}/{verdict}"] += 1
    began = message["found_at"] if found else by_id[message["notice"]]["received_at"]
    clock = "decide_seconds" if found else "notice_seconds"
    tallies[clock][seconds_between(began, message["decided_at"])] += 1
    for code in _measures(message):
        tallies["by_measure"][code] += 1
    if message.get("measures"):
        tallies["by_ground"]["illegal"] += 1
    _became(message, found, verdict, tallies)
    if verdict in {"confirmed", "dismissed"}:
        counts["decided"] += len(found)
        for key in found:
            tallies["by_found_day"][key[:10]] += 1


def _measures(decision: Message) -> list[str]:
    done = decision.get("measures") or {}
    return [*done.get("visibility", ()), *filter(None, [done.get("account")])]


def _became(message: Message, found: list[str], what: str, tallies: Tallies) -> None:
    for key in found:
        tallies["by_rule"][f"{key[:7]}{key[10:]}/{what}"] += 1
    if found and what in {"confirmed", "overturned", "restored"}:
        tallies["posts"][f"{found[0][:7]}/{message['category']}/{what}"] += 1


def _fell(
    decision: Message, by: str, rules: dict[str, list[str]], counts: Counter[str], tallies: Tallies
) -> None:
    counts["overturned"] += 1
    tallies["overturned_by"][by] += 1
    for what in ("decisions", *_measures(decision)):
        tallies["overturned_measures"][f"{decision['decided_at'][:7]}/{what}"] += 1
    what = "overturned" if decision["verdict"] == "confirmed" else "restored"
    _became(decision, rules.get(decision.get("found", ""), []), what, tallies)


def _second_review(
    message: Message, by_id: dict[str, Message], rules: object, counts: Counter[str], _: Tallies
) -> None:
    counts["second_reviews"] += 1
    counts["agreed"] += message["verdict"] == by_id[message["decision"]]["verdict"]


def _complaint(message: Message, _: object, __: object, ___: object, tallies: Tallies) -> None:
    tallies["complaints"][message["by"]] += 1


def _dispute(_: Message, __: object, ___: object, counts: Counter[str], ____: Tallies) -> None:
    counts["disputes"] += 1


def _outcome(
    message: Message,
    by_id: dict[str, Message],
    rules: dict[str, list[str]],
    counts: Counter[str],
    tallies: Tallies,
) -> None:
    kind = "complaint" if "complaint" in message else "dispute"
    asked = by_id[message[kind]]
    tallies[f"{kind}s_ended"][message["outcome"]] += 1
    waited = seconds_between(asked["received_at"], message["decided_at"])
    tallies[f"{kind}_seconds"][waited] += 1
    counts["disputes_implemented"] += message.get("implemented", False)
    if message["outcome"] == "reversed":
        _fell(by_id[asked["decision"]], kind, rules, counts, tallies)


def _reinstatement(
    message: Message,
    by_id: dict[str, Message],
    rules: dict[str, list[str]],
    counts: Counter[str],
    tallies: Tallies,
) -> None:
    tallies["reinstated"][message["cause"]] += 1
    if message["cause"] in {"court", "own_initiative"}:
        _fell(by_id[message["decision"]], message["cause"], rules, counts, tallies)


def _notice(
    message: Message, _: object, __: object, counts: Counter[str], tallies: Tallies
) -> None:
    counts["notices"] += 1
    counts["notice_items"] += message["items"]
    counts["trusted_notices"] += message["trusted_flagger"]
    tallies["notices_by_category"][message["category"]] += 1


def _order(message: Message, by_id: dict[str, Message], _: object, __: object, t: Tallies) -> None:
    of, authority = f"{message['kind']}/{message['country']}", message["authority"]
    if "follows" not in message:
        t["orders"][f"{of}/{authority}"] += 1
        t["order_items"][f"{of}/{authority}"] += message.get("items", 0)
        return
    if "outcome" in message:
        t["orders_ended"][f"{of}/{message['outcome']}/{authority}"] += 1
    told = f"{message['follows']}-seen" in by_id and message["id"].endswith("-done")
    for clock, name in (("acknowledged_at", "acknowledge"), ("effected_at", "effect")):
        if clock in message and not (told and name == "acknowledge"):
            waited = seconds_between(message["received_at"], message[clock])
            t[f"order_{name}_seconds"][f"{of}/{waited}/{authority}"] += 1


def _suspension(message: Message, _: object, __: object, ___: object, t: Tallies) -> None:
    t["suspended"][message["why"]] += 1


def _audit(message: Message, _: object, __: object, ___: object, t: Tallies) -> None:
    t["audited"][f"{message['month']}/{message['verdict']}"] += 1
    if "category" in message:
        t["audited"][f"{message['month']}/{message['verdict']}/{message['category']}"] += 1
