"""The scripted month as a year: statements, the harmonised report, and the proof of its numbers."""

import csv
import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from month.faulty import FAULTS, seed
from month.lived import PACKS, STACK, Month
from month.plan import PROVIDER, Message

from dsa.report_entries import PARTS, file_name
from ledger.cases import case_id
from terang.cli import main

TEMPLATE = Path(__file__).parents[3] / "shared/data/dsa/report-template"
ABOUT = """\
name: Acme Chat
published: 2027-02-20
qualitative:
  summary: Moderators look at what published rules point out, and remove, disable or label it.
"""

type Table = list[list[str]]

pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Year:
    """After the year: the out bucket, and the report that the command wrote."""

    month: Month
    out: Path
    report: Path

    @property
    def statements(self) -> Path:
        """The batches for the transparency database."""
        return self.out / "statements"

    def table(self, part: int) -> Table:
        return table(self.report / file_name(part))

    def sent(self, kind: str) -> list[Message]:
        """The script's messages of a type, each once."""
        return [message for message in self.month.life.counted if message["type"] == kind]

    def measures(self) -> list[Message]:
        return [decision for decision in self.sent("decision") if "measures" in decision]

    def own_initiative(self) -> list[Message]:
        """Measures that no notice asked for."""
        return [measure for measure in self.measures() if "notice" not in measure]


@pytest.fixture(scope="module")
def year(month: Month) -> Year:
    """Publish finds the year over; then the provider has its report written with its own words.
    From what publish left in the out bucket, or, in the full month, from the stack day by day."""
    life = month.life
    life.begin("2027-01-02")
    life.deployed.publish({})
    out, report, about = (month.folder / name for name in ("out", "report", "about.yaml"))
    for folder in (out, report):
        shutil.rmtree(folder, ignore_errors=True)
    life.deployed.copy(life.deployed.outputs["OutBucket"], f"out/{PROVIDER}/", out)
    made = Year(month, out / f"out/{PROVIDER}", report)
    about.write_text(ABOUT)
    words = ["report", "--period", "2026", "--out", str(report), "--about", str(about)]
    if month.full:
        assert from_stack(month, words) == 0
    else:
        assert main([*words, "--ledger", str(made.out / "reports/2026/ledger.jsonl")]) == 0
    return made


def from_stack(month: Month, words: list[str]) -> int:
    with pytest.MonkeyPatch.context() as patched:
        for name, value in month.life.deployed.stack.environment().items():
            patched.setenv(name, value)
        return main([*words, "--provider", PROVIDER, "--stack", STACK])


def table(path: Path) -> Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def spread(hours: list[float]) -> str:
    """The median as the report writes it."""
    return f"{round(median(hours), 4):.4f}".rstrip("0").rstrip(".")


def hours(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds() / 3600


def test_the_numbers_of_the_parts_are_those_of_the_script(year: Year) -> None:
    """Counted from the sent messages, by the meaning of the template's columns."""
    orders = [order for order in year.sent("order") if "follows" not in order]
    act, inform = (
        [order for order in orders if order["kind"] == kind] for kind in ("act", "inform")
    )
    total = year.table(3)[1]
    assert total[6:8] == [str(len(act)), str(sum(one["items"] for one in act))]
    assert total[10] == str(len(inform))
    notices = year.sent("notice")
    trusted = [notice for notice in notices if notice["trusted_flagger"]]
    items = [sum(one["items"] for one in some) for some in (notices, trusted)]
    total = year.table(4)[1]
    assert total[5:9] == [str(one) for one in (len(notices), len(trusted), *items)]
    received = {notice["id"]: notice["received_at"] for notice in notices}
    answers = [decision for decision in year.sent("decision") if "notice" in decision]
    answers = [answer for answer in answers if answer["verdict"] != "skipped"]
    waited = [hours(received[answer["notice"]], answer["decided_at"]) for answer in answers]
    assert total[9] == spread(waited)
    total = year.table(5)[1]
    assert total[5:7] == [str(len(year.own_initiative()))] * 2
    seen = Counter(
        code for measure in year.own_initiative() for code in measure["measures"]["visibility"]
    )
    codes = [f"DECISION_VISIBILITY_CONTENT_{one}" for one in ("REMOVED", "DISABLED", "LABELLED")]
    assert [total[place] for place in (7, 8, 12)] == [str(seen[code]) for code in codes]
    assert total[19] == str(
        sum("account" in measure["measures"] for measure in year.own_initiative())
    )
    assert [row[5] for row in year.table(6)[1:]] == ["0"] * 98


def test_complaints_and_disputes_are_those_of_the_script(year: Year) -> None:
    said = {(row[4].strip(), row[5]): row[6] for row in year.table(7)}
    for kind, words in (("complaint", "complaints submitted"), ("dispute", "disputes submitted")):
        indicator = next(one for one, _ in said if words in one)
        ended = [outcome for outcome in year.sent("outcome") if kind in outcome]
        counted = Counter(one["outcome"] for one in ended)
        assert said[indicator, "Total number"] == str(len(year.sent(kind)))
        assert said[indicator, "Decisions upheld"] == str(counted["upheld"])
        assert said[indicator, "Decisions partially reversed"] == str(counted["partly_reversed"])
        assert said[indicator, "Decisions reversed"] == str(counted["reversed"])
        assert said[indicator, "Decision omitted"] == str(counted["omitted"])
        came = {contest["id"]: contest["received_at"] for contest in year.sent(kind)}
        decided = [one for one in ended if one["outcome"] != "omitted"]
        waited = [hours(came[one[kind]], one["decided_at"]) for one in decided]
        assert said[indicator, "Median time"] == spread(waited)


def test_part_eight_says_what_the_summary_says(year: Year) -> None:
    """All of the year was found, decided and audited in one month: both must be the same."""
    said = {row[4].strip(): row[6] for row in year.table(8) if row[5] == "Total number"}
    (cohort,) = year.month.summary["standing"]["cohorts"]
    means = "Accuracy of the automated means - "
    assert float(said[f"{means}Recall"]) == cohort["strata"]["all"]["recall"]["share"]
    low, high = (cohort["strata"]["all"]["recall"][end] for end in ("low", "high"))
    contexts = {row[4].strip(): row[7] for row in year.table(8) if row[5] == "Total number"}
    assert f"95 % interval {low:.2f} to {high:.2f}" in contexts[f"{means}Recall"]
    tallies = cohort["errors"]["by_rule"].values()
    right = sum(round(tally["precision"] * tally["decided"]) for tally in tallies)
    assert float(said[f"{means}Precision"]) == pytest.approx(
        right / sum(tally["decided"] for tally in tallies), abs=0.0001
    )
    assert said["Number of measures not taken by automated means"] == str(len(year.measures()))


@pytest.mark.skipif(not TEMPLATE.exists(), reason="the Commission's blank files are not here")
def test_headers_and_first_two_columns_are_the_blanks(year: Year) -> None:
    """Part 3 has the block of a Member State once in the blank, and here for each of the 27."""
    for part in PARTS:
        blank, ours = table(TEMPLATE / file_name(part)), year.table(part)
        assert ours[0] == blank[0]
        ours = [row for n, row in enumerate(ours) if part != 3 or n <= len(blank) - 1]
        assert [row[:2] for row in ours] == [row[:2] for row in blank], part
    assert len(year.table(3)) == 92 + 27 * 90


def test_every_number_is_proved_and_a_changed_one_is_refused(year: Year, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(["report", "check", str(year.report)]) == 0
    assert ", 0 differ" in capsys.readouterr().out
    copy = shutil.copytree(year.report, tmp_path / "copy")
    path = copy / file_name(5)
    rows = table(path)
    rows[1][7] = str(int(rows[1][7]) + 1)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert main(["report", "check", str(copy)]) == 1
    said = capsys.readouterr().out
    assert f"{path.name}: row 1, 'Visibility restriction Removal': " in said
    assert f"written {rows[1][7]}, proved {int(rows[1][7]) - 1}" in said


def test_a_cell_leads_to_its_cases(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    """From the number of removals to decisions, and from these to their findings."""
    assert main(["report", "check", str(year.report), "--cell", "5:1:H"]) == 0
    first, *ids = capsys.readouterr().out.splitlines()
    removed = [
        case_id("decision", PROVIDER, measure["id"])
        for measure in year.own_initiative()
        if "DECISION_VISIBILITY_CONTENT_REMOVED" in measure["measures"]["visibility"]
    ]
    assert sorted(ids) == sorted(removed)
    assert first == f"Visibility restriction Removal: {len(ids)} = count of {len(ids)}"
    case = year.month.life.deployed.store.case(ids[0])
    assert {entry.journal_entry.entry for entry in case.entries} >= {ids[0]}


def test_what_publish_wrote_and_what_the_command_wrote_are_the_same(year: Year) -> None:
    """Apart from part 1 and 11, in which the provider speaks."""
    published = year.out / "reports/2026"
    same = [file_name(part) for part in range(2, 11)] + ["ledger.jsonl", "cells.jsonl"]
    for name in (*same, "TCO_Art_7_3.csv"):
        assert (published / name).read_bytes() == (year.report / name).read_bytes(), name
    assert table(published / file_name(1))[2][3] == "2027-01-02"
    assert (year.report / file_name(1)).read_text().count("Acme Chat") == 1


def test_the_ledger_is_read_from_a_stack(year: Year, tmp_path: Path) -> None:
    """Of the days of the script alone: a year's worth of empty ones takes its time."""
    days = year.month.life.plan.size.days
    words = ["report", "--period", f"{days[0]}/2026-12-01", "--out", str(tmp_path / "report")]
    assert from_stack(year.month, words) == 0
    read, written = (folder.joinpath("ledger.jsonl").read_bytes().splitlines()[1:]
                     for folder in (tmp_path / "report", year.report))  # fmt: skip
    assert read == written
    assert len(read) > len(year.measures())


def test_the_report_has_no_problem(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "lint", str(year.report)]) == 0
    assert capsys.readouterr().out == "0 problems\n"


def test_each_measure_has_a_sound_statement(year: Year, capsys: pytest.CaptureFixture[str]) -> None:
    stated = [one["puid"] for _, one in in_batches(year.statements)]
    measures = [case_id("decision", PROVIDER, measure["id"]) for measure in year.measures()]
    assert sorted(stated) == sorted(measures)
    assert lint(year.statements, capsys) == (0, [])


def test_each_fault_is_named_and_nothing_else(year: Year, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A copy with faults, each of another code and in a statement of its own."""
    copy = shutil.copytree(year.statements, tmp_path / "statements")
    wanted = seed(copy)
    code, told = lint(copy, capsys)
    assert code == 1
    assert [(one["puid"], one["field"], one["code"]) for one in told] == wanted
    assert len({one["code"] for one in told}) == len(FAULTS)


def lint(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    words = ["statements", "lint", str(folder), "--json", "--packs", str(PACKS)]
    code = main([*words, "--today", "2027-01-02"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def in_batches(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """All statements with the batch that each lies in."""
    return [(path, statement)
            for path in sorted(folder.glob("*.json"))
            for statement in json.loads(path.read_bytes())["statements"]]  # fmt: skip
