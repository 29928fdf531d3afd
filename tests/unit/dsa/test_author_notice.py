"""The notice to an author says all that it must; a stranger's words stay words, in reports too."""

import io
import json
import re
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec import structs
from support.case_world import CaseWorld, finding
from support.hostile import FORMULA, HOSTILE, OBEYED
from support.report_ledger_samples import year
from support.sample_messages import complaint, decision, notice, outcome
from support.sample_posts import pack
from support.written_report import table

from dsa import statement
from dsa.indicators import About, Qualitative
from dsa.report import Period, Report, report_files
from dsa.report_entries import Entries
from dsa.statement import NOTICE_LANGUAGES
from ledger.cases import case_id
from ledger.codes import AccountMeasure, Monetary, Provision, Visibility
from ledger.findings import FoundSpan
from ledger.keys import author_notice_key
from ledger.number_store import NUMBERS
from ledger.numbers import number_of
from rules.pack import Pack, Translation
from terang import ROOT

F1, F2 = finding(1).finding, finding(2).finding
EVERYTHING = {"visibility": [str(one) for one in Visibility],
    "visibility_other": "Shown without its picture", "monetary": str(Monetary.TERMINATION),
    "provision": str(Provision.PARTIAL_SUSPENSION), "provision_until": "2026-12-01",
    "account": str(AccountMeasure.SUSPENDED), "account_until": "2026-12-25"}  # fmt: skip


KEY = bytes(32)
NUMBER = number_of(KEY, case_id("decision", "acme", "d-1"))


def told(language: str, *messages: dict[str, Any], about: str = "decision/d-1") -> str:
    """The notice of the decision `d-1`, or of another message, after these messages."""
    cases = CaseWorld()
    cases.store.table.put(NUMBERS, "key", key=KEY)
    cases.find(finding(1, url="https://chat.example/1"), finding(2, rule="asks-for-more"))
    cases.decide(*messages)
    kind, _, message = about.partition("/")
    return cases.files[author_notice_key("acme", case_id(kind, "acme", message), language)].decode()


@pytest.mark.parametrize("language", NOTICE_LANGUAGES)
def test_every_language_says_all_that_the_law_requires(language: str) -> None:
    text = told(language, decision(F1, F2, scope=["DE", "NL"], measures=EVERYTHING))
    for said in (
        *("2026-11-25", "https://chat.example/1", "It asks readers for a one-time code."),
        *("A provision", "https://law.example/1", "codes/3/asks-for-code"),
        *("https://terang.example/packs/codes/3.html#asks-for-code", "2026-12-25", "2027-05-25"),
        *("https://terang.example/packs/codes/3.html#asks-for-more", "NL", NUMBER),
        *("Shown without its picture", "\nhttps://ask.example/object\n"),
        f"https://terang.example/authors{'' if language == 'en' else f'.{language}'}.html",
    ):
        assert said in text, said
    assert text.count("\n- ") == 7 + 3 + 2, "a line for each measure and each rule"


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("A person decided this,", "A program found it", "another person", "removed")),
    ("id", ("oleh seorang manusia,", "Sebuah program menemukannya", "orang lain", "dihapus")),
    ("zh", ("由人工作出，", "程序", "另一个人", "已被删除")),
])  # fmt: skip
def test_a_person_decided_and_another_looks_again(language: str, words: tuple[str, ...]) -> None:
    text = told(language, decision(F1)).lower()
    assert all(word.lower() in text for word in words)


@pytest.mark.parametrize(("language", "reported", "own", "machine"), [
    ("en", "Somebody reported it: a trusted flagger.", "of its own accord.", "program"),
    ("id", "pelapor tepercaya", "atas prakarsa sendiri.", "program"),
    ("zh", "可信举报者", "主动查看了该帖子。", "程序"),
])  # fmt: skip
def test_what_people_saw_is_no_machine_finding(language: str, reported: str, own: str,
                                               machine: str) -> None:  # fmt: skip
    ground = {"ground": "illegal", "ground_text": "A provision"}
    flagged = told(language, notice(trusted_flagger=True), decision(notice="n-1", **ground))
    about = {"post": "1", "category": "SCAMS_AND_FRAUD", "findings": ...}
    alone = told(language, decision(**about, **ground))
    for text, said, other in ((flagged, reported, own), (alone, own, reported)):
        assert said in text
        assert other not in text
        assert machine not in text
        assert "\n1\n" in text, "the post that it is about"


def test_a_whole_notice_on_a_finding_that_was_reported_too() -> None:
    messages = notice(), decision(F1, notice="n-1", reason_language="en")
    assert (
        told("en", *messages)
        == f"""A decision about your post

WHAT WAS DONE
- Your post was removed.
It was done on 2026-11-25 and holds in: DE, NL.

WHICH POST
1
https://chat.example/1

WHY
It asks readers for a one-time code.
It was found to be against the law: A provision.
https://law.example/1
These reasons are in the words of the provider.

HOW IT CAME TO NOTICE
A program found it by this published rule:
- Theft of one-time codes: Asks for a code. (codes/3/asks-for-code)
  https://terang.example/packs/codes/3.html#asks-for-code
Somebody reported it.

WHO DECIDED
A person decided this, on 2026-11-25.

IF YOU DO NOT AGREE
Until 2027-05-25 you can complain to the provider, free of charge:
https://ask.example/object
Another person will then look at it.
You can also turn to a certified body for settling disputes out of court, or go to court.
What such a notice means, and how to contest it: https://terang.example/authors.html
The number of this decision: {NUMBER}
With it you complain, and see how far your complaint is. Keep it to yourself.
"""
    )


@pytest.mark.parametrize("language", NOTICE_LANGUAGES)
def test_what_a_score_is_the_sum_of_is_named(language: str) -> None:
    spans = (FoundSpan("text", 0, 3, "otp", (), 4), FoundSpan("text", 4, 9, "{link}", (), 5))
    cases = CaseWorld()
    cases.find(finding(1, spans=spans, score=9, threshold=8))
    cases.decide(decision(F1))
    text = cases.files[author_notice_key("acme", case_id("decision", "acme", "d-1"), language)]
    [line] = [line for line in text.decode().splitlines() if "{link} +5" in line]
    assert "otp +4" in line
    assert " 9" in line
    assert " 8" in line


LABELLED = {"visibility": [str(Visibility.CONTENT_LABELLED)]}


def words_of(language: str) -> str:
    path = Path(statement.__file__).parent / f"templates/words.{language}.txt"
    return path.read_text("utf-8")


ENDS = {"en": ("The decision was changed in part.", "It was an advert.", "(DSA, Art. 21)"),
    "id": ("Keputusan diubah sebagian.", "It was an advert.", "(DSA, Pasal 21)"),
    "zh": ("原决定被部分更改。", "It was an advert.", "（《数字服务法》第 21 条）")}  # fmt: skip


@pytest.mark.parametrize("language", NOTICE_LANGUAGES)
@pytest.mark.parametrize("by", ["author", "notifier"])
def test_whoever_complained_reads_how_it_ended(language: str, by: str) -> None:
    """A notifier's number is that of the notice; whose post it was is nothing to them."""
    ended = outcome(outcome="partly_reversed", reason="It was an advert.", measures=LABELLED)
    told_before = notice(), decision(F1, notice="n-1"), complaint(by=by)
    text = told(language, *told_before, ended, about="complaint/c-1")
    assert all(said in text for said in ENDS[language])
    assert (NUMBER in text) is (by == "author")
    assert (number_of(KEY, case_id("notice", "acme", "n-1")) in text) is (by == "notifier")
    label = json.loads(re.search(r'LABELLED": (".*?")', words_of(language))[1])  # type: ignore[index]
    assert (label in text) is (by == "author")


def test_the_help_of_a_machine_is_named() -> None:
    assert "with the help of a program" in told("en", decision(F1, automated_decision="PARTIALLY"))


def test_without_a_measure_there_is_no_notice() -> None:
    cases = CaseWorld()
    cases.find(finding(1))
    cases.decide(decision(F1, measures=..., applied_at=...), decision(F1, verdict="dismissed"))
    assert not [key for key in cases.files if "/notices/" in key]


@pytest.mark.parametrize("language", NOTICE_LANGUAGES)
def test_every_code_has_words_in_every_language(language: str) -> None:
    text = words_of(language)
    for codes in (Visibility, Monetary, Provision, AccountMeasure):
        assert all(f'"{code}": "' in text for code in codes)


def test_the_ground_of_a_shipped_pack_is_said_in_the_notices_language() -> None:
    """Any other one as the provider or its pack says it."""
    for path in (ROOT / "packs").glob("*.yaml"):
        ground = Pack.parse(path.read_text("utf-8"), path.name).legal_ground.text
        assert all(f'"{ground}": "' in words_of(language) for language in ("id", "zh")), path.name
    law = "Undang-Undang Nomor 1 Tahun 2024 (ITE), Pasal 28"
    assert law in told("en", decision(F1, ground="illegal", ground_text=law))
    known = told("en", decision(F1, ground="illegal", ground_text=f"{law} ayat (1)"))
    assert "Law No. 1 of 2024 (ITE), Article 28(1)" in known


def test_without_public_pages_only_the_rule_is_named() -> None:
    cases = CaseWorld()
    cases.find(finding(1))
    cases.decide(decision(F1))
    case = cases.case(case_id("decision", "acme", "d-1"))
    assert case is not None
    pack = cases.case_work().files.packs.of(finding(1))
    found = [statement.DecidedFinding(finding(1), pack)]
    text = statement.author_notice("en", case.entries[0], found, [])
    assert "(codes/3/asks-for-code)" in text
    assert "/packs/" not in text


@pytest.mark.parametrize(("day", "after"), [("2026-11-25", "2027-05-25"),
    ("2026-08-31", "2027-02-28"), ("2027-08-31", "2028-02-29")])  # fmt: skip
def test_six_months_later(day: str, after: str) -> None:
    assert statement.months_after(date.fromisoformat(day), 6).isoformat() == after


def test_nothing_in_a_reason_is_taken_for_a_template() -> None:
    said = "{{ entry }} {% for x in y %} <b>& </b>"
    assert said in told("en", decision(F1, reason=said))


@pytest.mark.parametrize(("language", "reason_language", "said"), [
    ("en", ..., "exist in one language only."),
    ("en", "en", "in the words of the provider."),
    ("en", "id", "exist in Indonesian only."), ("id", "id", "oleh penyedia."),
    ("id", "zh", "hanya ada dalam bahasa Tionghoa."), ("zh", "en", "仅有英语版本。"),
    ("zh", "th", "仅有一种语言版本。"),
])  # fmt: skip
def test_a_reason_in_another_language_is_so(language: str, reason_language: Any, said: str) -> None:
    text = told(language, decision(F1, F2, reason_language=reason_language))
    assert said in text
    assert "reason_language" not in text


TRANSLATED = {
    "id": Translation(title="Kode sekali pakai", rules={"asks-for-code": "Meminta kode."}),
    "zh": Translation(title="一次性验证码"),
}


@pytest.mark.parametrize(("language", "shown", "said"), [
    ("en", "Theft of one-time codes: Asks for a code.", "English"),
    ("id", "Kode sekali pakai: Meminta kode.", "bahasa Inggris"),
    ("zh", "一次性验证码: Asks for a code.", "仅有英文说明"),
])  # fmt: skip
def test_a_rule_is_explained_in_its_authors_language(language: str, shown: str, said: str) -> None:
    """Where the pack has a reason in English only, the notice says so."""
    cases = CaseWorld()
    cases.find(finding(1))
    cases.decide(decision(F1))
    [entry] = cases.entries[case_id("decision", "acme", "d-1")].values()
    translated = structs.replace(pack(), translations=TRANSLATED)
    decided = statement.DecidedFinding(finding(1), translated)
    text = statement.author_notice(language, entry, [decided], [])
    assert shown in text.replace("：", ": ")
    assert (said in text) is (language == "zh")


NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@cache
def report(word: str) -> dict[str, bytes]:
    """A report in which everything that somebody can word is this."""
    entries = [structs.replace(one, other=word, authority=word, ground=word) for one in year()]
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
        cases = CaseWorld()
        one = finding(1, post=post, url=f"https://chat.example/{post}")
        cases.find(one)
        cases.decide(decision(one.finding))
        key = author_notice_key("acme", case_id("decision", "acme", "d-1"), language)
        notices.append(cases.files[key].decode())
    harmless_notice, notice = notices
    assert OBEYED.findall(notice) == []
    assert "\r" not in notice
    assert len(notice.split("\n")) == len(harmless_notice.split("\n"))


def number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", cell) is not None
