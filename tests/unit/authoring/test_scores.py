"""Scored rules as their author meets them: read, refused with a line, laid out and explained."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec import structs
from support.sample_packs import CARD, PACK, SCORED, pack_of

from authoring.advice import named_in
from authoring.check import check_packs, word_problems, word_warnings
from authoring.explain import explain
from authoring.format import canonical
from matcher import Matcher, Mode, Pack, PackError, Rule, Severity, build_set, load_set
from phrases import LANGUAGES
from rules.pack import read_pack
from rules.pack_parts import WEIGHTS_IN_LIST, CardLevel, Gate, Interval, Reading, Score

WEIGHTS = "{send me: 5, otp: 3, login code: 2, bank: -4}"


def changed(old: str, new: str) -> str:
    assert old in SCORED
    return SCORED.replace(old, new)


def problems(text: str) -> list[str]:
    with pytest.raises(PackError) as error:
        raise PackError([*word_problems(read_pack(text, "otp.yaml"))])
    return [str(problem) for problem in error.value.problems]


def test_a_score_is_read() -> None:
    [rule] = Pack.parse(SCORED, "otp.yaml").rules
    terms = {"bank": -4, "login code": 2, "otp": 3, "send me": 5}
    assert rule.score == Score(6, 9, None, terms)
    assert (rule.groups, rule.unless) == ((), ("never share",))
    assert type(next(iter(rule.score.terms))) is str


def test_without_high_no_sum_raises_the_severity() -> None:
    [rule] = Pack.parse(changed("      high: 9\n", ""), "otp.yaml").rules
    assert rule.score
    assert rule.score.high is None


MANY = ", ".join(f"word{number}: 1" for number in range(WEIGHTS_IN_LIST + 1))
IN_PINYIN = "    exact: true\n    score:\n      pinyin: {jia-wei: 3}\n"
ERRORS = {
    "no terms": (f"      terms: {WEIGHTS}\n", "", [
        ("otp.yaml:17: asks-for-code: a score needs `terms` or `pinyin` or `signs`; "
        "add what is worth something"),
    ]),
    "no threshold": ("      threshold: 6\n", "", [
        "otp.yaml:17: asks-for-code: `threshold` is missing"]),
    "a threshold of nothing": ("threshold: 6", "threshold: 0", [
        "otp.yaml:17: asks-for-code: `threshold` must be a whole number from 1 to 1000"]),
    "a threshold out of reach": ("threshold: 6\n      high: 9", "threshold: 11", [
        "otp.yaml:17: asks-for-code: no text can reach 11: all weights together are 10"]),
    "pinyin of what is no syllable": ("      high: 9\n", "      pinyin: {jia-wie: 3}\n", [
        ("otp.yaml:18: asks-for-code: "
        "`wie` is not a syllable of pinyin; write it without tones, and ü as v"),
    ]),
    "a single syllable": ("      high: 9\n", "      pinyin: {jia: 3}\n", [
        "otp.yaml:18: asks-for-code: `jia` is one syllable, which tells nothing; use two or more"]),
    "pinyin of an office": ("      high: 9\n", "      pinyin: {shi-zhang: 3}\n", [
        ("otp.yaml:18: asks-for-code: "
        "`shi-zhang` sounds like the name of an office; no score may know one, so drop it"),
    ]),
    "pinyin in an exact rule": ("    score:\n", IN_PINYIN, [
        ("otp.yaml:18: asks-for-code: "
        "terms in pinyin meet letters by sound, which `exact` excludes; drop one"),
    ]),
    "high below the threshold": ("high: 9", "high: 6", [
        "otp.yaml:18: asks-for-code: `high` 6 must be above `threshold` 6"]),
    "a weight that is too large": ("send me: 5", "send me: 10", [
        "otp.yaml:19: asks-for-code: the weight of `send me` must be a whole number from -9 to 9"]),
    "a weight that is a fraction": ("send me: 5", "send me: 1.5", [
        "otp.yaml:19: asks-for-code: the weight of `send me` must be a whole number from -9 to 9"]),
    "a weight of nothing": ("bank: -4", "bank: 0", [
        "otp.yaml:19: asks-for-code: `bank` weighs 0, which changes nothing; drop it"]),
    "a single letter": ("bank: -4", "x: 4", [
        "otp.yaml:19: asks-for-code: `x` is a single letter or digit, which tells nothing; use"]),
    "a single Han letter": ("bank: -4", "码: 4", [
        "otp.yaml:19: asks-for-code: `码` is a single letter or digit, which tells nothing; use"]),
    "a handle": ("bank: -4", "'@bank': 4", [
        "otp.yaml:19: asks-for-code: `@bank` is a handle; rules name no accounts"]),
    "a number as a term": ("bank: -4", "88: 4", [
        'otp.yaml:19: asks-for-code: `terms`: YAML reads 88 as int; quote it: "88"']),
    "a term twice": ("bank: -4", "otp: 4", [
        "otp.yaml:19: asks-for-code: `otp` occurs twice in `terms`; keep one"]),
    "a term in two spellings": ("bank: -4", "OTP: 4", [
        "otp.yaml:19: asks-for-code: `OTP` is found where `otp` is, and would count twice"]),
    "an unknown script": ("high: 9", "reads: {script: Latn}", [
        "otp.yaml:18: asks-for-code: `Latn` is not a script; there are Arabic, Chinese,"]),
    "an unknown list of words": ("high: 9", "reads: {words_of: tlh}", [
        "otp.yaml:18: asks-for-code: `tlh` is not a list of words; there are en, id"]),
    "an office": ("bank: -4", "the mayor says: 4", [
        "otp.yaml:19: asks-for-code: `the mayor says` names an office; no score may know one"]),
    "a sign as a term": ("bank: -4", "'{link}': 4", [
        "otp.yaml:19: asks-for-code: `{link}` is written like a sign; write a term without braces",
    ]),
    "an unknown sign": ("terms: {", "signs: {lnk: 9}\n      terms: {", [
        "otp.yaml:19: asks-for-code: `lnk` is not a sign; did you mean `link`?"]),
    "a list of terms": (WEIGHTS, "[otp]", [
        "otp.yaml:19: asks-for-code: `terms` must be a mapping: {one: 3, two: -1}"]),
    "an empty list": (WEIGHTS, "{}", ["otp.yaml:19: asks-for-code: `terms` is empty; fill it"]),
    "too many terms": (WEIGHTS, f"{{{MANY}}}", [
        f"otp.yaml:19: a mapping has at most {WEIGHTS_IN_LIST:,} keys; remove the others"]),
    "an unknown key": ("high: 9", "low: 9", [
        "otp.yaml:18: asks-for-code: unknown key `low`; allowed: threshold, high"]),
    "a group too": ("    unless: [never share]", "    any: [otp]", [
        "otp.yaml:20: asks-for-code: a rule with `score:` has no `any`; make it a rule of its own",
    ]),
    "a window": ("    unless: [never share]", "    within: 3", [
        "otp.yaml:20: asks-for-code: a rule with `score:` has no `within`"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ERRORS.values(), ids=ERRORS)
def test_a_problem_of_a_score_names_its_line(old: str, new: str, expected: list[str]) -> None:
    told = problems(changed(old, new))
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


NAMES = {
    "a party": ["partai", "国民党", "партия", "Parteien", "الحزب", "barisan nasional"],
    "a people": ["Nigerian money", "华人", "回族", "таджики", "orang Jawa", "藏人", "Flüchtlinge"],
    "a religion": ["church", "masjid", "寺庙", "回教", "мечеть", "Kirchen", "المسجد", "mosquée"],
    "an office": ["President", "bupati", "政府", "губернатор", "правительств*", "Bundeskanzlerin",
                  "الحكومة", "perdana menteri", "presid*", "gobierno",
                  "bill for the council tax mayor"],
    "a person": ["Dear Patricia", "путин"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "term"), [(kind, term) for kind, terms in NAMES.items() for term in terms]
)
def test_no_term_names_persons_parties_peoples_religions_or_offices(kind: str, term: str) -> None:
    assert named_in(term) == kind


@pytest.mark.parametrize("term", [
    "slot gacor", "dan", "the bill", "优惠", "том числе", "mu", "official support", "council tax",
    "Deutsche Bank", "中国人民银行", "现在日赚", "iban", "main*",
])  # fmt: skip
def test_ordinary_words_are_terms(term: str) -> None:
    assert named_in(term) is None


def test_weights_are_laid_out_from_the_largest_down() -> None:
    written_apart = changed(
        WEIGHTS,
        '\n        bank: -4 # harmless\n        otp: 3\n        "88": 3\n        send me: 5',
    )
    laid_out = canonical(written_apart, "otp.yaml")
    assert '      terms: {send me: 5, "88": 3, otp: 3, bank: -4}  # harmless\n' in laid_out
    assert canonical(laid_out, "otp.yaml") == laid_out


def test_a_score_of_signs_alone_is_read_and_laid_out() -> None:
    laid_out = canonical(changed(f"terms: {WEIGHTS}", "signs: {phone: 2, link: 4}"), "otp.yaml")
    [rule] = Pack.parse(laid_out, "otp.yaml").rules
    assert rule.score == Score(6, 9, signs={"link": 4, "phone": 2})
    assert "      signs: {link: 4, phone: 2}\n" in laid_out


def test_a_gate_is_read_and_laid_out() -> None:
    laid_out = canonical(changed("high: 9", "reads: {words_of: id, script: Latin}"), "otp.yaml")
    [rule] = Pack.parse(laid_out, "otp.yaml").rules
    assert rule.score
    assert rule.score.reads == Gate("Latin", "id")
    assert "      reads: {script: Latin, words_of: id}\n" in laid_out


def test_terms_in_pinyin_are_read_and_laid_out() -> None:
    text = changed("    unless:", "      pinyin: {jia-wei: 3, ka-jie: 5}\n    unless:")
    [rule] = Pack.parse(text, "otp.yaml").rules
    assert rule.score
    assert rule.score.pinyin == {"jia-wei": 3, "ka-jie": 5}
    assert "      pinyin: {ka-jie: 5, jia-wei: 3}\n    unless:" in canonical(text, "otp.yaml")


def test_long_lists_of_weights_wrap() -> None:
    many = ", ".join(f"word number {number}: 2" for number in range(20))
    laid_out = canonical(changed(WEIGHTS, f"{{{many}}}"), "otp.yaml")
    assert max(map(len, laid_out.splitlines())) <= 100
    assert canonical(laid_out, "otp.yaml") == laid_out


def checked(folder: Path, text: str, sentence: str = "Police warn of thefts.") -> list[str]:
    """The problems and warnings of a folder with one pack, which has no card, and one sentence."""
    folder.joinpath("otp.yaml").write_text(text, "utf-8")
    folder.joinpath("protected").mkdir()
    folder.joinpath("protected/en.txt").write_text(sentence, "utf-8")
    try:
        found = check_packs(folder, date(2026, 11, 15)).warnings
    except PackError as error:
        found = error.problems
    told = [str(problem).replace(f"{folder}/", "") for problem in found]
    return [line for line in told if "no `card`" not in line]


def test_a_sound_scored_pack_checks(tmp_path: Path) -> None:
    assert checked(tmp_path, SCORED) == []


def test_a_match_example_must_reach_the_threshold(tmp_path: Path) -> None:
    [problem] = checked(tmp_path, changed("otp - send me]", "otp and more]"))
    assert problem.startswith(
        "otp.yaml:21: asks-for-code: this `match` example is not hit: score 3, it needs 6; fix"
    )


def test_an_ignore_example_must_not_reach_the_threshold(tmp_path: Path) -> None:
    [problem] = checked(tmp_path, changed("[send me my otp bank,", "[send me that otp,"))
    assert "this `ignore` example is hit by `send me`, `otp`" in problem


@pytest.mark.parametrize(("sentence", "refused"), [("My otp.", True), ("A login code.", False)])
def test_no_protected_sentence_reaches_half_of_the_threshold(tmp_path: Path, sentence: str,
        refused: bool) -> None:  # fmt: skip
    told = checked(tmp_path, SCORED, sentence)
    assert told == refused * [(
        "otp.yaml:13: asks-for-code: the protected sentence protected/en.txt:1 scores 3 "
        "(`otp` +3); none may reach half of the threshold 6, so weaken a weight: My otp."
    )]  # fmt: skip


def test_what_changes_nothing_is_named(tmp_path: Path) -> None:
    """A term that is never found in its own words, and a phrase that no example needs."""
    text = changed("unless: [never share]", "unless: [never share, weather]")
    [problem] = checked(tmp_path, text)
    assert "no `ignore` example needs `weather` in `unless`" in problem


RULE = Rule(
    id="asks-for-code", severity=Severity.MEDIUM, why="Tests.",
    score=Score(6, 8, Gate("Latin"), {"otp": 3, "send me": 5, "bank": -4}, signs={"link": 2}),
    unless=("never share",), except_=("otp box",),
)  # fmt: skip
EXPLAINED = {
    "a hit": ("Send me the ｏtp", [
        "compared as: send me the otp",
        "HIT a-pack/asks-for-code (shadow, high): score 8, it needs 6",
        "    +5  0-7 'Send me' is the term 'send me'",
        "    +3  12-15 'ｏtp' is the term 'otp' through width",
        "    decided by: send me, otp"]),
    "more than enough": ("send me the otp: https://shop.example/x", [
        "compared as: send me the otp https shop example x",
        "HIT a-pack/asks-for-code (shadow, high): score 10, it needs 6",
        "    +5  0-7 'send me' is the term 'send me'",
        "    +3  12-15 'otp' is the term 'otp'",
        "    +2  17-39 'https://shop.example/x' is the sign {link}",
        "    decided by: send me"]),
    "too low": ("send me the otp, bank", [
        "compared as: send me the otp bank",
        "no  a-pack/asks-for-code: score 4, it needs 6",
        "    +5  0-7 'send me' is the term 'send me'",
        "    +3  12-15 'otp' is the term 'otp'",
        "    -4  17-21 'bank' is the term 'bank'",
        "no rule hits this text"]),
    "a sign": ("otp: https://shop.example/x", [
        "compared as: otp https shop example x",
        "no  a-pack/asks-for-code: score 5, it needs 6",
        "    +3  0-3 'otp' is the term 'otp'",
        "    +2  5-27 'https://shop.example/x' is the sign {link}",
        "no rule hits this text"]),
    "another script": ("send me otp: это совсем другой язык", [
        "compared as: send me otp эto cobcem дpyroи языk",
        ("no  a-pack/asks-for-code: score 0, it needs 6; the text has not the script or words "
        "that `reads` asks for: it scores 0"),
        "no rule hits this text"]),
    "cancelled": ("never share it; send me the otp box", [
        "compared as: never share it send me the otp box",
        ("no  a-pack/asks-for-code: score 0, it needs 6; `never share` in `unless` makes it 0; "
        "`otp box` in `except` makes it 0"),
        "no rule hits this text"]),
    "a long text": (f"send me the otp{' so' * 144}", [
        f"compared as: send me the otp{' so' * 144}",
        "HIT a-pack/asks-for-code (shadow, medium): score 6, it needs 6",
        "    +5  0-7 'send me' is the term 'send me'",
        "    +3  12-15 'otp' is the term 'otp'",
        "    -2  length: 300 letters",
        "    decided by: send me, otp"]),
    "a link alone": ("see https://shop.example/x", [
        "compared as: see https shop example x",
        ("no  a-pack/asks-for-code: score 0, it needs 6; numbers, links and names alone: not "
        "counted; a word or a sign of dress is missing"),
        "    +2  4-26 'https://shop.example/x' is the sign {link}",
        "no rule hits this text"]),
    "nothing": ("?!", [
        "compared as: (no words)",
        "no  a-pack/asks-for-code: score 0, it needs 6",
        "no rule hits this text"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), EXPLAINED.values(), ids=EXPLAINED)
def test_the_sum_and_its_parts_are_shown_for_any_text(text: str, lines: list[str]) -> None:
    assert list(explain([pack_of(RULE)], text)) == lines


def test_a_rule_without_a_score_is_explained_as_before() -> None:
    rule = Pack.parse(PACK, "otp.yaml").rules[0]
    lines = list(explain([structs.replace(pack_of(rule))], "send me the otp"))
    assert lines[1] == "HIT a-pack/asks-for-code (live, high)"


CARDED = SCORED.replace("rules:\n", f"{CARD}rules:\n")


def card_problems(text: str) -> list[str]:
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


CARD_ERRORS = {
    "more than all": ("part: 90, of: 100", "part: 101, of: 100", [
        "otp.yaml:37: `part` 101 is more than `of` 100"]),
    "a share outside its interval": ("low: 0.83", "low: 0.93", [
        "otp.yaml:37: 90 of 100 is not from 0.93 to 0.95"]),
    "a bound above one": ("high: 0.95", "high: 95", [
        "otp.yaml:37: `high` must be a number from 0 to 1"]),
    "more severe hits than hits": ("found_high: 0", "found_high: 3", [
        "otp.yaml:42: `found_high` is at most `found`, and `found` at most `posts`"]),
    "an unknown level": ("at: threshold", "at: low", [
        "otp.yaml:36: `at` must be one of threshold, high"]),
    "no licence": ("      licence: CC0-1.0\n", "", [
        "otp.yaml:14: `licence` is missing; add it", "otp.yaml:22: `licence` is missing; add it"]),
    "an empty note": ("channel: comments under videos", 'channel: ""', [
        "otp.yaml:18: `channel` must be 1 to 600 letters",
        "otp.yaml:27: `channel` must be 1 to 600 letters"]),
    "an unknown key": ("never_met:", "nothing_met:", [
        "otp.yaml:13: `never_met` is missing; add it",
        "otp.yaml:44: unknown key `nothing_met`; allowed: trained_on, thresholds,"]),
    "one reader, not in a list": ("read:\n    - by", "read:\n      by", [
        "otp.yaml:50: `read` must be a list: [one, two]"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CARD_ERRORS.values(), ids=CARD_ERRORS)
def test_a_problem_of_a_card_names_its_line(old: str, new: str, expected: list[str]) -> None:
    assert old in CARDED
    text = CARDED.replace(old, new)
    told = card_problems(text)
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


def test_a_card_needs_a_score() -> None:
    [problem] = card_problems(PACK.replace("rules:\n", f"{CARD}rules:\n"))
    assert problem == "otp.yaml:13: `card` is about scores, and no rule has a `score`"


def test_a_card_is_laid_out() -> None:
    laid_out = canonical(CARDED, "otp.yaml")
    assert CARD in laid_out
    assert canonical(laid_out, "otp.yaml") == laid_out


UNREAD = CARDED[: CARDED.index("  read:")] + CARDED[CARDED.index("rules:\n") :]
IN_GERMAN = PACK.replace("[en, id]", "[en, de]")
PLAIN_SUM = UNREAD.replace("  law: 2\n", "")
LACKS = {"": CARDED, "no-card": SCORED, "not-read": UNREAD, "law": PLAIN_SUM}
LACKS["unprotected"] = IN_GERMAN


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


@pytest.mark.parametrize(("written", "law"), [("", 1), ("  law: 99\n", 99)])
def test_a_card_of_another_law_is_warned_of(written: str, law: int) -> None:
    [warning] = word_warnings(read_pack(CARDED.replace("  law: 2\n", written), "otp.yaml"))
    assert f"the card is of law {law}, and sums are worth what law 2 says" in warning.message
    assert [*word_warnings(read_pack(CARDED, "otp.yaml"))] == []


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
