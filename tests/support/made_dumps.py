"""Made dumps of the Transparency Database, the report that fits them, and faults to put in. `python
-m support.made_dumps ROWS FILE` writes a dump as large as you like. Every text is invented."""

import csv
import io
import json
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from support.written_report import put, table

from dsa.indicators import About
from dsa.report import Period, Report, report_files
from dsa.report_entries import RESTRICTIONS, Entries, file_name
from ledger.codes import CATEGORIES, EU

HEADER = (Path(__file__).parent / "dump_header.csv").read_text("utf-8").strip().split(",")
LAW, TERMS = "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
YEAR = date(2026, 1, 1)

type Row = dict[str, str]


def array(*codes: str) -> str:
    return json.dumps(sorted(codes), separators=(",", ":"))


def made_rows(seed: int, size: int) -> list[Row]:
    """Statements about which there is nothing to ask."""
    chance = random.Random(seed)
    return [made_row(chance, number) for number in range(size)]


def made_row(chance: random.Random, number: int) -> Row:
    by_law = chance.random() < 0.4
    categories = [name for name in CATEGORIES if not name.startswith("NOT_SPECIFIED")]
    category = chance.choice(
        [name for name in categories if name != "OTHER_VIOLATION_TC" or not by_law]
    )
    keyword = chance.choice([name for name in CATEGORIES[category] if name != "OTHER"])
    applied = YEAR + timedelta(days=chance.randrange(365))
    source = chance.choices(
        ["SOURCE_VOLUNTARY", "SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER"], [70, 20, 10]
    )[0]
    detected = source == "SOURCE_VOLUNTARY" and chance.random() < 0.8
    degrees = (
        ["FULLY", "PARTIALLY", "NOT_AUTOMATED"] if detected else ["PARTIALLY", "NOT_AUTOMATED"]
    )
    row = dict.fromkeys(HEADER, "") | {
        "uuid": str(UUID(int=chance.getrandbits(128), version=4)),
        "decision_ground": LAW if by_law else TERMS,
        "category": f"STATEMENT_CATEGORY_{category}",
        "category_addition": "[]",
        "category_specification": array(f"KEYWORD_{keyword}"),
        "content_type": array(f"CONTENT_TYPE_{chance.choice(['TEXT', 'IMAGE', 'VIDEO'])}"),
        "content_language": chance.choice(["DE", "FR", "ID", ""]),
        "content_date": f"{applied - timedelta(days=chance.randrange(30))} 00:00:00",
        "application_date": f"{applied} 00:00:00",
        "territorial_scope": array(
            *(sorted(EU) if chance.random() < 0.7 else chance.sample(sorted(EU), 3))
        ),
        "decision_facts": f"An invented post, number {number}, asks for codes,\nas a person read.",
        "source_type": source,
        "source_identity": "An invented notifier" if source == "SOURCE_TRUSTED_FLAGGER" else "",
        "automated_detection": "Yes" if detected else "No",
        "automated_decision": f"AUTOMATED_DECISION_{chance.choice(degrees)}",
        "platform_name": "Invented Store",
        "platform_uid": f"made-{number}",
        "created_at": f"{applied + timedelta(days=chance.randrange(3))} 08:30:00",
    }
    kind = "illegal_content" if by_law else "incompatible_content"
    row[f"{kind}_legal_ground" if by_law else f"{kind}_ground"] = chance.choice(
        ["Art. 5", '4.2, "Trade"']
    )
    row[f"{kind}_explanation"] = (
        f"It asks its readers, {chance.choice(['often', 'once'])}, for codes."
    )
    if chance.random() < 0.1:
        row["decision_account"] = "DECISION_ACCOUNT_SUSPENDED"
        row["end_date_account_restriction"] = f"{applied + timedelta(days=14)} 00:00:00"
    else:
        shown = chance.choice(["CONTENT_REMOVED", "CONTENT_DISABLED", "CONTENT_LABELLED"])
        row["decision_visibility"] = array(f"DECISION_VISIBILITY_{shown}")
    return row


def text_of(rows: Iterable[Row], header: list[str] = HEADER) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def report_of(rows: Iterable[Row]) -> dict[str, bytes]:
    """The harmonised report that fits the statements, counted without the code under test."""
    files = report_files(Report(Period.year(2026), Entries.of([]), {}, About()), "acme")
    counts = Counter(one for row in rows for one in counted(row))
    for part in (4, 5, 6):
        cells, category = table(files[file_name(part)]), ""
        for line in cells[1:]:
            category = line[3] if line[3].startswith("STATEMENT") else category
            name = f"{category}/{line[3]}" if line[3].startswith("KEYWORD") else line[3]
            for place in (5, 6, 7, 8, 11, 12, 13, 14) if part == 4 else range(5, 21):
                line[place] = str(counts[part, name, chr(ord("A") + place)])
        files[file_name(part)] = written(cells)
    cells = table(files[file_name(8)])
    for line in cells[1:]:
        name = f"{line[4].strip()}/{line[5].strip()}"
        if line[4].startswith("Number of measures") and line[0] == "All":
            line[6] = str(counts[8, name, "G"])
    files[file_name(8)] = written(cells)
    return files


def counted(row: Row) -> Iterator[tuple[int, str, str]]:
    """The cells of the report in which a statement counts: part, row, column."""
    [keyword] = json.loads(row["category_specification"])
    names = ["TOTAL", row["category"], f"{row['category']}/{keyword}"]
    is_own, is_law = row["source_type"] == "SOURCE_VOLUNTARY", row["decision_ground"] == LAW
    only_terms = "OTHER_VIOLATION" in row["category"]
    if is_own:
        part, columns = (5 if is_law and not only_terms else 6), ["F", *restricted(row)]
        columns += ["G"] * (row["automated_detection"] == "Yes")
    else:
        part, columns = 4, ["F", "H", "L" if is_law else "N"]
        if row["source_type"] == "SOURCE_TRUSTED_FLAGGER":
            columns += [chr(ord(column) + 1) for column in columns]
        if only_terms:
            names[1:] = ["STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"]
    yield from ((part, name, column) for name in names for column in columns)
    how = "solely" if row["automated_decision"] == "AUTOMATED_DECISION_FULLY" else "not"
    for scope in ("Total number", "Own-initiative")[: 1 + is_own]:
        yield 8, f"Number of measures {how} taken by automated means/{scope}", "G"


def restricted(row: Row) -> Iterator[str]:
    done = {*json.loads(row["decision_visibility"] or "[]"), row["decision_account"],
            row["decision_monetary"], row["decision_provision"]}  # fmt: skip
    yield from (
        letter for letter, codes in zip("HIJKLMNOPQRSTU", RESTRICTIONS, strict=True) if codes & done
    )


def written(cells: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells)
    return text.getvalue().encode()


ONE = 0.05
"""The share of statements that a fault of single statements is put into."""

FAULTS_OF_ROWS: dict[str, Callable[[Row], Row]] = {
    "before_content": lambda row: {"content_date": f"{day(row) + timedelta(days=9)} 00:00:00"},
    "after_dump": lambda row: {"created_at": f"{day(row) - timedelta(days=1)} 09:00:00",
                               "content_date": "2025-12-01"},
    "content_after_dump": lambda row: {"content_date": "2027-03-01 00:00:00"},
    "end_before_start": lambda row: {
        "decision_account": "DECISION_ACCOUNT_SUSPENDED",
        "end_date_account_restriction": str(day(row) - timedelta(days=2))},
    "end_of_nothing": lambda row: {"end_date_monetary_restriction": "2027-01-01 00:00:00"},
    "ended_termination": lambda row: {"decision_account": "DECISION_ACCOUNT_TERMINATED",
                                      "end_date_account_restriction": "2027-01-01"},
    "no_restriction": lambda row: {"decision_visibility": "[]", "decision_account": "",
                                   "end_date_account_restriction": ""},
    "law_unnamed": lambda row: {"decision_ground": LAW, "illegal_content_legal_ground": ""},
    "law_unexplained": lambda row: {"decision_ground": LAW, "illegal_content_explanation": ""},
    "terms_unnamed": lambda row: {"decision_ground": TERMS, "incompatible_content_ground": ""},
    "terms_unexplained": lambda row: {"decision_ground": TERMS,
                                      "incompatible_content_explanation": ""},
    "terms_category_on_law": lambda row: {"decision_ground": LAW,
                                          "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"},
    "notice_without_notice": lambda row: {"source_type": "SOURCE_VOLUNTARY",
                                          "category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"},
    "identity_without_notice": lambda row: {"source_type": "SOURCE_VOLUNTARY",
                                            "source_identity": "An invented notifier"},
    "automated_undetected": lambda row: {
        "source_type": "SOURCE_VOLUNTARY", "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_FULLY"},
    "other_undescribed": lambda row: {"content_type": array("CONTENT_TYPE_OTHER")},
    "keyword_undescribed": lambda row: {"category_specification": array("KEYWORD_OTHER")},
    "no_territory": lambda row: {"territorial_scope": "[]"},
    "no_day": lambda row: {"content_date": ""},
    "no_facts": lambda row: {"decision_facts": ""},
    "field_absent": lambda row: {"source_type": ""},
    "made_late": lambda row: {"created_at": f"{day(row) + timedelta(days=120)} 09:00:00"},
    "outside_period": lambda row: {"application_date": "2025-11-11 00:00:00",
                                   "content_date": "2025-11-10"},
    "unknown_ground": lambda row: {"decision_ground": "DECISION_GROUND_TASTE"},
    "unknown_category": lambda row: {"category": "STATEMENT_CATEGORY_PORNOGRAPHY"},
    "unknown_keyword": lambda row: {"category_specification": array("KEYWORD_MISINFORMATION")},
    "unknown_source": lambda row: {"source_type": "SOURCE_HEARSAY"},
    "unknown_detection": lambda row: {"automated_detection": "Perhaps"},
    "unknown_decision": lambda row: {"automated_decision": "AUTOMATED_DECISION_OFTEN"},
    "unknown_content_type": lambda row: {"content_type": array("CONTENT_TYPE_SMELL")},
    "unknown_territory": lambda row: {"territorial_scope": array("DE", "XX")},
    "unknown_language": lambda row: {"content_language": "de"},
    "unknown_visibility": lambda row: {"decision_visibility": array("DECISION_VISIBILITY_HIDDEN")},
    "keyword_of_other_category": lambda row: {"category": "STATEMENT_CATEGORY_SELF_HARM",
                                              "category_specification": array("KEYWORD_PHISHING")},
    "several_platforms": lambda row: {"platform_name": "Invented Shop"},
}  # fmt: skip
"""What a statement has instead, by the code of the question."""


def day(row: Row) -> date:
    return date.fromisoformat(row["application_date"][:10])


def only(field: str, *values: str) -> Callable[[list[Row]], list[Row]]:
    """Every statement has the first value; blanks stay blank where no value is given."""
    return lambda rows: [
        row | {field: values[0] if values else row[field] and "The same."} for row in rows
    ]


def flipped(rows: list[Row]) -> list[Row]:
    other = {"Yes": "No", "No": "Yes"}
    return [row | {"automated_detection": other[row["automated_detection"]]} for row in rows]


def turned(field: str, first: str, then: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row | {field: then if day(row).month > 5 else first} for row in rows]


def without(wrong: Callable[[Row], bool]) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [row for row in rows if not wrong(row)]


def twice(field: str) -> Callable[[list[Row]], list[Row]]:
    """A tenth of the statements have the number of the first one."""
    return lambda rows: [
        row | {field: rows[0][field]} if n % 10 == 0 else row for n, row in enumerate(rows)
    ]


def moved(**fields: str) -> Callable[[list[Row]], list[Row]]:
    """A fifth of the statements at own initiative have other values."""
    return lambda rows: [
        row | fields if n % 5 == 0 and row["source_type"] == "SOURCE_VOLUNTARY" else row
        for n, row in enumerate(rows)
    ]


FAULTS_OF_DUMPS: dict[str, Callable[[list[Row]], list[Row]]] = {
    "duplicate_uuid": twice("uuid"),
    "duplicate_puid": twice("platform_uid"),
    "constant_detection": only("automated_detection", "No"),
    "constant_decision": only("automated_decision", "AUTOMATED_DECISION_PARTIALLY"),
    "constant_category": only("category", "STATEMENT_CATEGORY_VIOLENCE"),
    "constant_ground": only("decision_ground", LAW),
    "constant_source": only("source_type", "SOURCE_VOLUNTARY"),
    "constant_territory": only("territorial_scope", array("DE")),
    "constant_content_type": only("content_type", array("CONTENT_TYPE_TEXT")),
    "constant_terms_explanation": only("incompatible_content_explanation"),
    "constant_law_explanation": only("illegal_content_explanation"),
    "constant_facts": only("decision_facts"),
    "detection_turns": turned("automated_detection", "Yes", "No"),
    "decision_turns": turned("automated_decision", "AUTOMATED_DECISION_NOT_AUTOMATED",
                             "AUTOMATED_DECISION_FULLY"),
    "detection_reversed": flipped,
    "territories_absent": lambda rows: [
        row | {"territorial_scope": row["territorial_scope"].replace('"MT"', '"DE"')}
        for row in rows],
    "days_absent": without(lambda row: row["application_date"][:7] == "2026-04"),
    "measures_differ": without(
        lambda row: row["source_type"] == "SOURCE_VOLUNTARY" and row["uuid"] < "5"),
    "categories_differ": moved(category="STATEMENT_CATEGORY_VIOLENCE"),
    "detection_differs": moved(automated_detection="No"),
    "restrictions_differ": moved(decision_visibility=array("DECISION_VISIBILITY_CONTENT_LABELLED")),
    "actions_differ": without(
        lambda row: row["source_type"] == "SOURCE_ARTICLE_16" and row["uuid"] < "5"),
    "flaggers_differ": lambda rows: [
        row | ({"source_type": "SOURCE_ARTICLE_16"} if "FLAGGER" in row["source_type"] else {})
        for row in rows],
    "solely_automated_differs": only("automated_decision", "AUTOMATED_DECISION_PARTIALLY"),
}  # fmt: skip
"""What becomes of all statements, by the code of the question."""


def cell(part: int, row: int, column: str, value: str) -> Callable[[dict[str, bytes]], None]:
    def put_in(files: dict[str, bytes]) -> None:
        cells = table(files[file_name(part)])
        cells[row][ord(column) - ord("A")] = value
        files[file_name(part)] = written(cells)

    return put_in


def no_part(files: dict[str, bytes]) -> None:
    del files[file_name(10)]


FAULTS_OF_REPORTS: dict[str, Callable[[dict[str, bytes]], None]] = {
    "sums_open": cell(5, 2, "J", "7"), "share_impossible": cell(8, 4, "G", "97.5"),
    "number_unreadable": cell(6, 1, "T", "1 234"), "form_changed": no_part,
    "detected_above_measures": cell(5, 1, "G", "99999"),
    "restrictions_below_measures": cell(6, 1, "F", "99999"),
    "flaggers_above_all": cell(4, 1, "G", "99999"), "actions_above_items": cell(4, 1, "H", "3"),
    "outcomes_above_complaints": cell(7, 2, "G", "17"), "automation_open": cell(8, 6, "G", "5"),
    "changed_without_note": cell(4, 1, "J", "12.5"),
}  # fmt: skip
"""What becomes of a report, by the code of the question."""

FAULTS = [*FAULTS_OF_ROWS, *FAULTS_OF_DUMPS, *FAULTS_OF_REPORTS]


def faulty_rows(rows: list[Row], fault: str, seed: int) -> list[Row]:
    chance = random.Random(seed)
    if fault in FAULTS_OF_ROWS:
        change = FAULTS_OF_ROWS[fault]
        return [row | change(row) if chance.random() < ONE else row for row in rows]
    return FAULTS_OF_DUMPS[fault](rows) if fault in FAULTS_OF_DUMPS else rows


def made(folder: Path, seed: int, size: int, fault: str = "") -> list[str]:
    """Write a dump and its report, with a fault if one is named; return the arguments for them."""
    rows = made_rows(seed, size)
    files = report_of(rows)
    put(folder / "earlier", files)
    if fault in FAULTS_OF_REPORTS:
        FAULTS_OF_REPORTS[fault](files)
    put(folder / "report", files)
    (folder / "dump.csv").write_bytes(text_of(faulty_rows(rows, fault, seed)))
    named = {"--report": "report", "--dump": "dump.csv", "--out": "out"}
    named |= {"--earlier": "earlier"} if fault == "changed_without_note" else {}
    return [word for name, path in named.items() for word in (name, str(folder / path))]


def packed(data: bytes, *names: str) -> bytes:
    """A zip of the data under the last name, in a zip for each name before it."""
    for name in reversed(names):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data = file.getvalue()
    return data


def write_large(path: Path, size: int) -> None:
    """Write a dump of any size: 20,000 statements again and again, each with numbers of its own."""
    rows = made_rows(1, min(size, 20_000))
    texts = [text_of([row]).decode().partition("\n")[2] for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADER) + "\n")
        for number in range(size):
            row, text = rows[number % len(rows)], texts[number % len(rows)]
            text = text.replace(row["uuid"], str(UUID(int=number * 0x9E3779B97F4A7C15 % 2**128)))
            file.write(text.replace(f",{row['platform_uid']},", f",made-{number},"))


if __name__ == "__main__":
    write_large(Path(sys.argv[2]), int(sys.argv[1]))
