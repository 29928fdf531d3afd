"""A glance lets through what would be attached, and little else."""

from dataclasses import replace

import msgspec
import pytest
from support.sample_checks import CHECKS, REPEATS_FRIDGE, REPEATS_MAYOR, REPEATS_SALT
from tools.training.development import LANGUAGES, examples
from unit.answer.test_tip_line import built

from claims.admission import build_index
from claims.check_finder import CheckFinder, ClaimIndex, Level, ask
from claims.fact_check import Rating
from claims.text_words import calibration_negatives


@pytest.fixture(scope="module")
def known() -> CheckFinder:
    """The invented checks of the development set, as if each made findings."""
    entries = [one.entry for name in LANGUAGES for one in examples(name)]
    wrong = [
        replace(one, check=msgspec.structs.replace(one.check, topic="health", rating=Rating.FALSE))
        for one in entries
    ]
    return CheckFinder(ClaimIndex(build_index(wrong)))


def test_what_makes_a_finding_passes_the_glance(known: CheckFinder) -> None:
    texts = [text for name in LANGUAGES for one in examples(name) for text in one.texts]
    found = [text for text in texts if known.find(text) is not None]
    passed = [text for text in found if known.may_repeat(text)]
    assert len(found) >= 50
    assert len(passed) >= 0.97 * len(found)


def test_most_clean_sentences_do_not_pass(known: CheckFinder) -> None:
    clean = [text for language in LANGUAGES for text in calibration_negatives(language)]
    assert sum(map(known.may_repeat, clean)) < 0.2 * len(clean)


def test_only_checks_that_make_findings_are_looked_for() -> None:
    finder = CheckFinder(ClaimIndex(built(*CHECKS)))
    assert [finder.may_repeat(one) for one in (REPEATS_SALT, REPEATS_FRIDGE)] == [True, True]
    assert not finder.may_repeat(REPEATS_MAYOR)
    assert ask(finder.index, REPEATS_MAYOR)[0].level is Level.ATTACH
