"""Faults of a stack, one of each kind, with the name that fsck gives it."""

import json
from collections.abc import Callable
from typing import cast

from simulation.deployed import Deployed
from support.world import DAY


def receipt_lost(made: Deployed) -> None:
    _, *key = made.unit("message", found=True)
    made.remove(*key)


def marker_lost(made: Deployed) -> None:
    made.remove(f"U#{made.unit('message', found=False)[0]}", "unit")


def receipt_again(made: Deployed) -> None:
    unit, *key = made.unit("message", found=False)
    made.put(f"J#acme#2026-11-20#{unit[0]}", key[1], made.item(*key))


def receipt_of_another_day(made: Deployed) -> None:
    made.change(*made.unit("message", found=False)[1:], at="2026-11-20T12:00:00Z")


def receipt_without_sum(made: Deployed) -> None:
    made.change(*made.unit("message", found=False)[1:], records=9)


def receipt_of_a_post_read_in_part(made: Deployed) -> None:
    made.change(*made.unit("range", found=True)[1:], partly_read=1)


def digest_changed(made: Deployed) -> None:
    made.change(*made.unit("range", found=True)[1:], findings_digest="0" * 64)


def finding_lost(made: Deployed) -> None:
    made.remove(f"C#{made.finding()}", "finding")


def finding_nobody_counts(made: Deployed) -> None:
    made.put("C#" + "0" * 64, "finding", made.item(f"C#{made.finding()}", "finding"))


def finding_counted_twice(made: Deployed) -> None:
    _, pk, sk = made.unit("message", found=False)
    made.put(pk, f"{sk}#00000000", {"ids": {"B": bytes.fromhex(made.finding())}})


def row_lost(made: Deployed) -> None:
    made.remove(f"F#{made.file()}", "range#00000000")


def row_of_no_unit(made: Deployed) -> None:
    made.change(f"F#{made.file()}", "range#00000000", unit="0" * 64)


def row_of_other_size(made: Deployed) -> None:
    made.change(f"F#{made.file()}", "range#00000000", bytes=1)


def file_open(made: Deployed) -> None:
    made.remove("W#acme", f"closed#{made.file()}")


def entry_misnumbered(made: Deployed) -> None:
    case = made.entry("complaint")[0]
    made.put(f"C#{case}", "0003", made.item(f"C#{case}", "0002"))
    made.remove(f"C#{case}", "0002")


def journal_entry_lost(made: Deployed) -> None:
    name, _ = made.entry("complaint")
    made.remove(f"J#acme#{DAY}#{name[0]}", f"entry#{name}")


def case_entry_lost(made: Deployed) -> None:
    made.remove(f"C#{made.entry('complaint')[0]}", "0002")


def message_of_nothing(made: Deployed) -> None:
    made.change(next(pk for pk in made.table if pk.startswith("M#")), "message", entry="0" * 64)


def message_lost(made: Deployed) -> None:
    made.remove(next(pk for pk in made.table if pk.startswith("M#")), "message")


def listed_again(made: Deployed) -> None:
    pk = f"C#{made.finding()}"
    made.put(pk, "finding", made.item(pk, "finding") | {"open_pk": {"S": "acme"}})


def receipts_of_a_message_lost(made: Deployed) -> None:
    """What a restored table lacks: the unit as if it had never come."""
    unit, *key = made.unit("message", found=False)
    made.remove(*key)
    made.remove(f"U#{unit}", "unit")


def receipt_unpublished(made: Deployed) -> None:
    unit, pk, sk = made.unit("message", found=False)
    new = unit[0] + "0" * 63
    made.put(pk, f"receipt#{new}", made.item(pk, sk))
    made.change(pk, f"receipt#{new}", unit=new, refused={}, records=0, inspected=0)
    made.put(f"U#{new}", "unit", made.item(f"U#{unit}", "unit"))


def batch_receipt_lost(made: Deployed) -> None:
    _, *key = made.unit("messages", found=True)
    made.remove(*key)


def batch_marker_lost(made: Deployed) -> None:
    unit, *_ = made.unit("messages", found=True)
    made.remove(f"U#{made.records.members[unit][0]}", "unit")


def batch_counted_wrong(made: Deployed) -> None:
    made.change(*made.unit("messages", found=True)[1:], messages=2)


BATCH_FAULTS: dict[str, tuple[Callable[[Deployed], None], set[str]]] = {
    "the receipt of a batch is lost":
        (batch_receipt_lost,
         {"marker_without_receipt", "public_ahead", "findings_of_nothing", "finding_stray"}),
    "a marker of a batch is lost": (batch_marker_lost, {"receipt_without_marker"}),
    "a batch counts other messages": (batch_counted_wrong, {"receipt_sums", "public_other"}),
    "a batch is not handed out":
        (lambda made: made.drop("OutBucket", "/batches/"), {"batch_untold"}),
}  # fmt: skip
"""Those of a stack whose messages came in batches."""

FAULTS: dict[str, tuple[Callable[[Deployed], None], set[str]]] = {
    "a receipt is lost":
        (receipt_lost, {"marker_without_receipt", "public_ahead", "findings_of_nothing"}),
    "a marker is lost": (marker_lost, {"receipt_without_marker"}),
    "a receipt stands twice":
        (receipt_again, {"receipt_twice", "receipt_misplaced", "public_behind", "refusals_untold"}),
    "a receipt stands under another day": (receipt_of_another_day, {"receipt_misplaced"}),
    "a receipt does not close": (receipt_without_sum, {"receipt_sums", "public_other"}),
    "a post read in part is kept silent":
        (receipt_of_a_post_read_in_part, {"public_other", "file_mistold"}),
    "a digest of findings is another": (digest_changed, {"receipt_findings"}),
    "a finding is lost": (finding_lost, {"finding_missing"}),
    "a finding is nobody's": (finding_nobody_counts, {"finding_stray"}),
    "a finding is counted twice": (finding_counted_twice, {"finding_twice", "receipt_findings"}),
    "a row is lost": (row_lost, {"range_missing", "file_mistold"}),
    "a row names no unit": (row_of_no_unit, {"range_unit"}),
    "a row has another size": (row_of_other_size, {"range_bytes"}),
    "a file is not closed": (file_open, {"file_not_closed"}),
    "entries have a gap": (entry_misnumbered, {"entry_gap"}),
    "a journal entry is lost":
        (journal_entry_lost, {"entry_without_journal", "message_without_entry", "public_ahead"}),
    "a case lost its entry": (case_entry_lost, {"journal_without_entry"}),
    "a message made nothing":
        (message_of_nothing, {"message_without_entry", "entry_without_message"}),
    "a message is lost": (message_lost, {"entry_without_message"}),
    "what is decided is listed": (listed_again, {"decided_and_listed"}),
    "findings are not handed out":
        (lambda made: made.drop("OutBucket", "/findings/"), {"findings_untold"}),
    "a file of findings is cut":
        (lambda made: made.rewrite("OutBucket", "/findings/", lambda data: data.split(b"\n", 1)[1]),
         {"findings_mistold"}),
    "findings of no unit": (
        lambda made: (
            made.rewrite("OutBucket", "/findings/", lambda data: data)
            or cast(
                "None",
                made.objects.put(made.outputs["OutBucket"], "out/acme/findings/x.jsonl", b""))),
        {"findings_of_nothing"}),
    "refusals of a message are not told": (
        lambda made: made.drop(
            "OutBucket", f"/messages/{DAY}/{made.unit('message', found=False)[0]}"),
        {"refusals_untold"}),
    "a file has no receipt":
        (lambda made: made.drop("OutBucket", f"/receipts/{made.file()}"), {"file_untold"}),
    "a file's receipt says something else":
        (lambda made: made.rewrite("OutBucket", f"/receipts/{made.file()}", lambda data:
             data.replace(b'"inspected": ', b'"inspected": 9')), {"file_mistold"}),
    "a statement is lost":
        (lambda made: made.drop("OutBucket", "/decisions/"), {"statement_missing"}),
    "the table is of yesterday": (receipts_of_a_message_lost, {"public_ahead"}),
    "a receipt is not published": (receipt_unpublished, {"public_behind"}),
    "a public line is another":
        (lambda made: made.rewrite("PublicBucket", f"journal/acme/{DAY}", lambda data:
             data.replace(b'"bytes":', b'"bytes":1', 1)), {"public_other", "recount"}),
    "a published number is another":
        (lambda made: made.rewrite("PublicBucket", f"summaries/acme/{DAY}.json", lambda data:
             data.replace(b'"units":', b'"units":1', 1)), {"recount"}),
    "a page is lost":
        (lambda made: made.drop("PublicBucket", f"summaries/acme/{DAY}.html"), {"page_missing"}),
}  # fmt: skip


def drawn_row_lost(made: Deployed) -> None:
    made.remove("T#acme", next(sk for sk in made.table["T#acme"] if sk.startswith("drawn#")))


def drawn_finding_lost(made: Deployed) -> None:
    made.remove(f"C#{made.finding()}", "finding")


def adoption_lost(made: Deployed) -> None:
    """Somebody puts the set before the adoption in force, and deletes the one that has it."""
    pointer = json.loads(made.objects.get(made.outputs["PublicBucket"], "sets/current.json") or b"")
    made.drop("PublicBucket", f"sets/{pointer['set']}")
    before = json.dumps(pointer["earlier"][0]).encode()
    made.rewrite("PublicBucket", "sets/current.json", lambda _: before)


TRIAL_FAULTS: dict[str, tuple[Callable[[Deployed], None], set[str]]] = {
    "a drawn finding without its row": (drawn_row_lost, {"drawn_unlisted"}),
    "a row without its finding": (drawn_finding_lost, {"drawn_of_nothing", "finding_missing"}),
    "an adoption in no set": (adoption_lost, {"adoption_unheard"}),
}
