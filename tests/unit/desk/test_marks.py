"""Marks are on the words or nowhere, and pieces put together are the text again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desk_world import dossier, finding

from desk.cards import card_view, shape
from desk.items import NearCopy
from desk.marks import Mark, differences, excerpt_start, marks_of, pieces
from ledger.records.finding import FoundSpan, excerpt_of

LONG = "x" * 500


@pytest.mark.parametrize(
    ("text", "start", "shown"),
    [
        pytest.param("word and more", 0, ["word"], id="a short text"),
        pytest.param(f"{LONG} word {LONG}", 501, ["word"], id="the middle of a long one"),
        pytest.param(f"{LONG} word", 501, ["word"], id="the end of a long one"),
        pytest.param(f"word {LONG}", 0, ["word"], id="the beginning of a long one"),
    ],
)
def test_marks_are_on_the_words(text: str, start: int, shown: list[str]) -> None:
    spans = (FoundSpan("text", start, start + 4, "word"),)
    found = finding(text="w", spans=spans)
    _, excerpt = excerpt_of(text, start, start + 4)
    found = type(found)(found.finding, excerpt)
    assert [excerpt[mark.start : mark.end] for mark in marks_of([found])] == shown


def test_a_place_that_is_not_known_has_no_mark() -> None:
    """Earlier releases did not store the cut, and a disguise shows no plain word."""
    text = f"{LONG} w0rd"
    spans = (FoundSpan("text", 501, 505, "word", ("leet",)),)
    found = finding(text="w", spans=spans)
    found = type(found)(found.finding, excerpt_of(text, 501, 505)[1])
    assert excerpt_start(found.finding, found.excerpt or "") is None
    assert marks_of([found]) == []


@pytest.mark.parametrize("length", [80, 280, 2_000])
@pytest.mark.parametrize("text", [f"w0rd {LONG}", f"{LONG} w0rd {LONG}", f"{LONG} w0rd"])
def test_a_stored_start_marks_a_disguise_in_an_excerpt_of_any_length(
    text: str, length: int
) -> None:
    at = text.index("w0rd")
    start, excerpt = excerpt_of(text, at, at + 4, length)
    spans = (FoundSpan("text", at, at + 4, "word", ("leet",)),)
    found = finding(text="w", spans=spans, excerpt_start=start)
    [mark] = marks_of([type(found)(found.finding, excerpt)])
    assert excerpt[mark.start : mark.end] == "w0rd"


def test_a_finding_in_another_part_marks_nothing_in_this_one() -> None:
    first = finding(text="send me", excerpt_start=0)
    spans = (FoundSpan("media_text", 0, 4, "send"),)
    assert len(marks_of([first, finding(rule="other", spans=spans, excerpt_start=0)])) == 1


def test_a_mark_has_its_term_rule_weight_and_disguise() -> None:
    spans = (FoundSpan("text", 0, 4, "send", ("leet",), 4),)
    [mark] = marks_of([finding(text="s3nd me", spans=spans)])
    assert mark == Mark(0, 4, "send", "codes/asks", 4, ("leet",))


def test_spans_of_another_part_have_no_mark() -> None:
    spans = (FoundSpan("text", 0, 4, "send"), FoundSpan("media_text", 0, 4, "send"))
    assert len(marks_of([finding(text="send me", spans=spans)])) == 1


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6),
)
def test_pieces_put_together_are_the_text(text: str, places: list[tuple[int, int]]) -> None:
    marks = [
        Mark(start, min(start + length, len(text)), "t", "a/b", None, ())
        for start, length in places
        if start < len(text)
    ]
    cut = pieces(text, marks)
    assert "".join(piece.text for piece in cut) == text
    for piece in cut:
        for mark in piece.marks:
            assert piece.text in text[mark.start : mark.end]


@given(st.text(max_size=80), st.text(max_size=80))
def test_differences_put_together_are_the_other_text(first: str, other: str) -> None:
    parts = differences(first, other)
    assert "".join(text for text, _ in parts) == other
    if first == other:
        assert not any(differs for _, differs in parts)


def test_differences_in_a_script_without_spaces_are_characters() -> None:
    parts = differences("今天截止", "明天截止")
    assert [text for text, differs in parts if differs] == ["明"]


def test_a_card_names_the_rule_in_the_language_of_the_page() -> None:
    copies = (NearCopy("1" * 64, (finding("q1", text="send me the codes"),)),)
    view = card_view(dossier(finding(), copies=copies), "id")
    assert view.findings[0].why == "Asks for a one-time code."
    assert [text for text, differs in view.copies[0].pieces if differs] == ["codes"]


def test_an_address_that_would_run_is_no_link() -> None:
    assert card_view(dossier(finding(url="javascript:alert(1)"))).url == ""
    assert card_view(dossier(finding(url="https://chat.example/1"))).url


def test_the_outline_of_a_text_has_no_letter_of_it() -> None:
    assert shape("send 验证码\nnow") == "░░░░ ░░░ ░░░"
