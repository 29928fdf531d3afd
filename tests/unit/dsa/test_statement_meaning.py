"""What a statement says that is not so, or that nobody may publish."""

from datetime import date
from typing import Any

import pytest
from support.statement_samples import SOUND, changed, incompatible, wrong

from dsa.statement import personal_data
from dsa.statement_checks import Distribution, meaning_problems

PACKS = {"one-time-codes": (frozenset({"SCAMS_AND_FRAUD", "CYBER_VIOLENCE"}), "An invented act"),
         "two-time-codes": (frozenset({"RISK_FOR_PUBLIC_SECURITY"}), "An invented act"),
         "no-ground": (frozenset({"ANIMAL_WELFARE"}), "")}  # fmt: skip
NO_PACK: dict[str, Any] = {"decision_facts": "A notice named the post.",
                           "source_type": "SOURCE_ARTICLE_16", "automated_detection": "No",
                           "category_specification": None}  # fmt: skip
TODAY = date(2026, 11, 25)

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an e-mail address in the facts":
        wrong("personal_data_email",
              decision_facts="Somebody wrote from jo.doe@mail.example about it."),
    "a phone number in the explanation":
        wrong("personal_data_phone",
              illegal_content_explanation="The post says to call +62 812 3456 7890."),
    "a handle in the facts": wrong("personal_data_handle",
                                   decision_facts="The account @invented_seller posted it."),
    "content after its restriction": wrong("date_order", content_date="2026-11-03"),
    "an end before the beginning": wrong("date_order",
                                         end_date_visibility_restriction="2026-11-01"),
    "applied tomorrow": wrong("date_order", application_date="2026-11-26"),
    "notified, and found by machine": wrong("flag_contradicts_source", "automated_detection",
                                            source_type="SOURCE_ARTICLE_16",
                                            decision_facts="A notice told of the post."),
    "found by a rule, and not by machine":
        wrong("flag_contradicts_facts", automated_detection="No"),
    "decided by a moderator, and by machine alone":
        wrong("flag_contradicts_facts", automated_decision="AUTOMATED_DECISION_FULLY"),
    "a category that its pack has not":
        wrong("category_not_of_pack", category="STATEMENT_CATEGORY_VIOLENCE",
              category_specification=[]),
    "a category that no pack with its ground has": (
        changed(**NO_PACK, illegal_content_legal_ground="An invented act")
        | {"category": "STATEMENT_CATEGORY_ANIMAL_WELFARE"},
        *("category", "category_not_of_pack")),
    "a category that only terms have, on the law":
        (changed(**NO_PACK, category="STATEMENT_CATEGORY_OTHER_VIOLATION_TC"),
         *("category", "category_contradicts_field")),
    "a category that only notices have, without one": (
        changed(**NO_PACK | {"source_type": "SOURCE_VOLUNTARY"})
        | {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"},
        *("category", "category_contradicts_field")),
    "a legal ground of one letter": wrong("too_short", illegal_content_legal_ground="x"),
    "a section of no law": wrong("too_short", made=incompatible, incompatible_content_ground="§ 4"),
    "facts of no letter": wrong("too_short", decision_facts="…"),
    "a keyword of another category": wrong("keyword_of_other_category",
                                           category_specification=["KEYWORD_COORDINATED_HARM"]),
}  # fmt: skip


@pytest.mark.parametrize("statement", [
    SOUND, changed(**NO_PACK), changed(**NO_PACK, illegal_content_legal_ground="An invented act"),
    changed(**NO_PACK) | {"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"},
    incompatible(**NO_PACK) | {"category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"},
    changed(category="STATEMENT_CATEGORY_CYBER_VIOLENCE", category_specification=None),
    changed(illegal_content_legal_ground="刑法"),
])  # fmt: skip
def test_a_sound_statement_means_what_it_says(statement: dict[str, Any]) -> None:
    assert list(meaning_problems(statement, PACKS, TODAY)) == []


@pytest.mark.parametrize("name", WRONG)
def test_each_contradiction_is_named_and_nothing_else(name: str) -> None:
    statement, field, code = WRONG[name]
    found = [(one.field, one.code) for one in meaning_problems(statement, PACKS, TODAY)]
    assert found == [(field, code)]


def test_a_keyword_of_a_category_that_is_added_is_no_problem() -> None:
    statement = changed(category_addition=["STATEMENT_CATEGORY_VIOLENCE"],
        category_specification=["KEYWORD_COORDINATED_HARM", "KEYWORD_OTHER"])  # fmt: skip
    assert list(meaning_problems(statement, PACKS, TODAY)) == []


@pytest.mark.parametrize(("text", "kinds"), [
    ("mail me: jo (at) mail (dot) example", ["email"]), ("jo＠mail.example", ["email"]),
    ("see t.me/invented_seller", ["handle"]),
    ("https://www.instagram.com/invented.seller", ["handle"]), ("reach 0812-3456-7890", ["phone"]),
    ("reach (030) 1234567", ["phone"]), ("reach (202) 555-0143", ["phone"]),
    ("打 138 0013 8000", ["phone"]), ("WA: 8123456789", ["phone"]), ("+442079460958", ["phone"]),
    ("0049 30 1234567", ["phone"]),
])  # fmt: skip
def test_personal_data_is_seen(text: str, kinds: list[str]) -> None:
    assert [str(one) for one in personal_data(text)] == kinds


@pytest.mark.parametrize("text", [
    "Matched pack one-time-codes 3 rule asks-for-code on 2026-11-01 and 2026-11-02.",
    "Regulation (EU) 2021/784, Article 5(1); Regulation (EU) 2022/2065 of 19.10.2022",
    "It promises 1,000,000 or 12.500.000 a month for 25 clicks.",
    "Statement 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "The post of 25/11/2026 10:00 was read 1200345 times.", "§ 263 StGB; KUHP 378; Section 420(2)",
    "Decided @ once; costs 5 @ 3 each",
    "https://terang.example/packs/one-time-codes/3.html#asks-for-code", "EAN 4006381333931",
])  # fmt: skip
def test_what_is_no_personal_data_is_not(text: str) -> None:
    assert list(personal_data(text)) == []


def statements(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [changed(**fields) | {"puid": None} for _ in range(count)]


def told(given: list[dict[str, Any]]) -> list[tuple[object, str, str]]:
    distribution = Distribution[int]()
    for number, one in enumerate(given, 1):
        assert list(distribution.add(number, one)) == []
    return [(place, one.field, one.code) for place, one in distribution.problems()]


NOTICED = {"source_type": "SOURCE_ARTICLE_16"}


def test_a_puid_that_came_before_is_told() -> None:
    distribution = Distribution[int]()
    assert list(distribution.add(1, SOUND)) == []
    assert [one.code for one in distribution.add(2, SOUND)] == ["duplicate_puid"]


def test_a_flag_that_says_the_same_of_all_is_told() -> None:
    given = statements(30) + statements(30, **NOTICED)
    assert told(given) == [(1, "automated_detection", "flag_constant")]


def test_a_flag_that_says_the_opposite_is_told() -> None:
    given = statements(30, automated_detection="No") + statements(30, **NOTICED)
    assert (1, "automated_detection", "flag_inverted") in told(given)


def test_less_than_twenty_statements_show_no_flag() -> None:
    given = statements(30) + statements(19, **NOTICED)
    assert told(given) == []
    assert told(given + statements(1, **NOTICED)) == [(1, "automated_detection", "flag_constant")]


def test_nine_in_ten_are_not_nearly_all() -> None:
    """More than nine in ten on both sides."""
    no, yes = {"automated_detection": "No"}, NOTICED
    for first, second in ((18, 20), (20, 18)):
        given = statements(first, **no) + statements(20 - first) + statements(second, **yes)
        assert told(given + statements(20 - second, **no, **yes)) == []
    given = statements(19, **no) + statements(1) + statements(19, **yes)
    assert told(given + statements(1, **no, **yes)) == [(1, "automated_detection", "flag_inverted")]


def test_a_provider_without_notices_may_say_the_same_of_all() -> None:
    assert told(statements(500)) == []


def test_a_month_unlike_the_last_is_told_where_it_begins() -> None:
    october = statements(120, application_date="2026-10-02")
    november = statements(80) + statements(120, category="STATEMENT_CATEGORY_VIOLENCE")
    assert told(october + november) == [(121, "category", "distribution_shift")]
    violence = statements(100, category="STATEMENT_CATEGORY_VIOLENCE")
    assert told(october + violence[:99]) == []
    assert told(october + violence) == [(121, "category", "distribution_shift")]
