"""What speaks for it that a text repeats a claim: its words in any spelling, and its names."""

import pytest

from claims.asking import Level, ask
from claims.attaching import ahead, model
from claims.index import Index, build_index
from claims.likeness import question_of
from claims.ranking import Ranked
from claims.tags import known_words
from development import entry_of, examples


@pytest.mark.parametrize(
    ("text", "attached"),
    [
        ("Check your bathroom! Oakridge shampoo recalled, LIVE INSECTS in the bottles", True),
        ("check your bathroom! oakridge shampoo recalled, live insects in the bottles", True),
        ("Check your bathroom! Tidewell shampoo recalled, LIVE INSECTS in the bottles", False),
        ("They say Bram Orven will host a show in which strangers swap pets for a month", True),
        ("They say Orven will host a show in which strangers swap pets for a month", True),
        ("They say Hugo Orven will host a show in which strangers swap pets for a month", False),
        ("They say Hugo Quill will host a show in which strangers swap pets for a month", False),
    ],
)
def test_a_story_told_of_another_name_is_another_story(text: str, attached: bool) -> None:
    """A name that a claim begins with is one, since no text writes it small."""
    claims = (
        "Oakridge recalled bottles of shampoo because they contained live insects.",
        "Bram Orven will host a show in which strangers swap pets for a month.",
    )
    stories = [entry_of(f"https://s.example/{one}", one, "", "en") for one in claims]
    among = Index(build_index([*stories, *(one.entry for one in examples("en"))]))
    first, *_ = ask(among, text, "en")
    assert (first.level is Level.ATTACH) == attached


def test_a_word_that_begins_a_claim_and_is_written_small_elsewhere_is_no_name() -> None:
    claims = ("Vaccines weaken bones.", "Doctors hid that vaccines cost Oakridge nothing.")
    entries = [entry_of(f"https://s.example/{one}", one, "", "en") for one in claims]
    shelf = Index(build_index(entries)).shelf("en")
    words = {number: word for word, number in shelf.number.items()}
    names = {words[one] for place in range(2) for run in shelf.name_runs(place) for one in run}
    assert names == {"oakridg"}


def test_one_slip_unmakes_no_name() -> None:
    """A word is a name unless it is written small more often than large."""
    claims = (
        "Oakridge hid all of it for many years.",
        "They say that she left Oakridge last week.",
        "It is said that he sued Oakridge for it.",
        "we left oakridge after two long weeks.",
    )
    entries = [entry_of(f"https://s.example/{one}", one, "", "en") for one in claims]
    shelf = Index(build_index(entries)).shelf("en")
    number = shelf.number["oakridg"]
    named = {shelf.check(place).claim: number in shelf.names(place) for place in range(4)}
    assert named == dict(zip(claims, (True, True, True, False), strict=True))


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("#nomorepills because of #saltwater", "No more pills: salt water helps."),
        ("the US bans it", "U.S. officials ban tea."),
        ("Zoë ate 3 pies at her 40th", "Zoe ate three pies, one for each of 40 guests."),
    ],
)
def test_several_spellings_are_one(text: str, claim: str) -> None:
    """Each known word of the text stands in the claim."""
    shelf = Index(build_index([entry_of("https://s.example/1", claim, "", "en")])).shelf("en")
    question = question_of(shelf, text)
    assert len(question.known) >= 2


def test_a_check_is_ahead_of_the_next_of_another_rumour() -> None:
    groups = [0, 0, 2]
    first, same, other = (Ranked(place, 4.0 - place, {}) for place in range(3))
    assert ahead(groups, first, [first, same, other]) == 0.5
    assert ahead(groups, first, [first, same]) == 1.0
    assert ahead(groups, other, [first, same, other]) == 0.0


def test_a_title_of_one_word_is_not_held_by_chance() -> None:
    """A text that shares but the one word of a title holds no claim."""
    entries = [one.entry for one in examples("en")]
    odd = entry_of("https://s.example/1", "Aardvarks bewilder zebras daily.", "Lunch", "en")
    text = "they said that the lunch with our neighbours was long and very good this time"
    found = ask(Index(build_index([*entries, odd])), text, "en")
    assert all(answer.level is not Level.ATTACH for answer in found)


def test_more_evidence_never_lowers_the_score() -> None:
    curves = model()
    assert all(weight >= 0 for curve in curves.curves.values() for weight in curve)
    assert all(slope >= 0 for _, slope in curves.gates.values())
    for name in (*curves.evidence, *curves.gates):
        base = dict.fromkeys((*curves.evidence, *curves.gates), 0.4)
        scores = [curves.score(base | {name: step / 20}) for step in range(21)]
        assert scores == sorted(scores), name


@pytest.mark.parametrize(
    ("tag", "split"),
    [
        pytest.param("nomorepillsnow", "no more pills now", id="four words"),
        pytest.param("nomorepillsnowplease", "nomorepillsnowplease", id="five words"),
        pytest.param("more", "more", id="a known word"),
        pytest.param("nonow", "nonow", id="too short to try"),
    ],
)
def test_a_tag_is_split_into_at_most_four_known_words(tag: str, split: str) -> None:
    words = {"no", "more", "pills", "now", "please"}
    assert known_words(tag, words.__contains__) == split
