"""The laws that must hold at the end of each run, whatever happened during it. Nothing is lost and
nothing is counted twice: the sums of each file, unit and day close, and what is published is what a
run without faults publishes."""

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from simulation.cluster import Cluster
from simulation.moderators import entries
from simulation.records import Record, Records, objects_of
from simulation.scenarios import PRIZES_TRIED, Scenario
from support.canary import leaks, log_places
from support.faults import CrashError

from cases.trials import is_asked_twice
from rules.rule_set import RuleSet, load_set
from terang.repair.checks import case_differences


def broken(cluster: Cluster, scenario: Scenario) -> Iterator[str]:
    """Each law that a finished run breaks, in words."""
    records = Records.of(cluster)
    yield from _units(cluster, records)
    yield from _findings(records, scenario)
    yield from _files(cluster, records, scenario)
    yield from _handed_out(cluster, records, scenario)
    yield from _cases(cluster, records, scenario)
    yield from _floods(cluster, records, scenario)
    yield from _trials(cluster, records, scenario)
    for day in cluster.closed_early:
        yield f"{day} was published as closed before all its receipts could be there"
    yield from _published(cluster, records)
    yield from _seen(cluster)
    yield from _failed(cluster)


def _units(cluster: Cluster, records: Records) -> Iterator[str]:
    """Each unit has one marker and one receipt, which closes."""
    for unit in records.twice:
        yield f"unit {unit[:8]} has two receipts"
    counted = sorted(unit for members in records.members.values() for unit in members)
    if counted != sorted(records.markers):
        yield "markers and receipts are not of the same units"
    if records.begun:
        yield f"{len(records.begun)} units were begun and never committed"
    if not records.sampled <= records.receipts.keys() | records.markers.keys():
        yield "a sample is kept of what is no unit"
    for unit, receipt in records.receipts.items():
        refused = sum(receipt["refused"].values())
        if receipt["records"] != receipt["inspected"] + refused:
            yield f"unit {unit[:8]}: records are not inspected + refused"
        if sum(receipt["by_rule"].values()) != receipt["findings"]:
            yield f"unit {unit[:8]}: findings are not the sum of its rules"
        yield from _members(unit, receipt, records)
        if refused and receipt["kind"] != "file":
            named = receipt["refused_messages"] or [unit]
            detail = [
                len(data.splitlines())
                for one in named
                for data in objects_of(cluster, cluster.world.work, f"refusals/{one}.j").values()
            ]
            if len(detail) != len(named) or sum(detail) != refused:
                yield f"unit {unit[:8]}: its refusals are not listed in detail"


def _members(unit: str, receipt: Record, records: Records) -> Iterator[str]:
    """The units that a receipt counts have their markers on its day, and say where it is."""
    members = records.members[unit]
    markers = [records.markers[one] for one in members if one in records.markers]
    if {receipt["at"][:10], *(one["day"] for one in markers)} != {records.days[unit]}:
        yield f"unit {unit[:8]} is filed under another day"
    if receipt["kind"] == "messages":
        if {one.get("batch") for one in markers} != {unit}:
            yield f"batch {unit[:8]} has messages of another"
        if receipt["messages"] != len(set(members)):
            yield f"batch {unit[:8]} does not count its messages"


def _findings(records: Records, scenario: Scenario) -> Iterator[str]:
    """Each finding is counted with one unit: the one that it names."""
    owners: Counter[str] = Counter()
    for unit, receipt in records.receipts.items():
        ids = records.pages.get(f"{records.days[unit]}/{unit}", [])
        owners.update(ids)
        found = [records.findings[one] for one in ids if one in records.findings]
        for what in _mistold(receipt, ids, found, records.members[unit]):
            yield f"unit {unit[:8]}: {what}"
    if owners.keys() != records.findings.keys():
        yield f"{len(records.findings.keys() - owners.keys())} findings belong to no receipt"
    if any(count > 1 for count in owners.values()):
        yield "a finding is counted by two units"
    if records.excerpts.keys() != _with_text(records, scenario):
        yield "findings and excerpts are not of the same cases"


def _with_text(records: Records, scenario: Scenario) -> set[str]:
    """The findings whose post nobody deleted, before or after it was found."""
    found = records.findings.items()
    return {name for name, one in found if one["post"] not in scenario.deletes}


def _mistold(receipt: Record, ids: list[str], found: list[Record],
             members: list[str]) -> Iterator[str]:  # fmt: skip
    """What a receipt says of its findings, and is not so."""
    if len(ids) != receipt["recorded"]:
        yield f"it counts {receipt['recorded']} findings with a record and lists {len(ids)}"
    if sha256("\n".join(sorted(ids)).encode()).hexdigest() != receipt["findings_digest"]:
        yield "the digest of its findings is another"
    if any(one["unit"] not in members for one in found):
        yield "it lists a finding that is not its own"
    live = {key: count for key, count in receipt["by_rule"].items() if key.endswith("/live")}
    drawn = _by_rule([one for one in found if one.get("drawn")])
    if _by_rule(found) - drawn != live:  # findings in shadow are counted, and drawn ones recorded
        yield "its live rules are not those of its findings"
    if not drawn <= Counter(receipt["by_rule"]):
        yield "it drew a finding that it does not count"
    if _by_rule([one for one in found if one.get("held")]) != receipt.get("held", {}):
        yield "what it says is held is not"
    copied = sum("copy_of" in one for one in found)
    if receipt.get("not_compared", 0) + copied > receipt["inspected"]:
        yield "a copy is among the posts that were not compared"
    if any(one["set"] != receipt["set"] for one in found):
        yield "a finding is of another set than the unit"


def _by_rule(found: list[Record]) -> Counter[str]:
    return Counter("{pack}/{version}/{rule}/{mode}".format(**one) for one in found)


def _files(cluster: Cluster, records: Records, scenario: Scenario) -> Iterator[str]:
    """Each file is read to its end: its ranges add up to it, and its sender has the receipt."""
    file_receipts = {
        (record["key"], record["version"]): record
        for data in objects_of(cluster, cluster.world.out, "out/acme/receipts/").values()
        if "key" in (record := json.loads(data))
    }
    sent = [*scenario.files, *scenario.later]
    expected = [key for key in sent if key not in scenario.strangers]
    if sorted(key for key, _ in file_receipts) != sorted(expected):
        yield f"{len(file_receipts)} of {len(expected)} files have their receipt"
    for file, manifest in records.manifests.items():
        rows = records.rows.get(file, [])
        dropped = manifest["dropped"]["key"], manifest["dropped"]["version"]
        sources = records.parts[file] if manifest.get("translated") else [manifest["dropped"]]
        if [row["number"] for row in rows] != list(range(manifest["ranges"])):
            yield f"file {file[:8]} has {len(rows)} of {manifest['ranges']} ranges"
        if sum(row["bytes"] for row in rows) != sum(source["size"] for source in sources):
            yield f"file {file[:8]}: its ranges do not add up to it"
        if any(row["unit"] and row["unit"] not in records.receipts for row in rows):
            yield f"file {file[:8]}: a range names a unit without a receipt"
        if file not in records.closed:
            yield f"file {file[:8]} is not closed"
        if any(_is_there(cluster, source) for source in sources):
            yield f"file {file[:8]}: a part is left"
        yield from _sums(file_receipts.get(dropped, {}), rows, records)
    if any(cluster.s3.buckets[cluster.world.drop].values()):
        yield "a version of a file is left in the mailbox"


def _is_there(cluster: Cluster, source: Record) -> bool:
    versions = cluster.s3.buckets[source["bucket"]].get(source["key"], [])
    return any(version.number == source["version"] for version in versions)


def _sums(file_receipt: Record, rows: list[Record], records: Records) -> Iterator[str]:
    delivered = [records.receipts[row["unit"]] for row in rows if row["unit"] in records.receipts]
    for name in ("lines", "records", "inspected", "findings", "recorded", "repeats"):
        if file_receipt.get(name, 0) != sum(receipt[name] for receipt in delivered):
            yield f"the sender's receipt says {file_receipt.get(name, 0)} {name}"
    refused = sum(sum(receipt["refused"].values()) for receipt in delivered)
    if file_receipt.get("status") == "done" and len(file_receipt.get("refusals", ())) != refused:
        yield "the sender's receipt does not name each refusal"


def _handed_out(cluster: Cluster, records: Records, scenario: Scenario) -> Iterator[str]:
    """A provider is handed each of its findings, and the refusals of its messages."""
    handed: Counter[str] = Counter()
    for data in objects_of(cluster, cluster.world.out, "out/acme/findings/").values():
        rows = [json.loads(row) for row in data.splitlines()]
        handed.update(row["finding"] for row in rows)
        told = {row["finding"] for row in rows if row.get("excerpt")}
        if told != _with_text(records, scenario) & {row["finding"] for row in rows}:
            yield "the excerpts in a file of findings are not those of posts that are there"
    if handed != Counter(records.findings.keys()):
        yield f"{handed.total()} of {len(records.findings)} findings were handed out"
    folder = objects_of(cluster, cluster.world.out, "out/acme/receipts/messages/")
    units = {key.rpartition("/")[2].removesuffix(".json")
             for key, data in folder.items() if json.loads(data)["kind"] != "case"}  # fmt: skip
    expected = {
        name
        for unit, receipt in records.receipts.items()
        if receipt["kind"] in {"message", "messages"} and receipt["refused"]
        for name in receipt["refused_messages"] or [unit]
    }
    if units != expected:
        yield "the sender did not get the refusals of a message"
    batches = {
        key.rpartition("/")[2].removesuffix(".json"): sorted(json.loads(data)["message_ids"])
        for key, data in objects_of(
            cluster, cluster.world.out, "out/acme/receipts/batches/"
        ).items()
    }
    wanted = {
        unit: sorted(records.members[unit])
        for unit, receipt in records.receipts.items()
        if receipt["kind"] == "messages"
    }
    if batches != wanted:
        yield "the sender did not get the receipt of a batch"


OF_RULES = {"flood_answer", "trial", "adoption"}
"""Entries that decide on no finding."""


def _cases(cluster: Cluster, records: Records, scenario: Scenario) -> Iterator[str]:
    """Each message about a finding became its entry exactly once, at any time of arrival."""
    for difference in case_differences(records.ledger):
        place = f"{difference.kind}: {difference.where[:24]}"
        yield f"{place} is {difference.found}, should be {difference.wanted}"
    findings = records.findings.values() if scenario.decided else ()
    decided = {name for name, one in records.entries.items() if one["type"] not in OF_RULES}
    if scenario.grouped:  # drawn as a group, a decision is not drawn alone
        decided = {name for name in decided if records.entries[name]["type"] != "second_review"}
        said = {n for one in findings for n in entries(one, drawn_alone=False)}
        yield from _groups(records)
    else:
        said = {name for finding in findings for name in entries(finding)}
    if said != decided:
        yield f"{len(records.entries)} entries are not those of the messages"
    if records.waiting:
        yield f"{len(records.waiting)} messages wait for what has come"
    answers = objects_of(cluster, cluster.world.out, "out/acme/receipts/messages/")
    last = [
        one["status"] for data in answers.values() if (one := json.loads(data))["kind"] == "case"
    ]
    is_last = "put_object" not in cluster.injector.late and not cluster.largest_skew
    if (
        is_last and not (scenario.answered or scenario.tried) and set(last) - {"taken"}
    ):  # else the last word came late, or for another day
        yield f"messages about cases were {', '.join(sorted(set(last)))}"
    confirmed = {name for name, one in records.entries.items() if one.get("measures")}
    stated = objects_of(cluster, cluster.world.out, "out/acme/decisions/")
    if {key.rpartition("/")[2].removesuffix(".json") for key in stated} != confirmed:
        yield "decisions with a measure and statements are not the same"


def current(cluster: Cluster) -> bytes:
    """The set in force."""
    public = objects_of(cluster, cluster.world.public, "sets/")
    return public[f"sets/{json.loads(public['sets/current.json'])['set']}.json"]


def tried_version(in_force: RuleSet) -> int:
    return next(pack.version for pack in in_force.packs if pack.id == "prizes")


def _groups(records: Records) -> Iterator[str]:
    """A group has one first decision, and counts each rule and day once for each result."""
    groups: dict[str, list[Record]] = {}
    for one in records.entries.values():
        if one.get("group"):
            groups.setdefault(one["group"], []).append(one)
    for group, entries_of in groups.items():
        if sum(one.get("leads", False) for one in entries_of) != 1:
            yield f"group {group[:8]} has not one first decision"
        for counts in ("decision", "overturned", "second_review"):
            some = [
                one
                for one in entries_of
                if one["type"] == counts or (counts == "overturned" and one.get("overturns"))
            ]
            counted = Counter(key for one in some for key in one.get("counted", ()))
            found = {
                key
                for one in some
                for key in one.get("found", one.get("about", {}).get("found", ()))
            }
            if counts == "second_review":
                if len(some) > 1:
                    yield f"group {group[:8]} has {len(some)} second reviews"
            elif counted.keys() != found or set(counted.values()) - {1}:
                yield f"group {group[:8]} counts {counts} as {dict(counted)}, and found {found}"


def _floods(cluster: Cluster, records: Records, scenario: Scenario) -> Iterator[str]:
    """Each question has one answer. What is held is listed under its question, whenever it came."""
    held = [one for one in records.findings.values() if one.get("held")]
    asked = {(one["found_at"][:10], f"{one['pack']}/{one['rule']}") for one in held}
    answers = [one for one in records.entries.values() if one["type"] == "flood_answer"]
    answered = Counter((one["day"], one["held_rule"]) for one in answers)
    if any(count > 1 for count in answered.values()):
        yield "a question of the flood guard is answered twice"
    if not answered.keys() <= records.questions | asked:
        yield "an answer is to no question"
    if not asked <= records.questions:
        yield "findings are held without a question"
    if scenario.answered and not cluster.largest_skew and answered.keys() != asked:
        yield f"{len(answered)} of {len(asked)} questions are answered"
    for name, finding in () if scenario.decided else records.findings.items():
        listed = records.listed.get(name, "")
        day, rule = finding["found_at"][:10], f"{finding['pack']}/{finding['rule']}"
        wanted = f"acme#{name[0]}{f'#held#{day}#{rule}' if finding.get('held') else ''}"
        if listed != (wanted if finding["mode"] == "live" else ""):
            yield f"finding {name[:8]} is listed under {listed or 'nothing'}"


def _trials(cluster: Cluster, records: Records, scenario: Scenario) -> Iterator[str]:
    """Drawn findings have their rows and answers; an adoption is in the set once, as it was tried.
    What is counted is what would be counted without a draw: each post that names a prize."""
    if not scenario.tried:
        return
    drawn = {name: one for name, one in records.findings.items() if one.get("drawn")}
    if records.ledger.drawn.keys() != drawn.keys():
        yield f"{len(records.ledger.drawn)} rows of {len(drawn)} drawn findings"
    if any((one["provider"], one["mode"]) != ("acme", "shadow") for one in drawn.values()):
        yield "a finding was drawn that is live, or another's"
    prizes = Counter[str]()
    for receipt in records.receipts.values():
        prizes.update({key.split("/")[0]: n for key, n in receipt["by_rule"].items()})
    if prizes["prizes"] != PRIZES_TRIED:
        yield f"{prizes['prizes']} prizes are counted, and they are {PRIZES_TRIED}"
    answers = [one for one in records.entries.values() if one["type"] == "trial"]
    if Counter(case for one in answers for case in one["cases"]) != {
        name: 1 + is_asked_twice(name) for name in drawn
    }:
        yield f"{len(answers)} answers are not those of {len(drawn)} drawn findings"
    adopted = [one for one in records.entries.values() if one["type"] == "adoption"]
    if len(adopted) > 1:
        yield "a rule was adopted twice"
    in_force = load_set(current(cluster))
    live = in_force.settings_of("acme").live_here
    wanted = [one["matching"] for one in adopted if one["version"] == tried_version(in_force)]
    if [one.matching for one in live] != wanted:
        yield f"{len(adopted)} adoptions, and {len(live)} in the set"


COUNTED = ("bytes", "lines", "records", "inspected", "refused", "findings", "units")


def _published(cluster: Cluster, records: Records) -> Iterator[str]:
    """The days that stand add up to the receipts; nothing is left out, no file is open."""
    public = objects_of(cluster, cluster.world.public)
    for provider in ("acme", "all"):
        days = _days(public, provider)
        for name in COUNTED:
            published = sum(day["numbers"][name] for day in days)
            if published != (counted := _counted(records, name)):
                yield f"published for {provider}: {published} {name}, and they are {counted}"
        if any(day["left_out"] for day in days):
            yield "a receipt is left out"
        if days and days[-1]["open_files"]:
            yield "a file is published as open"
    types = Counter(entry["type"] for entry in records.entries.values())
    lines = Counter(
        line["type"]
        for key, data in public.items()
        if key.startswith("journal/") and ".r" not in key
        for line in map(json.loads, data.splitlines())
        if line["kind"] == "case"
    )
    if types != lines:
        yield f"published are {lines}, and they are {types}"
    for key, data in public.items():
        if key.startswith("journal/") and ".r" not in key:
            _, provider, file = key.split("/")
            day = json.loads(public[f"summaries/{provider}/{file[:10]}.json"])
            digests = {journal["path"]: journal["sha256"] for journal in day["journal"]}
            if digests.get(key) != sha256(data).hexdigest():
                yield f"{key} is not the journal that its day folds"


def _days(public: dict[str, bytes], provider: str) -> list[Any]:
    prefix = f"summaries/{provider}/"
    found = [json.loads(data) for key, data in public.items()
             if key.startswith(prefix) and key.endswith(".json") and ".r" not in key]  # fmt: skip
    return [one for one in found if one["kind"] == "day"]


def _counted(records: Records, name: str) -> int:
    receipts = records.receipts.values()
    if name == "units":
        return sum((receipt["messages"] or 1) for receipt in receipts)
    if name == "refused":
        return sum(sum(receipt["refused"].values()) for receipt in receipts)
    return sum(receipt[name] for receipt in receipts)


def _seen(cluster: Cluster) -> Iterator[str]:
    """No word of a sender's is where it must not be, in any version of anything."""
    places = [*_stored(cluster), *log_places("".join(cluster.logs), cluster.errors)]
    for queue, message in cluster.sqs.ever:  # among the dead letters too each stood as it was sent
        places.append(("attributes of a message", repr(message.attributes).encode()))
        if queue == "units":
            places.append(("body of a unit", message.body.encode()))
    yield from (f"leaked: {leak}" for leak in leaks(places))


def _stored(cluster: Cluster) -> Iterator[tuple[str, bytes]]:
    """As `canary.places_of`, from the services themselves: it is asked some thousand times."""
    for bucket in cluster.world.buckets:
        for key, versions in cluster.s3.buckets[bucket].items():
            yield (f"{bucket.rpartition('-')[0]}/{key}",
                   b"".join(version.data for version in versions))  # fmt: skip
    for pk, slots in cluster.dynamodb.tables[cluster.world.table].items():
        for sk, slot in slots.items():
            yield f"table/{pk}/{sk}", repr(slot).encode()


INJECTED = (ClientError, ReadTimeoutError, CrashError, MemoryError, OSError)


def _failed(cluster: Cluster) -> Iterator[str]:
    """Functions fail only because of injected faults, and never after the last fault."""
    for error in cluster.errors:
        if not isinstance(error, INJECTED):
            yield f"a function failed by itself: {type(error).__name__}"
    if cluster.reused_spent:
        yield "a worker without memory was used again"
    if cluster.has_failed:
        yield "something fails for ever"
