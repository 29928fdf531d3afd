"""The list of known bugs, by the part that has them."""

from typing import Any

import pytest
from simulation.mutants import Mutant, Swapped

import ledger.objects
import ledger.table
from ledger.receipt import Receipt
from ledger.store import DynamoStore

STORE, TABLE, OBJECTS = "ledger.store:DynamoStore", "ledger.table:Table", "ledger.objects:S3Objects"
CASE_STORE = "ledger.case_store:CaseStore"
SCANNER, CLOSING, INTAKE = "unit_work:Scanner", "ledger.closing:Closing", "arrival:Intake"
CASES = "case_work:CaseWork"
PUBLISH, SHELF = "publishing:_Run", "shelf:Shelf"


def _count_up(patched: pytest.MonkeyPatch) -> None:
    """A plain counter: each delivery adds its counts to what stands."""
    commit = DynamoStore.commit

    def add(self: DynamoStore, marker: Any, receipt: Receipt, file: str, row: Any) -> bool:
        if commit(self, marker, receipt, file, row):
            return True
        stands = self.receipt(self.marker(marker.unit) or marker)
        key = f"J#{marker.provider}#{stands.at[:10]}#{marker.unit[0]}"
        total = {name: getattr(stands, name) + getattr(receipt, name)
                 for name in ("records", "inspected", "lines", "bytes")}  # fmt: skip
        record = Receipt(**{name: getattr(stands, name) for name in Receipt.__struct_fields__}
                         | total)  # fmt: skip
        self.table.put(key, f"receipt#{marker.unit}", record)
        return False

    patched.setattr(DynamoStore, "commit", add)


def _late(name: str) -> Any:
    """A write that is made after the commit instead of before it."""

    def change(patched: pytest.MonkeyPatch) -> None:
        put, commit = getattr(DynamoStore, name), DynamoStore.commit
        kept: list[Any] = []

        def keep(self: DynamoStore, *given: Any) -> Any:
            kept.append((self, given))
            return [finding for finding, _ in given[0]] if name == "put_findings" else None

        def commit_first(self: DynamoStore, *given: Any) -> bool:
            done = commit(self, *given)
            while kept:
                own, held = kept.pop()
                put(own, *held)
            return done

        patched.setattr(DynamoStore, name, keep)
        patched.setattr(DynamoStore, "commit", commit_first)

    return change


def _conflicts_are_answers(patched: pytest.MonkeyPatch) -> None:
    changed = ledger.objects._CHANGED | ledger.objects._CONFLICT
    patched.setattr(ledger.objects, "_CHANGED", changed)
    patched.setattr(ledger.objects, "_CONFLICT", set())


KNOWN_BUGS = [
    # what is counted
    Swapped("a plain counter", _count_up),
    Swapped("the receipt before its findings", _late("put_findings")),
    Swapped("the receipt before its pages", _late("put_finding_ids"), shows=247),
    Mutant("the marker is not checked", f"{STORE}.commit",
           'self.table.new(f"U#{marker.unit}", "unit", marker)',
           'self.table.over(f"U#{marker.unit}", "unit", marker)', shows=34),
    Mutant("no marker is put", f"{STORE}.commit",
           'self.table.new(f"U#{marker.unit}", "unit", marker),', ""),
    Mutant("marker and receipt are two calls", f"{STORE}.commit",
           "return self.table.transact(*puts)",
           "return self.table.transact(puts.pop(0)) and self.table.transact(*puts)", shows=36),
    Mutant("a condition that failed is taken for success", f"{TABLE}._transact",
           "return False", "return True"),
    Mutant("a conflict is taken for success", f"{TABLE}._transact",
           "_only_conflicts(reasons)", "return True", shows=29),
    Mutant("pairs behind one that exists are not put", f"{TABLE}._put_batch",
           "[place for place in left if place not in exists]", "[]"),
    Mutant("what another unit found is counted as one's own", f"{SCANNER}._work",
           "if finding.unit == job.unit", "if finding.unit"),
    Mutant("a unit is named by its range", "ranges:Owned.id_in", "data + tail", "b'' + tail"),
    Mutant("a message is named by when it came", f"{SCANNER}.scan_message",
           "unit_id(provider, data)", "unit_id(provider, data + str(self.clock.now()).encode())"),
    Mutant("a unit meets the set of its last try", f"{SCANNER}._work",
           "if tried is not None and tried != own:", "if False:", shows=144),
    Mutant("a range of a known unit gets no row", f"{SCANNER}._repeated",
           "self.store.put_range(job.file, row)", "pass"),
    Mutant("half the shards of the journal are not read", "ledger.table:shards",
           "0123456789abcdef", "89abcdef"),
    # what is read
    Mutant("the byte before a range is not looked at", "ranges:owned",
           "min(unit.start, 1)", "0"),
    Mutant("a line is read on from one byte too far", "ranges:_read_on",
           "[data], unit.end, 0", "[data], unit.end + 1, 0"),
    Mutant("the last byte of a range belongs to nobody", "ledger.manifest:cut",
           "min(size, start + range_bytes)) for", "min(size, start + range_bytes - 1)) for"),
    Mutant("a version is not pinned", f"{OBJECTS}.read_range",
           ", VersionId=source.version)",
           ' | {"IfMatch": self.head(source.bucket, source.key).etag})'),
    Mutant("an item is read as it may have been", f"{TABLE}.get",
           "ConsistentRead=True", "ConsistentRead=False"),
    Mutant("a query is read as it may have been", f"{TABLE}._pages",
           "ConsistentRead=True", "ConsistentRead=False"),
    Mutant("keys that were not processed are forgotten", f"{TABLE}.get_many",
           'answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])', "[]", shows=20),
    Mutant("only the first page of a list is read", f"{OBJECTS}.keys",
           "for page in pages for", "for page in [next(iter(pages))] for"),
    Mutant("a page of ids overlaps the next", f"{STORE}.put_finding_ids",
           "first : first + IDS_PER_PAGE", "first : first + IDS_PER_PAGE + 1"),
    # what is answered
    Mutant("messages that were not taken are forgotten", "ledger.unit_queue:SqsUnitQueue.send",
           'answer.get("Failed", ())', "()", shows=279),
    Mutant("the handler answers nothing", "scan.py", "    return answer\n", "    return None\n"),
    Mutant("the handler names no failure", "scan.py", "    return answer\n",
           '    return {"batchItemFailures": []}\n'),
    Mutant("a worker without memory goes on", "ledger.delivery:tell_failures",
           "raise error", "pass", shows=26),
    Mutant("an error without an answer is not expected", "ledger.delivery:code_of",
           'getattr(error, "response", None) or {}', 'getattr(error, "response", {})', shows=18),
    Mutant("without time left a message is taken for done", "deliveries:Deliveries.take",
           "keep_reserve(seconds_left)", "if seconds_left() < 20:\n            return None"),
    Mutant("a write that failed is taken for one that was not needed", f"{OBJECTS}.put_if",
           "except (ObjectChangedError, ObjectGoneError):", "except Exception:", shows=256),
    Swapped("a busy key is taken for a full one", _conflicts_are_answers, shows=122),
    # what is handed on
    Mutant("findings are handed out at the first try only", f"{SCANNER}._known",
           "if receipt.findings:", "if False:", shows=20),
    Mutant("findings are handed out under the day of the delivery", f"{SCANNER}._hand_out",
           "findings_key(marker)",
           "findings_key(Marker(marker.unit, marker.provider, utc(self.clock.now())[:10]))"),
    Mutant("a file is closed a range too early", f"{CLOSING}.close",
           "< sealed[0].ranges", "< sealed[0].ranges - 1"),
    Mutant("a closed file is left in the mailbox", f"{CLOSING}.close",
           "(manifest.dropped, *sources)", "(sources if manifest.translated else ())"),
    Mutant("the parts of a closed file stay", f"{CLOSING}.close",
           "(manifest.dropped, *sources)", "(manifest.dropped,)"),
    Mutant("a file is hidden and not deleted", f"{OBJECTS}.delete_version",
           ", VersionId=source.version", ""),
    Mutant("the name of a file is logged", "intake.py",
           "tell(intake.receive(", "logger.info(key); tell(intake.receive("),
    Mutant("an account is stored as it came", "inspection:account_of",
           "pseudonyms.of(post.account)", "post.account"),
    Mutant("the places of refusals are not moved", f"{CLOSING}._refusals",
           "lines += row.lines", "lines += 0"),
    Mutant("the units of a known file are not sent again", f"{INTAKE}.receive",
           'return self._send(*sealed, outcome="known")', 'return Arrival("known", file)',
           shows=116),
    Mutant("a refused file is gone before it is counted", f"{INTAKE}._refuse",
           'self.store.commit(marker, receipt, "", None)',
           'self.objects.delete_version(dropped); self.store.commit(marker, receipt, "", None)',
           shows=37),
    Mutant("a key is not read as S3 writes it", "intake.py",
           'unquote_plus(found["key"])', 'found["key"]'),
    Mutant("parts of a translation are one too few", f"{INTAKE}._translated",
           "key, part)", "key, part[:-1])"),
    # what is published
    Mutant("a summary before its page and its table", f"{SHELF}.put_summary",
           'self.put(f"{summary.path}.html", page.encode()),',
           'self.put(f"{summary.path}.json", encode_summary(summary)),'
           'self.put(f"{summary.path}.html", page.encode()),', shows=174),
    Mutant("a summary before its journal", f"{PUBLISH}._settle",
           "    if facts and facts.journal_file",
           '    shelf.put_summary(settled, self.pages.summary(settled, ""))'
           "\n    if facts and facts.journal_file", shows=252),
    Mutant("a published day is not looked at again", f"{PUBLISH}._settle",
           "if settled == standing and not self.order.rebuild:",
           "if standing and not standing.provisional:", shows=76),
]  # fmt: skip

BUGS_OF_CASES = [
    Mutant("the journal's entry is another call", f"{CASE_STORE}.commit_case",
           "return self.table.transact_all(*actions)",
           "return self.table.transact_all(actions.pop(1)) and self.table.transact_all(*actions)",
           shows=38),
    Mutant("who waits is not woken", f"{CASES}.take",
           "left += self._woken(settled.marker) if settled.marker else []", "pass"),
    Mutant("who is woken waits no more before it has woken others", f"{CASES}.take",
           "left += [settled] if settled.arrival.case else []",
           "self._stop_waiting(settled.name, settled.arrival) if settled.arrival.case else None",
           shows=47),
    Mutant("what one waits for is not looked for once more", f"{CASES}._handle",
           "arrival = self._wait(name, arrival, message, settled)",
           "self._wait(name, arrival, message, settled)\n        break", shows=347),
    Mutant("a message that waited is not known when it comes again", f"{CASES}._handle",
           "if not arrival.case:", "if False:", shows=432),
    Mutant("what follows a decision is written at its first try only", f"{CASES}._handle",
           "self.effects.make_sure(", "new and self.effects.make_sure("),
    Mutant("the handler of cases names no failure", "decide.py", "    return answer\n",
           '    return {"batchItemFailures": []}\n', shows=23),
]  # fmt: skip
"""Those of what people do: seeds of the scenario in which they decide must show them."""
