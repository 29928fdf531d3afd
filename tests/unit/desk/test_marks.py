"""Marks are on the words or nowhere, and every code has a word."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.desk_world import audited, dossier, finding

from cases.asked import Answer
from desk import ItemKind, NearCopy, desk_pages
from desk.cards import Mark, card_view, differing_pieces, hidden_outline, marked_pieces, marks_of
from desk.deciding import MEASURES, VERDICTS
from ledger.desk_store import PendingState
from ledger.findings import FoundSpan, excerpt_of
from phrases import of

LONG = "x" * 500


@pytest.mark.parametrize(("text", "start", "shown"), [
    pytest.param("word and more", 0, ["word"], id="a short text"),
    pytest.param(f"{LONG} word {LONG}", 501, ["word"], id="the middle of a long one"),
    pytest.param(f"{LONG} word", 501, ["word"], id="the end of a long one"),
    pytest.param(f"word {LONG}", 0, ["word"], id="the beginning of a long one"),
])  # fmt: skip
def test_marks_are_on_the_words(text: str, start: int, shown: list[str]) -> None:
    spans = (FoundSpan("text", start, start + 4, "word"),)
    begins, excerpt = excerpt_of(text, start, start + 4)
    found = type(finding())(finding(spans=spans, excerpt_start=begins).finding, excerpt)
    assert [excerpt[mark.start : mark.end] for mark in marks_of([found])] == shown


@pytest.mark.parametrize("length", [80, 280, 2_000])
@pytest.mark.parametrize("text", [f"w0rd {LONG}", f"{LONG} w0rd {LONG}", f"{LONG} w0rd"])
def test_a_stored_start_marks_a_disguise_in_excerpts_of_any_length(text: str, length: int) -> None:
    at = text.index("w0rd")
    start, excerpt = excerpt_of(text, at, at + 4, length)
    spans = (FoundSpan("text", at, at + 4, "word", ("leet",)),)
    found = finding(text="w", spans=spans, excerpt_start=start)
    [mark] = marks_of([type(found)(found.finding, excerpt)])
    assert excerpt[mark.start : mark.end] == "w0rd"


def test_a_finding_in_another_part_marks_nothing_in_this_one() -> None:
    first = finding(text="send me")
    spans = (FoundSpan("media_text", 0, 4, "send"),)
    assert len(marks_of([first, finding(rule="other", spans=spans)])) == 1


def test_a_mark_has_its_term_rule_weight_and_disguise() -> None:
    spans = (FoundSpan("text", 0, 4, "send", ("leet",), 4),)
    [mark] = marks_of([finding(text="s3nd me", spans=spans)])
    assert mark == Mark(0, 4, "send", "codes/asks", 4, ("leet",))


def test_spans_of_another_part_have_no_mark() -> None:
    spans = (FoundSpan("text", 0, 4, "send"), FoundSpan("media_text", 0, 4, "send"))
    assert len(marks_of([finding(text="send me", spans=spans)])) == 1


@given(
    st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6)
)
def test_pieces_put_together_are_the_text(text: str, places: list[tuple[int, int]]) -> None:
    marks = [Mark(start, min(start + length, len(text)), "t", "a/b", None, ())
             for start, length in places if start < len(text)]  # fmt: skip
    cut = marked_pieces(text, marks)
    assert "".join(piece.text for piece in cut) == text
    for piece in cut:
        for mark in piece.marks:
            assert piece.text in text[mark.start : mark.end]


@given(st.text(max_size=80), st.text(max_size=80))
def test_differences_put_together_are_the_other_text(first: str, other: str) -> None:
    parts = differing_pieces(first, other)
    assert "".join(text for text, _ in parts) == other
    if first == other:
        assert not any(differs for _, differs in parts)


def test_differences_in_a_script_without_spaces_are_characters() -> None:
    parts = differing_pieces("今天截止", "明天截止")
    assert [text for text, differs in parts if differs] == ["明"]


def test_a_card_names_the_rule_in_the_language_of_the_page() -> None:
    copies = (NearCopy("1" * 64, (finding("q1", text="send me the codes"),)),)
    view = card_view(dossier(finding(), copies=copies), "id")
    assert view.findings[0].why == "Asks for a one-time code."
    assert [text for text, differs in view.copies[0].pieces if differs] == ["codes"]


def test_a_card_says_what_the_length_took_off_a_score() -> None:
    """Nothing is known of it if the finding keeps only some of its spans."""
    spans = (FoundSpan("text", 0, 4, "send", (), 9), FoundSpan("text", 5, 7, "me", (), -1))
    for more, fee in (({}, 2), ({"spans_capped": True}, 0), ({"score": 8}, 0)):
        weighed = finding(spans=spans, **({"score": 6, "threshold": 5} | more))
        assert card_view(dossier(weighed)).findings[0].fee == fee


def test_an_address_that_would_run_is_no_link() -> None:
    assert card_view(dossier(finding(url="javascript:alert(1)"))).url == ""
    assert card_view(dossier(finding(url="https://chat.example/1"))).url


def test_the_outline_of_a_text_has_no_letter_of_it() -> None:
    assert hidden_outline("send 验证码\nnow") == "░░░░ ░░░ ░░░"


def test_spans_outside_of_an_excerpt_have_no_mark() -> None:
    spans = [FoundSpan("text", at, at + 4, "word") for at in (9, 10, 286, 287)]
    spans.append(FoundSpan("text", 20, 20, ""))
    shown = type(finding())(finding(spans=tuple(spans), excerpt_start=10).finding, "y" * 280)
    assert [(mark.start, mark.end) for mark in marks_of([shown])] == [(0, 4), (276, 280)]


def test_marks_are_in_order_the_longest_first_and_need_an_excerpt() -> None:
    spans = tuple(FoundSpan("text", start, end, "t") for start, end in ((5, 9), (0, 4), (0, 9)))
    found = finding(text="some more words", spans=spans)
    gone = type(found)(found.finding, None)
    marks = [(mark.start, mark.end) for mark in marks_of([gone, found])]
    assert marks == [(0, 9), (0, 4), (5, 9)]
    assert marks_of([gone]) == marks_of([]) == []


def test_only_the_beginning_of_long_texts_is_compared() -> None:
    first, other = "a" * 2_000 + "b", "a" * 2_000 + "c"
    assert differing_pieces(first, other) == [("a" * 2_000, False), ("c", False)]
    assert differing_pieces("a" * 1_999 + "b", "a" * 1_999 + "c")[-1][1]
    assert differing_pieces("one", "one") == [("one", False)]


@pytest.mark.parametrize(("first", "other", "changed"), [
    ("a-1", "a-2", ["2"]), ("word", "words", ["words"]), ("ab cd", "ab", []),
    ("\u0e01\u0e02", "\u0e01\u0e03", ["\u0e03"]), ("\u0e01a", "\u0e01b", ["b"]),
])  # fmt: skip
def test_a_difference_is_a_word_or_a_character_of_a_script_without_spaces(first: str, other: str,
        changed: list[str]) -> None:  # fmt: skip
    assert [text for text, differs in differing_pieces(first, other) if differs] == changed


def test_a_card_says_in_which_part_of_the_post_the_words_are() -> None:
    spans = (FoundSpan("media_text", 0, 4, "send", ("leet", "accent")),)
    view = card_view(dossier(finding(text="send me", spans=spans)))
    assert (view.part, view.length, view.shape) == ("text in the picture or film", 7, "░░░░ ░░")
    assert view.findings[0].disguises == ("accent", "leet")
    assert card_view(dossier(finding())).part == ""


def test_a_card_without_a_finding_shows_the_post_of_its_item() -> None:
    view = card_view(audited())
    assert (view.post, view.url, view.part, view.findings) == ("a1", "", "", [])
    reported = replace(audited(), url="https://chat.example/9")
    assert card_view(reported).url == "https://chat.example/9"
    with_finding = replace(dossier(finding("p7", url=None)), url="https://chat.example/8")
    assert (card_view(with_finding).post, card_view(with_finding).url) == (
        "p7", "https://chat.example/8")  # fmt: skip


EN = of("en")
NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)
JUDGING = "c confirmed, d dismissed, t threat, a child"


@pytest.mark.parametrize(("kind", "keys"), [
    (ItemKind.COMPLAINT, "c upheld, d reversed, p partly_reversed, x omitted"),
    (ItemKind.ORDER, "c complied, d refused, x contested, i impossible"),
    (ItemKind.HELD_RULE, "c opened, d left_held"),
    (ItemKind.AUDIT, "v violating, d not_violating, x gone"), (ItemKind.FINDING, JUDGING),
    (ItemKind.NOTICE, JUDGING), (ItemKind.SECOND_REVIEW, JUDGING), (ItemKind.GOLDEN, JUDGING),
])  # fmt: skip
def test_each_kind_of_card_has_its_verdicts_and_keys(kind: ItemKind, keys: str) -> None:
    choices = desk_pages.verdict_choices(EN, kind)
    assert ", ".join(f"{key} {value}" for value, _, key in choices) == keys
    assert all(label and label not in (value, key) for value, label, key in choices)


def test_each_measure_has_a_key_and_is_named_by_its_code_as_by_its_word() -> None:
    choices = desk_pages.measure_choices(EN)
    assert [(value, key) for value, _, key in choices] == [*zip(MEASURES, "0rhkyil", strict=True)]
    for value, label, _ in choices:
        assert label != value or value in ("removed", "labelled")
        assert desk_pages.measure_words(EN, MEASURES[value] or "none") == label
    assert desk_pages.measure_words(EN, "DECISION_VISIBILITY_OTHER") == "DECISION_VISIBILITY_OTHER"


def test_kinds_states_and_verdicts_have_words() -> None:
    assert desk_pages.named(EN, "kind", "second_review") == "second look"
    assert len({desk_pages.named(EN, "kind", kind) for kind in ItemKind}) == len(ItemKind)
    states = set(PendingState) - {PendingState.VOID}  # nobody's: it is listed nowhere
    assert len({desk_pages.named(EN, "state", state) for state in states}) == len(states)
    spoken = (*VERDICTS, *Answer, "opened", "left_held", "violating", "not_violating", "gone")
    words = {desk_pages.named(EN, "verdict", each) for each in spoken}
    assert len(words) == len(spoken)
    assert desk_pages.named(EN, "verdict", "dismissed") == "Dismissed"


@pytest.mark.parametrize(("message", "words"), [
    ({"type": "second_review", "verdict": "dismissed"}, "Dismissed"),
    ({"type": "outcome", "outcome": "partly_reversed"}, "Partly reversed"),
    ({"type": "order", "outcome": "refused"}, "Not followed"),
    ({"type": "suspension"}, "Suspension"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_what_somebody_decided_is_said_in_words(message: dict[str, Any], words: str) -> None:
    assert desk_pages.message_words(EN, message) == words


def test_a_body_out_of_court_has_a_name_and_others_have_words() -> None:
    assert desk_pages.named(EN, "contester", "author") == "the author"
    assert desk_pages.named(EN, "contester", "body") == ""


@pytest.mark.parametrize(("since", "words"), [
    ("2026-11-25T13:00:00Z", "an hour"), ("2026-11-25T14:00:00Z", "less than a minute"),
    ("2026-11-25T15:00:00Z", "less than a minute"), ("2026-11-21T14:00:00Z", "4 days"),
])  # fmt: skip
def test_an_age_is_never_negative(since: str, words: str) -> None:
    assert desk_pages.age_words(EN, since, NOW) == words


@pytest.mark.parametrize(("hours", "words"),
    [(2.0, "2 hours left"), (0.0, "less than a minute left"), (-2.0, "2 hours late")])  # fmt: skip
def test_a_deadline_is_ahead_or_over(hours: float, words: str) -> None:
    assert desk_pages.left_words(EN, hours) == words
