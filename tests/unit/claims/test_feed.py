"""Feeds as publishers write them or mean no good, and which claims are admitted."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from support.endless import Endless
from support.sample_checks import PUBLISHER, check, table
from tools.training.topic_claims import TOPICS, TopicClaim, admission, halves

from claims.admission import RefusalCode, Trust, admit, with_topic
from claims.fact_check import ELEMENT_BYTES, FeedError, Rating, Review, read_feed, reviews_in_value
from claims.topics import kept_out_by, lists, topic_of

REVIEW: dict[str, Any] = {
    "@context": "https://schema.org", "@type": "ClaimReview", "url": "https://check.example/salt",
    "claimReviewed": "Salt water cures colds",
    "author": {"@type": "Organization", "name": "Example Check"},
    "datePublished": "2026-03-09T10:00:00+07:00",
    "reviewRating": {"@type": "Rating", "alternateName": "False", "ratingValue": 1},
    "inLanguage": "en-GB",
}  # fmt: skip


def read(content: object) -> list[Review]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return list(read_feed(io.BytesIO(data)))


@pytest.mark.parametrize("feed", [
    pytest.param(REVIEW, id="an object"),
    pytest.param([REVIEW], id="an array"),
    pytest.param({"@graph": [{"@type": "WebPage"}, REVIEW]}, id="a graph"),
    pytest.param({"@type": "DataFeed", "dataFeedElement": [{"item": [REVIEW]}]}, id="a feed"),
    pytest.param({"dataFeedElement": [{"item": REVIEW}]}, id="a feed whose item is no array"),
    pytest.param(REVIEW | {"@type": ["Article", "ClaimReview"]}, id="two types"),
    pytest.param({name: value if name == "@type" else [value] for name, value in REVIEW.items()},
                 id="every value in an array"),
    pytest.param(b"\xef\xbb\xbf" + json.dumps(REVIEW).encode(), id="a byte-order mark"),
    pytest.param(b'{"a": 1}\n' + json.dumps(REVIEW).encode() + b"\n", id="lines of JSON"),
])  # fmt: skip
def test_a_review_is_read_however_it_is_wrapped(feed: object) -> None:
    [review] = read(feed)
    assert (review.claim, review.rating) == ("Salt water cures colds", "False")
    assert (review.url, review.date) == ("https://check.example/salt", "2026-03-09")
    assert (review.publisher, review.language) == ("Example Check", "en-gb")


def test_a_page_may_review_several_claims() -> None:
    found = read([REVIEW | {"claimReviewed": ["Salt cures", "Sugar cures"]}, REVIEW])
    assert [one.claim for one in found] == ["Salt cures", "Sugar cures", "Salt water cures colds"]


def test_what_is_missing_is_empty_and_not_an_error() -> None:
    [review] = read({"@type": "ClaimReview", "claimReviewed": "Salt water cures colds"})
    assert (review.url, review.date, review.rating, review.publisher) == ("", "", "", "")


@pytest.mark.parametrize(("rating", "read_as"), [
    ({"ratingValue": 1, "bestRating": 5}, "1/5"), ({"ratingValue": "2"}, "2"),
    ([{"alternateName": "Half true"}, {"alternateName": "False"}], "Half true"),
    ({"alternateName": ["Salah", "False"]}, "Salah"), ("False", "False"), (None, ""), (17, ""),
])  # fmt: skip
def test_a_rating_is_read_in_words_or_as_a_share(rating: object, read_as: str) -> None:
    [review] = reviews_in_value(REVIEW | {"reviewRating": rating})
    assert review.rating == read_as


def test_a_table_may_have_its_columns_in_any_order_and_case() -> None:
    table = 'Claim,Rating,URL,extra\n"Salt, it cures\ncolds",False,https://check.example/1,x\n'
    [review] = read(table.encode())
    assert (review.claim, review.url) == ("Salt, it cures colds", "https://check.example/1")


@pytest.mark.parametrize(("data", "told"), [
    (b"", "lacks url and claim"), (b"link,text\nx,y\n", "lacks url and claim"),
    (b"url,claim\n\xff\xfe,x\n", "UTF-8"), (b'[{"@type": "ClaimReview"', "is not JSON before"),
    (b"<html>", "lacks url and claim"), (b'[{"url": nothing}]', "not JSON"),
    (b'{"dataFeedElement": [], "dataFeedElement": []}', "not JSON"),
])  # fmt: skip
def test_what_is_no_feed_is_refused_with_the_reason(data: bytes, told: str) -> None:
    with pytest.raises(FeedError, match=told):
        read(data)


def test_an_element_that_does_not_end_is_refused_before_it_fills_the_memory() -> None:
    def pieces() -> Iterator[bytes]:
        yield b'[{"@type": "ClaimReview", "claimReviewed": "'
        while True:
            yield b"x" * 65_536

    with pytest.raises(FeedError, match="longer than"):
        list(read_feed(Endless(pieces())))


def test_a_large_feed_is_read_in_flat_memory_and_tells_how_far_it_is() -> None:
    one = json.dumps({"item": [REVIEW | {"description": "x" * 2_000}]}).encode()
    count, told = 12_000, [0]

    def pieces() -> Iterator[bytes]:
        yield b'{"@type": "DataFeed", "dataFeedElement": ['
        for number in range(count):
            yield (b"," if number else b"") + one
        yield b"]}"

    tracemalloc.start()
    found = sum(1 for _ in read_feed(Endless(pieces()), told.append))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == count
    assert told == sorted(told)
    assert told[-1] > count * len(one) > ELEMENT_BYTES
    assert most < 4_000_000


POISONED = [
    REVIEW,
    REVIEW | {"url": "https://bread.example/sourdough", "claimReviewed": "Our best loaf ever"},
    REVIEW | {"url": "javascript:alert(document.cookie)"},
    REVIEW | {"url": "https://check.example@evil.example/x"},
    REVIEW | {"url": "https://check.example.evil.example/x"},
    REVIEW | {"url": 'https://check.example/"><script>alert(1)</script>'},
    REVIEW | {"url": "https://chеck.example/x"},  # the e is Cyrillic
    REVIEW | {"url": {"@id": "https://check.example/other"}, "claimReviewed": "Sugar cures colds"},
    REVIEW | {"url": "https://check.example/2", "author": {"name": "<script>", "url": "x' OR 1=1"},
              "claimReviewed": "<img src=x onerror=alert(1)>Pepper\u202e cures colds"},
    REVIEW | {"url": "https://check.example/3", "claimReviewed": ""},
    REVIEW | {"url": "https://check.example/4", "reviewRating": {"alternateName": "Education"}},
]  # fmt: skip


def test_a_poisoned_feed_leaves_only_what_its_publisher_checked() -> None:
    """Junk and payloads as they stand in public feeds: other hosts, scripts, no claim, no check."""
    admitted = admit(read(POISONED), Trust(["check.example"]))
    taken = {entry.check.url: entry.check for entry in admitted.checks}
    assert taken.keys() == {f"https://check.example/{end}" for end in ("salt", "other", "2")}
    assert taken["https://check.example/2"].claim == "Pepper cures colds"
    assert admitted.refused == {"publisher_not_trusted": 6, "no_claim": 1, "checks_no_claim": 1}
    told = msgspec.json.encode(list(admitted.checks)).decode()
    assert not any(mark in told for mark in ("<", "script", "onerror", "\u202e", "OR 1=1"))


def test_of_one_link_and_claim_the_later_check_counts() -> None:
    later = REVIEW | {"datePublished": "2026-05-01", "reviewRating": {"alternateName": "True"}}
    admitted = admit(read([later, REVIEW]), Trust(["check.example"]))
    [entry] = admitted.checks
    assert (entry.check.rating, entry.check.date) == (Rating.TRUE, "2026-05-01")
    assert admitted.incomplete["repeated"] == 1


def test_a_rating_that_no_table_knows_is_unclear_and_counted() -> None:
    odd = REVIEW | {"reviewRating": {"alternateName": "Three bananas"}}
    admitted = admit(read([odd]), Trust(["check.example"]))
    [entry] = admitted.checks
    assert entry.check.rating is Rating.UNCLEAR
    assert admitted.incomplete["rating_unknown"] == 1


def test_a_true_check_is_taken_as_such() -> None:
    true = REVIEW | {"reviewRating": {"alternateName": "Correct"}}
    [entry] = admit(read([true]), Trust(["check.example"])).checks
    assert entry.check.rating is Rating.TRUE


@pytest.mark.parametrize(("feed", "told"), [
    pytest.param(b"[" * 100_000, "is not JSON before", id="lists"),
    pytest.param(b'{"a":' * 100_000, "is not JSON before", id="objects"),
    pytest.param(b"[" * 100_000 + b"]" * 100_000, "deeper than 64", id="closed ones"),
    pytest.param(b'[{"a": "x"}, ' * 10_000, "is not JSON before", id="others between them"),
])  # fmt: skip
def test_a_feed_of_brackets_is_refused_before_it_is_parsed(feed: bytes, told: str) -> None:
    """A parser that names each value by its path took all memory that there was for 100 KB."""
    tracemalloc.start()
    with pytest.raises(FeedError, match=told):
        list(read_feed(io.BytesIO(feed)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_brackets_in_strings_are_no_levels() -> None:
    """Wherever the pieces of a feed are cut, escapes included."""
    claim = 'Salt \\" [[[[' + "[{" * 60_000 + "\\"
    feed = json.dumps([REVIEW | {"reviewBody": claim}] * 3).encode()
    for shift in range(0, 40, 3):
        assert len(list(read_feed(io.BytesIO(b" " * shift + feed)))) == 3


@pytest.mark.parametrize(("levels", "speaker"), [(8, "Somebody"), (9, "")])
def test_who_said_it_is_looked_for_to_a_depth(levels: int, speaker: str) -> None:
    """Each source may name another one; the ninth is not read."""
    said: dict[str, Any] = {"author": "Somebody"}
    for _ in range(levels):
        said = {"itemReviewed": said}
    [review] = read(REVIEW | {"itemReviewed": said})
    assert review.speaker == speaker


LANGUAGES = ("en", "id", "zh")
PRECISION, RECALL = 0.98, 0.80
HERB = "Garlic tea cures cancer within a week"


def told(claims: tuple[TopicClaim, ...]) -> list[tuple[TopicClaim, str]]:
    return [(claim, topic_of(claim.text, claim.language)) for claim in claims]


@pytest.mark.parametrize("language", LANGUAGES)
def test_admission_is_precise_and_finds_most(language: str) -> None:
    """The development half alone: `make bench-factchecks` asks the half set aside."""
    counted = admission(told(halves(language).development))
    assert counted.precision >= PRECISION
    assert counted.recall >= RECALL


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("label", ["politics", "religion", "war", "person", "crime"])
def test_no_claim_of_a_field_that_is_kept_out_is_admitted(language: str, label: str) -> None:
    some = [claim for claim in halves(language).development if claim.label == label]
    assert some
    assert [claim.text for claim, topic in told(tuple(some)) if topic] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_halves_are_even_apart_and_always_the_same(language: str) -> None:
    one, again = halves(language), halves(language)
    assert one == again
    assert not {claim.text for claim in one.development} & {claim.text for claim in one.set_aside}
    assert abs(len(one.development) - len(one.set_aside)) <= len(TOPICS) + 10


@pytest.mark.parametrize("claim", [
    "A guest of a show called for the assassination of a health official",
    "The sweets of the Candlewick factory were invented by a dentist",
    "An ice cream parlour gives each child a free scoop on its birthday",
    "Topi kerucut pada tahun baru adalah tanda orang murtad", "Data pertumbuhan ekonomi tahun ini",
    "A man snatched her phone on the street",
    "The bank building has the oldest lift of the country",
])  # fmt: skip
def test_what_was_once_admitted_wrongly_is_not(claim: str) -> None:
    assert [topic_of(claim, language) for language in ("en", "id")] == ["", ""]


@pytest.mark.parametrize("claim", [
    "Garlic tea cured Otis Larkin of cancer", "Dr. Marlow says that garlic tea cures cancer",
    "Marlow said that garlic tea cures cancer", "The singer who was cured of cancer by garlic tea",
    "Garlic tea cures cancer\nDid Bill Hartigan Beat Cancer With Tea?", "王小明说大蒜茶能治愈癌症",
])  # fmt: skip
def test_a_claim_that_names_a_person_is_kept_out(claim: str) -> None:
    assert kept_out_by(claim)


@pytest.mark.parametrize("claim", [
    "Does Garlic Tea Cure Cancer?", "Garlic tea sold in Harlow Bay cures cancer",
    "Garlic tea from the Brewlane Coffee Company cures cancer",
])  # fmt: skip
def test_places_firms_and_headlines_are_no_persons(claim: str) -> None:
    assert topic_of(claim, "en") == "health"


def test_what_the_publisher_says_of_a_check_counts_too() -> None:
    assert topic_of(HERB, "en") == "health"
    for labels in ("Elections, Health", "factcheck politics garlic tea"):
        assert not topic_of(HERB, "en", labels)
    for speaker in ("Otis Larkin", "Senator"):
        assert not topic_of(HERB, "en", speaker=speaker)
    assert topic_of(HERB, "en", "Health, Medicine", "Facebook posts")
    weak = "This tea stops the sugar sickness for good"
    assert not topic_of(weak, "en")
    assert topic_of(weak, "en", "diabetes, medicine") == "health"


def test_a_language_without_lists_admits_nothing() -> None:
    assert not topic_of("La vacuna contra el covid causa cáncer", "es")


def test_long_texts_need_more_than_a_word_of_a_topic() -> None:
    filler = "and then we all went home together and talked of old times until late in the evening "
    assert topic_of("The flood reached the town", "en") == "disaster"
    assert not topic_of("The flood reached the town " + 3 * filler, "en")


FEED = {"@type": "ClaimReview", "url": f"https://{PUBLISHER}/news/1", "claimReviewed": HERB,
        "reviewRating": {"alternateName": "False"}, "inLanguage": "en"}  # fmt: skip


@pytest.mark.parametrize(("more", "topic"), [
    ({}, "health"), ({"keywords": ["tea", "elections"]}, ""), ({"articleSection": "Politics"}, ""),
    ({"about": {"@type": "Thing", "name": "Religion"}}, ""),
    ({"url": f"https://{PUBLISHER}/politics/garlic-tea"}, ""),
    ({"itemReviewed": {"author": {"@type": "Person", "name": "Otis Larkin"}}}, ""),
    ({"itemReviewed": {"author": {"@type": "Organization", "name": "Viral posts"}}}, "health"),
])  # fmt: skip
def test_the_fields_of_a_claim_review_are_read(more: dict[str, object], topic: str) -> None:
    data = json.dumps([FEED | more]).encode()
    [entry] = admit(read_feed(io.BytesIO(data)), Trust([PUBLISHER])).checks
    assert entry.check.topic == topic


def test_a_table_may_name_keywords_section_and_speaker() -> None:
    row = check(1, HERB)
    for name, value in (("keywords", "election"), ("section", "Politics"), ("speaker", "A mayor")):
        lines = table(row).decode().splitlines()
        data = f"{lines[0]},{name}\n{lines[1]},{value}\n".encode()
        [entry] = admit(read_feed(io.BytesIO(data)), Trust([PUBLISHER])).checks
        assert entry.check.topic == ""


def test_what_was_taken_under_earlier_lists_is_told_again() -> None:
    [entry] = admit(read_feed(io.BytesIO(table(check(1, HERB)))), Trust([PUBLISHER])).checks
    stale = replace(entry, check=msgspec.structs.replace(entry.check, topic="technology"))
    assert with_topic(stale) == entry


def test_the_lists_say_how_they_are_read_and_which_version_they_are() -> None:
    loaded = json.loads(lists())
    assert loaded["version"] == 2
    assert set(loaded["topics"]) == TOPICS
    assert "admit_from" in loaded["about"]


def test_the_first_thousand_hosts_of_strangers_are_counted() -> None:
    numbers = (*range(1_001), 7, 1_000)
    strangers = (Review(url=f"https://{number}.example/", claim=HERB) for number in numbers)
    admitted = admit(strangers, Trust())
    assert admitted.strangers.total() == len(admitted.strangers) + 1 == 1_001
    assert admitted.refused[RefusalCode.NOT_TRUSTED] == 1_003
