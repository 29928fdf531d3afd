"""Reports, their workbook and notices to authors: a stranger's words stay words in them."""

import csv
import io
import re
import zipfile
from functools import cache
from xml.etree import ElementTree

import msgspec
import pytest
from support.hostile import FORMULA, HOSTILE, OBEYED
from support.memory_cases import MemoryCases, finding
from support.report_ledger_samples import year
from support.sample_messages import decision

from dsa.indicators import About, Qualitative
from dsa.report import Period, Report, report_files
from dsa.report_entries import Entries
from dsa.statement import NOTICE_LANGUAGES
from ledger.cases import case_id
from ledger.keys import author_notice_key

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@cache
def report(word: str) -> dict[str, bytes]:
    """A report in which everything that somebody can word is this."""
    entries = [
        msgspec.structs.replace(one, other=word, authority=word, ground=word) for one in year()
    ]
    texts = Qualitative(**dict.fromkeys(Qualitative.__struct_fields__, word))
    about = About(name=word, service=word, correction=word, qualitative=texts)
    reporting = Report(Period.year(2026), Entries.of(entries), {"2026-11": 20_000}, about)
    return report_files(reporting, "acme")


@pytest.fixture(scope="module")
def harmless() -> dict[str, bytes]:
    return report("harmless")


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_no_cell_of_a_report_is_more_than_a_text(word: str, harmless: dict[str, bytes]) -> None:
    files = report(word)
    for name in (one for one in files if one.endswith(".csv")):
        rows, plain = (table(one[name]) for one in (files, harmless))
        assert [len(row) for row in rows] == [len(row) for row in plain], name
        cells = [cell for row in rows for cell in row if not number(cell)]
        assert [cell for cell in cells if FORMULA.match(cell) or OBEYED.search(cell)] == []
    assert sum(data.count(b"harmless") for data in harmless.values()) > 20


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
def test_the_workbook_holds_texts_and_numbers_and_no_formula(word: str) -> None:
    """And no link, which opening a cell would follow; and it is XML, whatever the word."""
    with zipfile.ZipFile(io.BytesIO(report(word)["report.xlsx"])) as book:
        parts = {name: book.read(name) for name in book.namelist() if name.endswith(".xml")}
    for name, data in parts.items():
        assert not NOT_IN_XML.search(data.decode()), name
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(data).iter()}
        assert tags.isdisjoint({"f", "hyperlink", "externalReference", "ddeLink"}), name


@pytest.mark.parametrize("word", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("language", NOTICE_LANGUAGES)
def test_a_notice_has_the_lines_of_its_template(language: str, word: str) -> None:
    """An id of several lines writes none of its own; nothing in it is obeyed."""
    notices = []
    for post in ("harmless", word):
        cases = MemoryCases()
        one = finding(1, post=post, url=f"https://chat.example/{post}")
        cases.find(one)
        cases.decide(decision(one.finding))
        key = author_notice_key("acme", case_id("decision", "acme", "d-1"), language)
        notices.append(cases.files[key].decode())
    harmless_notice, notice = notices
    assert OBEYED.findall(notice) == []
    assert "\r" not in notice
    assert len(notice.split("\n")) == len(harmless_notice.split("\n"))


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None
