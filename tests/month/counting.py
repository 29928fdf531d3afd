"""The script's own count of a month: from the messages that were sent, with plain dictionaries. It
knows the documented meaning of each published number and nothing of the code that makes it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
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
    count = _Count({message["id"]: message for message in messages}, rules)
    for message in messages:
        getattr(count, f"add_{message['type']}")(message)
    counts, tallies = count.counts, count.tallies
    met = [post for post in plan.posts if post.rules]
    return {"provider": PROVIDER, "inspected": len(plan.posts),
            "findings": sum(len(post.rules) for post in met),
            "by_rule": dict(Counter(f"{r.replace('/', '/1/')}/live" for p in met for r in p.rules)),
            "cases": dict(counts) | {name: _whole(tally) for name, tally in tallies.items()},
            "open": _open(plan, messages, counts, tallies),
            "errors": _errors(tallies["by_rule"])}  # fmt: skip


def _whole(tally: Counter[str]) -> dict[str, int]:
    return {key: count for key, count in tally.items() if count}


def _open(plan: Plan, messages: list[Message], counts: Counter[str],
          tallies: Tallies) -> dict[str, Any]:  # fmt: skip
    """What nobody had confirmed, dismissed or answered by the end."""
    judged = {
        message["found"]
        for message in messages
        if message["type"] == "decision"
        and message.get("found")
        and message["verdict"] in {"confirmed", "dismissed"}
    }
    waiting = [post for post in plan.posts if post.rules and post.id not in judged]
    return {"findings": dict(Counter(p.day for p in waiting for _ in p.rules)),
            "notices": counts["notices"] - counts["notices_answered"],
            "complaints": tallies["complaints"].total() - tallies["complaints_ended"].total(),
            "disputes": counts["disputes"] - tallies["disputes_ended"].total(),
            "orders": tallies["orders"].total() - tallies["orders_ended"].total()}  # fmt: skip


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
        found[rule] = {"decided": decided, "dismissed": counts["dismissed"],
            "overturned": counts["overturned"], "precision": round(right / decided, 4)}  # fmt: skip
    return found


def seconds_between(began: str, ended: str) -> str:
    """Whole seconds with three significant digits, half up: as the journal is documented."""
    length = datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    text = str(round(length.total_seconds()))
    if len(text) <= 3:
        return text
    head, rest = int(text[:3]), text[3:]
    return str((head + (int(rest[0]) >= 5)) * 10 ** len(rest))


def _measures(decision: Message) -> list[str]:
    done = decision.get("measures") or {}
    return [*done.get("visibility", ()), *filter(None, [done.get("account")])]


@dataclass(frozen=True, slots=True)
class _Count:
    """What messages add up to; a message of each type has its method."""

    by_id: dict[str, Message]
    rules: dict[str, list[str]]
    counts: Counter[str] = field(default_factory=Counter)
    tallies: Tallies = field(default_factory=lambda: defaultdict(Counter))

    def add_decision(self, message: Message) -> None:
        verdict = message["verdict"]
        self.tallies["by_verdict"][verdict] += 1
        if verdict == "skipped":
            return
        found = self.rules.get(message.get("found", ""), [])
        self.counts["decisions"] += 1
        self.counts["drawn"] += is_drawn(message["id"])
        self.counts["partly_automated"] += message.get("automated_decision") == "PARTIALLY"
        self.counts["notices_answered"] += "notice" in message
        self.counts["under_5_seconds"] += (
            int(seconds_between(message["opened_at"], message["decided_at"])) < 5
        )
        self.tallies["by_moderator"][f"{message['moderator']}/{verdict}"] += 1
        began = message["found_at"] if found else self.by_id[message["notice"]]["received_at"]
        clock = "decide_seconds" if found else "notice_seconds"
        self.tallies[clock][seconds_between(began, message["decided_at"])] += 1
        for code in _measures(message):
            self.tallies["by_measure"][code] += 1
        if message.get("measures"):
            self.tallies["by_ground"]["illegal"] += 1
        self._became(message, found, verdict)
        if verdict in {"confirmed", "dismissed"}:
            self.counts["decided"] += len(found)
            for key in found:
                self.tallies["by_found_day"][key[:10]] += 1

    def _became(self, message: Message, found: list[str], what: str) -> None:
        for key in found:
            self.tallies["by_rule"][f"{key[:7]}{key[10:]}/{what}"] += 1
        if found and what in {"confirmed", "overturned", "restored"}:
            self.tallies["posts"][f"{found[0][:7]}/{message['category']}/{what}"] += 1

    def _fell(self, decision: Message, by: str) -> None:
        self.counts["overturned"] += 1
        self.tallies["overturned_by"][by] += 1
        for what in ("decisions", *_measures(decision)):
            self.tallies["overturned_measures"][f"{decision['decided_at'][:7]}/{what}"] += 1
        what = "overturned" if decision["verdict"] == "confirmed" else "restored"
        self._became(decision, self.rules.get(decision.get("found", ""), []), what)

    def add_second_review(self, message: Message) -> None:
        self.counts["second_reviews"] += 1
        self.counts["agreed"] += message["verdict"] == self.by_id[message["decision"]]["verdict"]

    def add_complaint(self, message: Message) -> None:
        self.tallies["complaints"][message["by"]] += 1

    def add_dispute(self, _: Message) -> None:
        self.counts["disputes"] += 1

    def add_outcome(self, message: Message) -> None:
        kind = "complaint" if "complaint" in message else "dispute"
        asked = self.by_id[message[kind]]
        self.tallies[f"{kind}s_ended"][message["outcome"]] += 1
        waited = seconds_between(asked["received_at"], message["decided_at"])
        self.tallies[f"{kind}_seconds"][waited] += 1
        self.counts["disputes_implemented"] += message.get("implemented", False)
        if message["outcome"] == "reversed":
            self._fell(self.by_id[asked["decision"]], kind)

    def add_reinstatement(self, message: Message) -> None:
        self.tallies["reinstated"][message["cause"]] += 1
        if message["cause"] in {"court", "own_initiative"}:
            self._fell(self.by_id[message["decision"]], message["cause"])

    def add_notice(self, message: Message) -> None:
        self.counts["notices"] += 1
        self.counts["notice_items"] += message["items"]
        self.counts["trusted_notices"] += message["trusted_flagger"]
        self.tallies["notices_by_category"][message["category"]] += 1

    def add_order(self, message: Message) -> None:
        of, authority = f"{message['kind']}/{message['country']}", message["authority"]
        if "follows" not in message:
            self.tallies["orders"][f"{of}/{authority}"] += 1
            self.tallies["order_items"][f"{of}/{authority}"] += message.get("items", 0)
            return
        if "outcome" in message:
            self.tallies["orders_ended"][f"{of}/{message['outcome']}/{authority}"] += 1
        told = f"{message['follows']}-seen" in self.by_id and message["id"].endswith("-done")
        for clock, name in (("acknowledged_at", "acknowledge"), ("effected_at", "effect")):
            if clock in message and not (told and name == "acknowledge"):
                waited = seconds_between(message["received_at"], message[clock])
                self.tallies[f"order_{name}_seconds"][f"{of}/{waited}/{authority}"] += 1

    def add_suspension(self, message: Message) -> None:
        self.tallies["suspended"][message["why"]] += 1

    def add_audit(self, message: Message) -> None:
        verdict = f"{message['month']}/{message['verdict']}"
        self.tallies["audited"][verdict] += 1
        if "category" in message:
            self.tallies["audited"][f"{verdict}/{message['category']}"] += 1
