"""The card of a pack with scored rules, and the words of the shipped packs."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec import structs
from support.sample_packs import CARD, PACK, SCORED

from authoring.check import word_warnings
from authoring.format import canonical
from matcher import Matcher, Mode, Pack, PackError, build_set, load_set
from phrases import LANGUAGES
from rules.pack import read_pack
from rules.pack_parts import CardLevel, Interval, Reading

CARDED = SCORED.replace("rules:\n", f"{CARD}rules:\n")


def problems(text: str) -> list[str]:
    with pytest.raises(PackError) as error:
        Pack.parse(text, "otp.yaml")
    return [str(problem) for problem in error.value.problems]


def test_a_card_is_read() -> None:
    card = Pack.parse(CARDED, "otp.yaml").card
    assert card
    assert card.trained == {True: 300, False: 2000}
    assert card.held_back[0].at is CardLevel.THRESHOLD
    assert card.held_back[0].precision == Interval(part=90, of=91, low=0.94, high=1.0)
    assert card.read == (Reading(by="A. Reader", on=date(2026, 11, 20)),)
    assert type(card.mistakes[0]) is str


ERRORS = {
    "more than all": ("part: 90, of: 100", "part: 101, of: 100", [
        "otp.yaml:36: `part` 101 is more than `of` 100",
    ]),
    "a share outside its interval": ("low: 0.83", "low: 0.93", [
        "otp.yaml:36: 90 of 100 is not from 0.93 to 0.95",
    ]),
    "a bound above one": ("high: 0.95", "high: 95", [
        "otp.yaml:36: `high` must be a number from 0 to 1",
    ]),
    "more severe hits than hits": ("found_high: 0", "found_high: 3", [
        "otp.yaml:41: `found_high` is at most `found`, and `found` at most `posts`",
    ]),
    "an unknown level": ("at: threshold", "at: low", [
        "otp.yaml:35: `at` must be one of threshold, high",
    ]),
    "no licence": ("      licence: CC0-1.0\n", "", [
        "otp.yaml:14: `licence` is missing; add it", "otp.yaml:22: `licence` is missing; add it",
    ]),
    "an empty note": ("channel: comments under videos", 'channel: ""', [
        "otp.yaml:18: `channel` must be 1 to 600 letters",
        "otp.yaml:27: `channel` must be 1 to 600 letters",
    ]),
    "an unknown key": ("never_met:", "nothing_met:", [
        "otp.yaml:13: `never_met` is missing; add it",
        "otp.yaml:43: unknown key `nothing_met`; allowed: trained_on, thresholds,",
    ]),
    "one reader, not in a list": ("read:\n    - by", "read:\n      by", [
        "otp.yaml:48: `read` must be a list: [one, two]",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ERRORS.values(), ids=ERRORS)
def test_a_problem_of_a_card_names_its_line(old: str, new: str, expected: list[str]) -> None:
    assert old in CARDED
    text = CARDED.replace(old, new)
    told = problems(text)
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


def test_a_card_needs_a_score() -> None:
    [problem] = problems(PACK.replace("rules:\n", f"{CARD}rules:\n"))
    assert problem == "otp.yaml:13: `card` is about scores, and no rule has a `score`"


def test_a_card_is_laid_out() -> None:
    laid_out = canonical(CARDED, "otp.yaml")
    assert CARD in laid_out
    assert canonical(laid_out, "otp.yaml") == laid_out


UNREAD = CARDED[: CARDED.index("  read:")] + CARDED[CARDED.index("rules:\n") :]
IN_GERMAN = PACK.replace("[en, id]", "[en, de]")
LACKS = {"": CARDED, "no-card": SCORED, "not-read": UNREAD, "unprotected": IN_GERMAN}


@pytest.mark.parametrize(("reason", "text"), LACKS.items(), ids=["none", *list(LACKS)[1:]])
def test_a_rule_that_lacks_something_runs_in_shadow(reason: str, text: str) -> None:
    pack = Pack.parse(text, "otp.yaml")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    data = build_set([structs.replace(pack, published_at=at)], notice_hours=0)
    selection = load_set(data).for_provider("acme", at, public=True)
    name = "one-time-codes/asks-for-code"
    assert selection.shadowed == ({name: reason} if reason else {})
    for packs in ([pack], selection.packs):
        [hit] = Matcher(packs).find("send me the otp")
        assert hit.mode is (Mode.SHADOW if reason else Mode.LIVE)


def test_a_live_pack_without_a_card_is_warned_of() -> None:
    [warning] = word_warnings(read_pack(SCORED, "otp.yaml"))
    assert "no `card`: scored rules run in shadow" in warning.message
    in_shadow = SCORED.replace("rules:", "mode: shadow\nrules:")
    assert [*word_warnings(read_pack(in_shadow, "otp.yaml"))] == []


PACKS = sorted((Path(__file__).parents[3] / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_shipped_pack_says_everything_in_each_language(path: Path) -> None:
    """Packs of other people need English alone: `packs check` asks for nothing else."""
    pack = Pack.parse(path.read_text("utf-8"), path.name)
    missing = [
        f"{language}: {what}"
        for language in LANGUAGES
        for what, said in (
            ("title", pack.title_in(language)),
            ("why", pack.why_in(language)),
            *((f"why of {rule.id}", pack.reason_in(language, rule)) for rule in pack.rules),
        )
        if said.language != language
    ]
    assert not missing, (
        f"packs/{path.name} ships, so it needs words in {', '.join(LANGUAGES)}. Write"
        f" `why: {{en: …, id: …, zh: …}}`, see docs/packs.md. Missing: {'; '.join(missing)}"
    )
