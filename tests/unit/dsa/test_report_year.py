"""`terang report --year`: the form that is kept, and what stands against publishing."""

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
import yaml
from support.desk_world import MemoryDesk, Visitor
from support.report_ledger_samples import year
from support.sample_messages import SENT

from dsa.indicators import About, Qualitative
from dsa.report import LEDGER, Period, Report, report_files
from dsa.report_entries import Entries
from terang.cli import main
from terang.submission import FORM, not_ready, read_about, write_report

PERIOD, AFTER = Period.year(2026), date(2027, 1, 10)
TEXTS = Qualitative(**dict.fromkeys(Qualitative.__struct_fields__, "Ours."))
ABOUT = About(
    name="Acme Chat B.V.", service="Acme Chat", published=date(2027, 2, 20), qualitative=TEXTS,
    other="What nobody named.",
)  # fmt: skip


def written(folder: Path, about: About) -> Path:
    files = report_files(Report(PERIOD, Entries.of(year()), {"2026-03": 5_000}, about), "acme")
    write_report(folder, files, about)
    return folder


def problems(folder: Path, about: About, today: date = AFTER) -> list[str]:
    return [problem.partition(":")[0] for problem in not_ready(folder, about, PERIOD, today)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"), ABOUT)


def test_a_report_whose_form_is_filled_in_is_ready(folder: Path) -> None:
    assert problems(folder, ABOUT) == []


@pytest.mark.parametrize(("changes", "said"), [
    ({"name": ""}, "name"), ({"service": ""}, "service"), ({"published": None}, "published"),
    ({"published": date(2026, 12, 31)}, "published"),
    ({"qualitative": msgspec.structs.replace(TEXTS, safeguards=" ")}, "qualitative.safeguards"),
])  # fmt: skip
def test_what_a_person_owes_is_named(folder: Path, changes: dict[str, object], said: str) -> None:
    assert problems(folder, msgspec.structs.replace(ABOUT, **changes)) == [said]


def test_a_year_that_is_not_over_is_not_ready(folder: Path) -> None:
    assert problems(folder, ABOUT, date(2026, 12, 31)) == ["the period is not over"]


def test_an_other_that_nobody_described_needs_its_context(folder: Path, tmp_path: Path) -> None:
    silent = msgspec.structs.replace(ABOUT, other="")
    assert set(problems(written(tmp_path, silent), silent)) == {"other"}
    rows = "\n".join(file.read_text("utf-8") for file in folder.glob("Part_[3-6]_*")).splitlines()
    undescribed = [row for row in rows if "Not specified further." in row]
    assert undescribed
    assert all("What nobody named." in row for row in undescribed)


def test_a_corrected_version_needs_its_reason(tmp_path: Path) -> None:
    written(tmp_path, ABOUT)
    again = msgspec.structs.replace(ABOUT, name="Acme Chat GmbH")
    assert problems(written(tmp_path, again), again) == ["correction"]
    told = msgspec.structs.replace(again, correction="The company was renamed.")
    assert problems(tmp_path, told) == []


def test_a_draft_of_a_correction_is_compared_with_what_was_published(tmp_path: Path) -> None:
    written(tmp_path, ABOUT)
    for name in ("Acme Chat Ltd", "Acme Chat GmbH"):
        written(tmp_path, msgspec.structs.replace(ABOUT, name=name))
        (tmp_path / "not-ready.txt").touch()
    assert [path.name for path in tmp_path.glob("r[0-9]")] == ["r1"]
    corrections = (tmp_path / "corrections.csv").read_text("utf-8")
    assert "Acme Chat B.V.,Acme Chat GmbH" in corrections
    assert "Ltd" not in corrections


def test_a_changed_number_stands_against_it(folder: Path, tmp_path: Path) -> None:
    copy = written(tmp_path, ABOUT)
    part = copy / "Part_7_appeals_and_recidivism.csv"
    part.write_bytes(re.sub(rb",\d+,", b",9999,", part.read_bytes(), count=1))
    assert problems(copy, ABOUT)
    assert problems(folder, ABOUT) == []


def test_the_form_asks_for_every_field_and_answers_none() -> None:
    form = FORM.read_text("utf-8")
    for field in (*About.__struct_fields__, *Qualitative.__struct_fields__):
        assert re.search(rf"^ *(# )?{field}:", form, re.MULTILINE), field
    assert read_about(FORM) == About()
    filled = yaml.safe_load(re.sub(r"^( *)# (\w+: )", r"\1\2", form, flags=re.MULTILINE))
    assert filled.keys() == set(About.__struct_fields__)


def test_the_command_keeps_one_form_and_says_when_all_is_ready(tmp_path: Path, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    about, out, ledger = tmp_path / "about.yaml", tmp_path / "out", tmp_path / LEDGER
    ledger.write_bytes((folder / LEDGER).read_bytes().replace(b"2026-", b"2025-"))
    words = ["report", "--ledger", str(ledger), "--year", "2025", "--out", str(out)]
    words += ["--about", str(about)]
    assert main(words) == 1
    assert about.read_bytes() == FORM.read_bytes()
    said = capsys.readouterr().out
    assert "qualitative.summary: write it in the form" in said
    assert re.search(r"not ready: \d+\n$", said)
    assert f"{len(said.splitlines()) - 1}" in said.splitlines()[-1]
    own = msgspec.to_builtins(ABOUT)
    about.write_text(yaml.safe_dump(own), "utf-8")
    assert main(words) == 0  # a draft is no earlier version
    assert not [*out.glob("r[0-9]"), *out.glob("corrections.csv"), *out.glob("not-ready.txt")]
    assert capsys.readouterr().out.endswith("ready to publish\n")
    assert yaml.safe_load(about.read_text("utf-8")) == own


@pytest.mark.parametrize(("moment", "day"), [
    ("2026-10-31", ""), ("2026-11-01", "28 February 2027"), ("2027-01-01", "28 February 2027"),
    ("2027-02-28", "28 February 2027"), ("2027-03-01", ""), ("2029-02-01", "28 February 2029"),
])  # fmt: skip
def test_the_leads_page_shows_when_the_report_is_due(moment: str, day: str) -> None:
    desk = MemoryDesk([], SENT.fromisoformat(f"{moment}T12:00:00Z"))
    page = Visitor(desk, role="lead").get("/lead")["body"]
    assert ("is to be published by" in page) is bool(day)
    assert day in page
    assert ("report of 20" in page) is bool(day)
