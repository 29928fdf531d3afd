"""The arrays of an index say what its checks say, and what a new import changes of them."""

import io
from array import array
from collections import Counter, defaultdict
from itertools import pairwise
from random import Random

import pytest
from support.sample_checks import CHECKS, FRIDGE, PUBLISHER, SALT, check, table
from tools.training.development import LANGUAGES, entry_of, examples

from claims import index
from claims.admission import ChangeKind, Spool, Trust, admit, changes
from claims.fact_check import FeedCheck, read_feed
from claims.text_words import calibration_negatives, grams_of, words_of


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def entries(language: str) -> list[FeedCheck]:
    """Checks whose title is their claim's, none, or their own; with the next claim as summary."""
    checks = [one.entry.check for one in examples(language)]
    titles = Random(7).choices(["", "The Title of Check", "claim"], k=len(checks))
    return [
        FeedCheck(check, check.claim if title == "claim" else title, following.claim)
        for title, (check, following) in zip(titles, pairwise(checks), strict=False)
    ]


@pytest.fixture(scope="module")
def arrays(entries: list[FeedCheck], language: str) -> index.Arrays:
    return index.lay_out(iter(entries), language, len(entries))


def texts(entry: FeedCheck) -> dict[str, str]:
    """The fields of a check that are searched for words."""
    title = "" if entry.title == entry.check.claim else entry.title
    return {"claim": entry.check.claim, "title": title, "summary": entry.summary}


def counted(entry: FeedCheck, language: str) -> Counter[str]:
    """How often a check holds each word."""
    return Counter(word.stem for text in texts(entry).values() for word in words_of(text, language))


def listed(arrays: index.Arrays, name: str) -> list[str]:
    return bytes(arrays[name]).decode().split("\n")


def sliced(arrays: index.Arrays, name: str, starts: str) -> list[list[int]]:
    found = memoryview(arrays[name]).tolist()
    return [found[start:end] for start, end in pairwise(arrays[starts])]


def test_each_word_names_the_checks_that_hold_it(arrays: index.Arrays, entries: list[FeedCheck],
        language: str) -> None:  # fmt: skip
    holders = defaultdict(list)
    for place, entry in enumerate(entries):
        for stem in {
            word.stem for text in texts(entry).values() for word in words_of(text, language)
        }:
            holders[stem].append(place)
    assert listed(arrays, "words") == sorted(holders)
    assert sliced(arrays, "word_ids", "word_starts") == [holders[one] for one in sorted(holders)]


def test_a_word_weighs_as_much_for_a_check_as_bm25_says(arrays: index.Arrays,
        entries: list[FeedCheck], language: str) -> None:  # fmt: skip
    """Within a step of 255; the heaviest is never more than 1.9 times the rarest word."""
    by_check = [counted(entry, language) for entry in entries]
    average = sum(counts.total() for counts in by_check) / len(entries)
    [step] = arrays["word_step"]
    words = listed(arrays, "words")
    held = sliced(arrays, "word_ids", "word_starts")
    weights = sliced(arrays, "word_weights", "word_starts")
    for word, places, weighed in zip(words, held, weights, strict=True):
        for place, weight in zip(places, weighed, strict=True):
            counts = by_check[place]
            score = index.saturated(counts[word], counts.total(), average)
            assert abs(weight * step - score * index.rarity(len(places), len(entries))) <= step


def test_each_gram_names_the_checks_that_hold_it_unless_many_do(arrays: index.Arrays,
        entries: list[FeedCheck]) -> None:  # fmt: skip
    holders = defaultdict(list)
    for place, entry in enumerate(entries):
        for gram in grams_of(entry.claim_and_title):
            holders[gram].append(place)
    most = max(50, int(len(entries) * index.COMMON_GRAM))
    kept = sorted(gram for gram, places in holders.items() if len(places) <= most)
    assert listed(arrays, "grams") == kept
    assert sliced(arrays, "gram_ids", "gram_starts") == [holders[one] for one in kept]


def test_each_field_has_its_words_in_order_and_a_summary_has_them_sorted(arrays: index.Arrays,
        entries: list[FeedCheck], language: str) -> None:  # fmt: skip
    number = {word: at for at, word in enumerate(listed(arrays, "words"))}
    for field in ("claim", "title", "summary"):
        words = [[number[word.stem] for word in words_of(texts(entry)[field], language)]
                 for entry in entries]  # fmt: skip
        held = sliced(arrays, f"{field}_words", f"{field}_starts")
        assert [[one & ~index.NAME_BIT for one in some] for some in held] == (
            [sorted(set(one)) for one in words] if field == "summary" else words
        )


def test_a_word_that_opens_a_claim_is_a_name_unless_it_is_mostly_written_small(arrays: index.Arrays,
        entries: list[FeedCheck], language: str) -> None:  # fmt: skip
    every = [text for entry in entries for text in texts(entry).values()]
    small: Counter[str] = Counter()
    for text in [*every, *calibration_negatives(language)]:
        for word in words_of(text, language):
            small[word.stem] += word.is_small - word.is_name
    names = [[word.is_name or (word.opens and small[word.stem] <= 0) for word in words]
             for words in (words_of(entry.check.claim, language) for entry in entries)]  # fmt: skip
    held = sliced(arrays, "claim_words", "claim_starts")
    assert [[bool(one & index.NAME_BIT) for one in some] for some in held] == names
    assert any(map(any, names)) or language == "zh"


@pytest.mark.parametrize("length", range(8))
def test_each_array_of_an_artefact_begins_at_a_multiple_of_8_bytes(length: int) -> None:
    arrays = {"first": b"abc", "second": array("I", [1, 2])}
    data = index.index_bytes({"name": "n" * length}, arrays)
    start = len(index.MAGIC) + 4
    body = start + int.from_bytes(data[len(index.MAGIC) : start], "little")
    assert body % 8 == 0
    assert (data[body : body + 3], data[body + 8 :]) == (b"abc", array("I", [1, 2]).tobytes())
    assert list(index.read_index(data)[1]["second"]) == [1, 2]


def test_a_rare_word_that_a_short_claim_repeats_keeps_its_whole_weight() -> None:
    """A weight is a byte: the largest step holds the largest weight that there can be."""
    long = "many people of this town walk slowly along the river every single morning of spring"
    claims = ["zebra " * 12, *(f"{long} {number}" for number in range(20))]
    entries = [entry_of(f"https://a.example/{claim[-2:]}", claim, "", "en") for claim in claims]
    made = index.lay_out(iter(entries), "en", len(claims))
    [step] = made["word_step"]
    lengths = [len(words_of(claim, "en")) for claim in claims]
    wanted = index.rarity(1, 21) * index.saturated(12, lengths[0], sum(lengths) / 21)
    assert wanted > 2 * index.rarity(1, 21)
    assert max(made["word_weights"]) * step == pytest.approx(wanted, abs=step)


def merged_entries(*rows: dict[str, str]) -> Spool:
    return admit(read_feed(io.BytesIO(table(*rows))), Trust([PUBLISHER])).checks


BEFORE = merged_entries(*CHECKS)


@pytest.mark.parametrize(("row", "change"), [
    pytest.param(check(1, SALT, "Misleading"), ChangeKind.CORRECTED, id="another rating"),
    pytest.param(check(1, f"{SALT}, says a post"), ChangeKind.CORRECTED, id="another claim"),
    pytest.param(check(1, SALT, date="2026-11-01"), ChangeKind.CORRECTED, id="a later day"),
    pytest.param(check(9, SALT), ChangeKind.WITHDRAWN, id="another link"),
])  # fmt: skip
def test_what_a_check_says_otherwise_is_a_change(row: dict[str, str], change: ChangeKind) -> None:
    [found] = changes(BEFORE, merged_entries(row, *CHECKS[1:]))
    assert (found.url, found.change) == ("https://check.example/1", change)
    assert found.before[0].rating == "false"
    assert bool(found.after) is (change is ChangeKind.CORRECTED)


def test_new_checks_and_their_order_change_nothing() -> None:
    assert changes(BEFORE, merged_entries(*reversed(CHECKS), check(9, "Cats cure cancer"))) == []


def test_a_page_of_several_claims_loses_one() -> None:
    two = (check(1, SALT), check(1, FRIDGE))
    [found] = changes(merged_entries(*two), merged_entries(two[0]))
    assert (len(found.before), len(found.after)) == (2, 1)


def test_of_two_feeds_the_later_check_counts() -> None:
    old, new = (merged_entries(check(1, SALT)),
                merged_entries(check(1, SALT, "True", date="2026-11-01")))  # fmt: skip
    for feeds in ([old, new], [new, old]):
        assert [one.check.rating for one in Spool(feeds)] == ["true"]


def test_a_page_that_words_its_claim_anew_no_longer_says_the_old_one() -> None:
    """Its old check stays in no index, whichever feed it came from."""
    old, new = (merged_entries(*CHECKS),
        merged_entries(check(1, f"{SALT} overnight", "True", date="2027-01-01")))  # fmt: skip
    for feeds in ([old, new], [new, old]):
        merged = Spool(feeds)
        assert len(merged) == len(CHECKS)
        [told] = [one.check for one in merged if one.check.url == "https://check.example/1"]
        assert told.rating == "true"
