"""A year of invented entries, with something of everything that the report counts."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from ledger.cases import JournalEntry, case_id
from ledger.codes import Measures, Monetary, Provision, Visibility

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
MEASURES = (
    Measures(visibility=(Visibility.CONTENT_REMOVED,)),
    Measures(visibility=(Visibility.CONTENT_LABELLED, Visibility.CONTENT_DEMOTED)),
    Measures(account="DECISION_ACCOUNT_SUSPENDED"),  # type: ignore[arg-type]
    Measures(provision=Provision.PARTIAL_TERMINATION, monetary=Monetary.SUSPENSION),
)
KINDS = (("SCAMS_AND_FRAUD", ("PHISHING",), "illegal"), ("SCAMS_AND_FRAUD", (), "illegal"),
         ("OTHER_VIOLATION_TC", ("NUDITY",), "terms"),
         ("VIOLENCE", ("COORDINATED_HARM", "OTHER"), "illegal"),
         ("RISK_FOR_PUBLIC_SECURITY", ("TERRORIST_CONTENT",), "illegal"))  # fmt: skip


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def entry(kind: str, number: int, hours: float, /, **fields: object) -> JournalEntry:
    name = case_id(kind, "acme", f"{kind}-{number}")
    return msgspec.convert(
        {"entry": name, "type": kind, "provider": "acme", "at": at(hours), **fields}, JournalEntry
    )


def year(seed: int = 7) -> list[JournalEntry]:
    """Every type of entry, chosen by a seed."""
    return list(_year(random.Random(seed)))


def _year(chance: random.Random) -> Iterator[JournalEntry]:
    notices = [_notice(number, chance) for number in range(30)]
    yield from notices
    decisions = []
    for number in range(120):
        notice = notices[number] if number < 24 else None
        decision = _decision(number, chance, notice)
        decisions.append(decision)
        yield decision
    for number in range(30):
        yield from _contest("complaint", number, chance.choice(decisions), chance)
    for number in range(6):
        yield from _contest("dispute", number, chance.choice(decisions), chance)
    for number, why in enumerate(("illegal_content", "unfounded_notices", "illegal_content")):
        yield entry("suspension", number, 50, why=why, from_at=at(50), until="2026-12-01")
    for number in range(10):
        yield from _order(number, chance)
    for number in range(150):
        verdict = "violating" if number % 50 == 0 else "not_violating"
        told = {"month": f"2026-0{2 + number % 2}", "verdict": "gone" if number == 9 else verdict}
        yield entry("audit", number, 90, **told)
    for number, cause in enumerate(("court", "complaint", "complaint")):
        about = decisions[number]
        yield entry("reinstatement", number, 95, about=about, cause=cause, reinstated_at=at(94))
    yield from _groups(chance)


def _groups(chance: random.Random) -> Iterator[JournalEntry]:
    """Groups of near copies that were decided as one; one decision of every second one fell."""
    for number in range(4):
        rule, verdict = f"pack-{number % 3}/1/rule/live", chance.choice(("confirmed", "dismissed"))
        day = f"2026-03-{1 + number:02}"
        decisions = [
            entry(
                *("decision", 1_000 + 10 * number + place, 60 + number), verdict=verdict,
                category="SCAMS_AND_FRAUD", ground="illegal", decided_at=at(60.5 + number),
                moderator="m-1", source_type="VOLUNTARY", rules={rule: 1}, found_days=(day,),
                found={f"{day}/{rule}": 1}, group=case_id("group", "acme", f"g-{number}"),
                leads=place == 0, counted={} if place else {f"{day}/{rule}": 1},
                content_type=("CONTENT_TYPE_TEXT",),
            )
            for place in range(5)
        ]  # fmt: skip
        yield from decisions
        if number % 2:
            fallen = decisions[3]
            yield entry(
                *("reinstatement", 100 + number, 96), about=msgspec.to_builtins(fallen),
                decision=fallen.entry, cause="court", reinstated_at=at(96), overturns=True,
                group=fallen.group, counted=fallen.found,
            )  # fmt: skip


def _notice(number: int, chance: random.Random) -> JournalEntry:
    category, keywords, _ = chance.choice(KINDS)
    return entry(*("notice", number, number), category=category, keywords=keywords[:1],
                 other=chance.choice(("", "An invented kind", "Another invented kind")),
                 trusted_flagger=chance.random() < 0.3, article_16=number != 5,
                 items=chance.randint(1, 4), received_at=at(number))  # fmt: skip


def _decision(number: int, chance: random.Random, notice: JournalEntry | None) -> JournalEntry:
    category, keywords, ground = chance.choice(KINDS)
    verdict = chance.choice(("confirmed", "confirmed", "dismissed", "skipped"))
    source = "VOLUNTARY"
    if notice:
        source = "TRUSTED_FLAGGER" if notice.trusted_flagger else "ARTICLE_16"
    measures = chance.choice(MEASURES) if verdict == "confirmed" and number % 7 else None
    return entry(
        *("decision", number, number + 40), verdict=verdict, category=category, keywords=keywords,
        ground=ground, ground_text="An invented act",
        measures=msgspec.to_builtins(measures) if measures else None,
        applied_at=at(number + 41) if measures else "", decided_at=at(number + 40.5),
        moderator=f"m-{number % 4}", source_type=source, notice=notice.entry if notice else "",
        about=msgspec.to_builtins(notice) if notice else None,
        rules={} if notice else {f"pack-{number % 3}/1/rule/live": chance.randint(1, 3)},
        found_days=() if notice else (f"2026-0{2 + number % 3}-{1 + number % 28:02}",),
        automated_decision="NOT_AUTOMATED", content_type=("CONTENT_TYPE_TEXT",),
    )  # fmt: skip


def _contest(kind: str, number: int, about: JournalEntry,
             chance: random.Random) -> Iterator[JournalEntry]:  # fmt: skip
    decision = msgspec.to_builtins(about)
    came = entry(kind, number, 200 + number, about=decision, received_at=at(200 + number))
    yield came
    if number % 10 == 9:
        return
    outcome = chance.choice(("upheld", "upheld", "partly_reversed", "reversed", "omitted"))
    new = outcome != "upheld" and not about.measures
    yield entry(
        *("outcome", number + (1_000 if kind == "dispute" else 0), 230 + number),
        **{kind: came.entry}, outcome=outcome, about=decision, answers=msgspec.to_builtins(came),
        decided_at=at(230 + 2 * number), measures=msgspec.to_builtins(MEASURES[0]) if new else None,
        overturns=outcome == "reversed",
        implemented=chance.random() < 0.5 if kind == "dispute" else None,
    )  # fmt: skip


def _order(number: int, chance: random.Random) -> Iterator[JournalEntry]:
    act = number % 3 > 0
    about = {
        "category": "RISK_FOR_PUBLIC_SECURITY" if number % 2 else "NOT_SPECIFIED_ORDER",
        "keywords": ("TERRORIST_CONTENT",) if number % 2 else (),
        "items": number + 1,
    }
    first = entry(
        *("order", number, 300 + number), kind="act" if act else "inform",
        authority="An invented authority", country=chance.choice(("DE", "GR", "NO")),
        received_at=at(300 + number), regulation="tco" if number % 2 else "dsa",
        acknowledged_at=at(300.5 + number) if number % 4 else "", **(about if act else {}),
    )  # fmt: skip
    yield first
    if number % 5:
        outcome = "refused" if number == 7 else "complied"
        later = msgspec.to_builtins(first) | {
            "follows": first.entry, "about": msgspec.to_builtins(first),
            "effected_at": at(302 + number) if outcome == "complied" else "", "outcome": outcome,
            "ground": "An invented ground" if outcome == "refused" else "",
        }  # fmt: skip
        fields = {k: v for k, v in later.items() if k not in {"entry", "type", "provider", "at"}}
        yield entry("order", 100 + number, 320 + number, **fields)
