"""Words in disguise, and honest writing that only looks like one."""

from pathlib import Path

import pytest
import yaml
from support.sample_packs import pack_of, rule_of, slices

from matcher import Evasion, Matcher, Rule, Severity
from matcher.candidates import find_candidates
from matcher.fold import fold
from matcher.readings import CHUNKS_READ, REMEMBERED_LENGTH, Chunks, is_suspect
from matcher.term import affixed_forms
from matcher.vocabulary import Vocabulary
from rules.pack import Affixes

DISGUISED, HONEST = (yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
                     for name in ("disguised.yaml", "honest.yaml"))  # fmt: skip


@pytest.mark.parametrize(("term", "text", "expected"), DISGUISED.values(), ids=DISGUISED)
def test_reads_a_disguised_word(term: str, text: str, expected: list[str]) -> None:
    assert slices(rule_of([term]), text) == expected


@pytest.mark.parametrize(("term", "text", "expected"), DISGUISED.values(), ids=DISGUISED)
def test_an_exact_rule_does_not_read_disguises(term: str, text: str, expected: list[str]) -> None:
    assert {*slices(rule_of([term], exact=True), text)} <= {term}


@pytest.mark.parametrize(("terms", "text"), HONEST.values(), ids=HONEST)
def test_does_not_match_honest_writing(terms: list[str], text: str) -> None:
    assert slices(rule_of(terms), text) == []


def test_a_disguised_word_counts_in_windows_as_the_words_it_is_written_in() -> None:
    matcher = Matcher([pack_of(rule_of(["send"], ["code"], within=1))])
    assert matcher.find("s3nd the c0de")
    assert not matcher.find("s3nd me the c0de")
    assert matcher.find("s e n d the c o d e")


def test_a_disguised_exception_counts() -> None:
    rule = rule_of(["otp"], unless=("never share",))
    assert Matcher([pack_of(rule)]).find("n3ver share the otp") == ()


def test_two_words_that_fit_one_disguise_are_both_found() -> None:
    assert slices(rule_of(["bomb", "bumb"]), "b*mb") == ["b*mb"]
    rules = [Rule(id=f"rule-{term}", severity=Severity.LOW, why="Tests.", groups=((term,),))
             for term in ("bomb", "bumb")]  # fmt: skip
    assert len(Matcher([pack_of(*rules)]).find("b*mb")) == 2


def test_a_plain_text_is_not_searched_for_disguises() -> None:
    text = "Plain words, 24 of them (or so), e-mail included: all is well. 请把它给我。"
    assert not is_suspect(text, fold(text))
    assert find_candidates(text) == []


AFFIXED = {
    "17 me- before k": ("kirim", "mengirim mengirimkan mengirimi", 3),
    "17 me- before s, t and p": ("sapu", "menyapu", 1),
    "17 me- before a cluster": ("proses", "memproses", 1),
    "17 me- before a vowel": ("ambil", "mengambil", 1),
    "17 me- before a word of one syllable": ("bom", "mengebom pengeboman", 2),
    "17 di-, ber-, ter-": ("kirim", "dikirim berkirim terkirim", 3),
    "17 -nya, -kan, -i, -an": ("kirim", "kirimnya kirimkan kirimi kiriman", 4),
    "17 reduplication": ("obat", "obat-obatan, obat2, obat-obat", 3),
    "17 colloquial": ("kirim", "ngirim kirimin", 2),
    "17 pe- and pe-an": ("jual", "penjual penjualan", 2),
    "17 no other word": ("obat", "sobat robat batas", 0),
    "17 a phrase stays as it is": ("kode otp", "kode otpnya", 0),
}  # fmt: skip


@pytest.mark.parametrize(("term", "text", "count"), AFFIXED.values(), ids=AFFIXED)
def test_affixes_of_indonesian_match_if_asked_for(term: str, text: str, count: int) -> None:
    assert len(slices(rule_of([term], affixes=Affixes.ID), text)) == count


def test_without_the_option_affixes_make_other_words() -> None:
    assert slices(rule_of(["kirim"]), "mengirimkan kirimnya") == []


def test_a_form_is_reported_as_its_term() -> None:
    rule = rule_of(["kirim"], affixes=Affixes.ID)
    [hit] = Matcher([pack_of(rule)]).find("tolong k1rimkan")
    assert [(span.term, span.evasion) for span in hit.spans] == [("kirim", (Evasion.LEET,))]


def test_a_word_has_a_bounded_number_of_forms() -> None:
    words = ("kirim", "percaya", "bom", "obat", "cari")
    assert max(len(affixed_forms(word)) for word in words) < 150


@pytest.mark.parametrize(
    "text",
    ["今天#话题 很好", "ที่นี่#ดี", "価格は50%です", "#news and 5% of it", "大家@张三@李四 早上好"],
)
def test_hashtags_mentions_and_percentages_are_not_suspect(text: str) -> None:
    """Chinese posts are full of them, and a look for disguises costs ten times a plain one."""
    assert not is_suspect(text, fold(text))


WORDS = [" bomb ", " pussi ", " hello world ", " سلاح "]

ORDINARY = {
    "a number with its unit": "24h, 10k and 100x", "a word with its number": "covid19",
    "emphasis": "**bold** and **two words**", "a telephone number": "+7 999 111-22-33",
    "a price": "$70 or 50€", "a hashtag of other words": "#BigDay",
    "letters apart that are no word": "x y z", "a long run of a letter": "yaaaa",
}  # fmt: skip

MISSED_PIECES = {
    "a digit": "b0mb", "a digit, and a call after it": "pu5s!", "a star": "b*mb",
    "a star among emphasis": "**b*mb**", "a hash as a star": "b#mb",
    "a run of a letter": "booomb", "a letter of another script": "سلاh",
    "words after a hash": "#HelloWorld", "between brackets": "(b0mb)",
    "after Han letters": "买b0mb",
    "in a chunk too long to remember": f"{'-' * REMEMBERED_LENGTH}b0mb",
    "after more chunks than are read": " ".join(f"a{n}b" for n in range(CHUNKS_READ + 1)),
}  # fmt: skip


@pytest.fixture(scope="module")
def chunks() -> Chunks:
    return Chunks(Vocabulary(WORDS))


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_writing_hides_nothing(chunks: Chunks, text: str) -> None:
    assert not chunks.may_hide(text)
    assert not chunks.may_hide(text), "the same when it is remembered"


@pytest.mark.parametrize("text", MISSED_PIECES.values(), ids=MISSED_PIECES)
def test_a_disguise_is_never_ordinary(chunks: Chunks, text: str) -> None:
    assert chunks.may_hide(text)
    assert chunks.may_hide(text), "the same when it is remembered"


def test_letters_apart_are_read_together(chunks: Chunks) -> None:
    assert chunks.may_hide_apart("b.o.m.b", " b o m b ")
    assert not chunks.may_hide_apart("x y z", " x y z ")
