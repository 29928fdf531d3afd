"""What `check_packs` checks beyond the structure of a pack, and what it warns of."""

from datetime import date
from pathlib import Path

import pytest
from support.sample_packs import PACK, PROTECTED, SCORED

from authoring.check import check_packs
from authoring.joined import joined_warnings
from matcher import Matcher, PackError, load_packs
from rules.pack import read_pack

TODAY = date(2026, 11, 15)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    protected = tmp_path / "protected"
    protected.mkdir()
    protected.joinpath("en.txt").write_text("# news\nPolice warn of stolen codes.\n", "utf-8")
    tmp_path.joinpath("otp.yaml").write_text(PACK, "utf-8")
    return tmp_path


def problems(folder: Path, **more: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        check_packs(folder, TODAY, **more)
    return [line.replace(f"{folder}/", "") for line in str(caught.value).split("\n")]


def rewrite(folder: Path, old: str, new: str) -> None:
    assert PACK.count(old) == 1
    folder.joinpath("otp.yaml").write_text(PACK.replace(old, new), "utf-8")


def test_sound_packs_are_loaded_in_the_order_of_ids(folder: Path) -> None:
    other = PACK.replace("one-time-codes", "a-first").replace("[otp, login code]", "[otp]")
    folder.joinpath("zz.yml").write_text(other, "utf-8")
    packs = check_packs(folder, TODAY)
    assert [pack.id for pack in packs] == ["a-first", "one-time-codes"]
    assert packs.warnings == ()
    assert len(Matcher(packs).find("send me the otp")) == 2


def test_load_packs_reads_without_running_examples(folder: Path) -> None:
    rewrite(folder, "otp - send me]", "otp]")
    assert [pack.id for pack in load_packs(folder, TODAY)] == ["one-time-codes"]
    assert problems(folder)


def test_one_file_is_loaded_too(folder: Path) -> None:
    assert [pack.id for pack in check_packs(folder / "otp.yaml", TODAY)] == ["one-time-codes"]


EXAMPLES = {
    "a match that is not hit": ("otp - send me]", "otp]", [
        "otp.yaml:22: asks-for-code: this `match` example is not hit: none of [send me]; fix"]),
    "an ignore that is hit": ("[send me my otp bank,", "[send me that otp,", [
        "otp.yaml:23: asks-for-code: this `ignore` example is hit by `send me`, `otp`"]),
    "one match only": (", otp - send me]", "]", [
        "otp.yaml:13: asks-for-code: `match` needs at least 2 examples, and has 1"]),
    "no ignore": (PACK[PACK.index("    ignore:") :], "", [
        "otp.yaml:13: asks-for-code: `ignore` needs at least 2 examples, and has 0"]),
    "a public suffix": ("    within: 12", "    links: [co.uk]", [
        "otp.yaml:19: asks-for-code: `co.uk` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit"]),
    "a public suffix of a site builder": ("    within: 12", "    links: [github.io]", [
        "otp.yaml:19: asks-for-code: `github.io` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit"]),
    "a public suffix behind a sign": ("    within: 12", "    links: [~co.uk]", [
        "otp.yaml:19: asks-for-code: `~co.uk` is a public suffix: it would mean all its sites;",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit"]),
    "a host that a public suffix looks like": ("    within: 12", "    links: [squaret.net]", [
        "otp.yaml:19: asks-for-code: `square7.net` looks like `squaret.net` and is a public",
        "otp.yaml:22: asks-for-code: this `match` example is not hit",
        "otp.yaml:22: asks-for-code: this `match` example is not hit"]),
    "a protected sentence": (
        "[otp, login code]\n      - [send me]", "[otp, police]\n      - [send me, warn]", [
            "otp.yaml:13: asks-for-code: hits the protected sentence protected/en.txt:2 with"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_problem_names_its_line_and_rule(folder: Path, old: str, new: str,
                                           expected: list[str]) -> None:  # fmt: skip
    rewrite(folder, old, new)
    told = problems(folder)
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


NAMED = {
    "an office in English": (
        "[[government, president, minister], [must resign, vote out, should resign]]",
        '["The president should resign, join the protest", vote out the minister]',
        "16: asks-for-code: this group is met only through names, such as `government` (an office)",
    ),
    "an office in German": (
        "[[zurücktreten, abwählen], [Regierung, Präsident, Ministern]]",
        '["Der Präsident soll zurücktreten, kommt zur Demo", Regierung abwählen]',
        "16: asks-for-code: this group is met only through names, such as `Regierung` (an office)"),
    "a phrase with a name": ("[[the mayor must], [go]]", "[the mayor must go, go the mayor must]",
        "16: asks-for-code: this group is met only through names, such as `the mayor must`"),
    "an open end": ('[[presid*, "*министр*"], [go]]', "[president go, министры go]",
        "16: asks-for-code: this group is met only through names, such as `presid*` (an office)"),
    "names beside padding": ("[[mayor, printer], [must go]]", "[mayor must go, printer must go]",
        "22: asks-for-code: this `match` example is hit only through names, such as `mayor`"),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "match", "expected"), NAMED.values(), ids=NAMED)
def test_no_rule_is_about_names(folder: Path, groups: str, match: str, expected: str) -> None:
    text = PACK.replace("all:\n      - [otp, login code]\n      - [send me]", f"all: {groups}\n\n")
    text = text.replace("match: [send me the otp, otp - send me]", f"match: {match}")
    folder.joinpath("otp.yaml").write_text(text, "utf-8")
    [told] = problems(folder)
    assert told.startswith(f"otp.yaml:{expected}")
    assert "use terms that name nobody, or put names into `unless`" in told


def test_names_may_be_beside_other_terms_that_carry_the_examples(folder: Path) -> None:
    """An office that frauds pretend to be is no opinion: its group has a bank, too."""
    rewrite(folder, "[otp, login code]", "[otp, tax office, ministry of finance]")
    assert check_packs(folder, TODAY).warnings == ()


OWN = PACK.replace("[en, id]", "[de]").replace("rules:\n", f"{PROTECTED}rules:\n")
OWN_PROBLEMS = {
    "four of a kind": ("      - Mann gewinnt weiteren Montag.\n", "",
        "39: `satire` needs 5 entries, and has 4; add more"),
    "a sentence twice": ("Drucker riecht Angst, sagt Studie.", "Mann gewinnt weiteren Montag.",
        "42: this sentence is in line 41 too; write another"),
    "no sentence": ("Mann gewinnt weiteren Montag.", "Montag", "42: `satire` must be one line"),
    "a missing kind": ("    faith:", "    fait:", "13: `faith` is missing; add it"),
    "a sentence that a rule hits": ("Drucker riecht Angst", "Send me the OTP",
        "51: asks-for-code: hits the protected sentence otp.yaml:41 with `send me`, `otp`"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), OWN_PROBLEMS.values(), ids=OWN_PROBLEMS)
def test_the_protected_sentences_of_an_author_are_thirty_that_the_pack_leaves_alone(folder: Path,
        old: str, new: str, expected: str) -> None:  # fmt: skip
    assert OWN.count(old) == 1
    folder.joinpath("otp.yaml").write_text(OWN.replace(old, new), "utf-8")
    assert [line for line in problems(folder) if line.startswith(f"otp.yaml:{expected}")]


@pytest.mark.parametrize(("text", "lacking"), [
    (PACK, ()), (PACK.replace("[en, id]", "[en-GB, zh-Hant]"), ()),
    (PACK.replace("[en, id]", "[en, de-AT, ms]"), ("de-AT", "ms")), (OWN, ()),
    (OWN.replace("[de]", "[de-AT, ms]"), ("ms",)),
], ids=["shipped", "shipped tags", "none ship", "the author's",
        "the author's and none"])  # fmt: skip
def test_a_pack_names_its_languages_without_protected_sentences(folder: Path, text: str,
        lacking: tuple[str, ...]) -> None:  # fmt: skip
    folder.joinpath("otp.yaml").write_text(text, "utf-8")
    folder.joinpath("protected/ms.txt").write_text("Only what ships or is published counts.\n")
    packs = check_packs(folder, TODAY)
    assert (packs[0].unprotected or ()) == lacking
    assert ["unprotected" in warning.message for warning in packs.warnings] == [True] * bool(
        lacking
    )


def test_an_id_of_two_packs_is_a_problem_of_the_second(folder: Path) -> None:
    folder.joinpath("zz.yaml").write_text(PACK, "utf-8")
    assert problems(folder) == ["zz.yaml:1: `one-time-codes` is the id of otp.yaml too; rename one"]


def test_the_problems_of_all_files_are_reported(folder: Path) -> None:
    rewrite(folder, "version: 3", "version: x")
    folder.joinpath("zz.yaml").write_bytes(b"id: \xff")
    folder.joinpath("big.yaml").write_bytes(b"#" * (2 * 1024 * 1024 + 1))
    assert problems(folder) == ["big.yaml:1: a pack has at most 2,097,152 bytes; divide it",
        "otp.yaml:2: `version` must be a whole number from 1 to 1000000000",
        "zz.yaml:1: byte 4 is not UTF-8; save the file as UTF-8"]  # fmt: skip


def test_an_expired_pack_is_skipped_with_advice(folder: Path) -> None:
    packs = check_packs(folder, date(2027, 5, 1))
    assert packs == []
    [warning] = packs.warnings
    assert (warning.line, warning.rule) == (11, None)
    assert "its last day was 2027-04-30" in warning.message
    assert "raise `version` to 4" in warning.message


def test_a_pack_runs_on_its_last_day_and_waits_for_its_first(folder: Path) -> None:
    assert len(check_packs(folder, date(2027, 4, 30))) == 1
    assert len(check_packs(folder, date(2026, 1, 1))) == 1


WARNINGS = {
    "signs that do not count": ("[otp, login code]", '[otp, "c++"]', "`c++` is compared as `c`"),
    "a single letter": ("[otp, login code]", "[otp, x]", "`x` is a single letter or digit"),
    "two terms that fold alike": ("[otp, login code]", "[otp, ÓTP]", "`ÓTP` says the same"),
}


@pytest.mark.parametrize(("old", "new", "message"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_stops_nothing(folder: Path, old: str, new: str, message: str) -> None:
    rewrite(folder, old, new)
    packs = check_packs(folder, TODAY)
    assert len(packs) == 1
    [warning] = packs.warnings
    assert warning.line == 17
    assert warning.message.startswith(message)


def test_protected_sentences_may_lie_elsewhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.joinpath("id.txt").write_text("Send me no OTP, says the ministry.", "utf-8")
    assert problems(folder, protected=elsewhere)[0].startswith(
        "otp.yaml:13: asks-for-code: hits the protected sentence elsewhere/id.txt:1"
    )


def test_without_protected_sentences_nothing_is_sound(folder: Path) -> None:
    folder.joinpath("protected/en.txt").write_text("# none yet\n", "utf-8")
    assert "no protected sentences: name their folder" in problems(folder)[0]


def test_a_folder_without_packs_is_a_problem(folder: Path) -> None:
    folder.joinpath("otp.yaml").unlink()
    assert "no packs here" in problems(folder)[0]


def test_a_protected_sentence_too_hard_for_all_packs_is_tried_with_each(folder: Path) -> None:
    other = PACK.replace("one-time-codes", "lending").replace("send me", "lend me")
    folder.joinpath("other.yaml").write_text(other, "utf-8")
    folder.joinpath("protected/en.txt").write_text("s*nd l*nd " * 12 + "s*nd me the otp\n", "utf-8")
    found = [line for line in problems(folder) if "hits the protected sentence" in line]
    assert [line.partition(":")[0] for line in found] == ["otp.yaml"]


GROUPS = PACK[PACK.index("    all:") :]
"""What the rule looks for, and its examples."""


def warnings(tmp_path: Path, *packs: str) -> list[str]:
    tmp_path.joinpath("protected").mkdir()
    tmp_path.joinpath("protected/en.txt").write_text("Police warn of stolen codes.", "utf-8")
    for name, pack in zip(("otp", "second"), packs, strict=False):
        tmp_path.joinpath(f"{name}.yaml").write_text(pack, "utf-8")
    return [str(warning).replace(f"{tmp_path}/", "")
            for warning in check_packs(tmp_path, TODAY).warnings]  # fmt: skip


def test_a_pack_that_needs_all_it_says_is_left_in_peace(tmp_path: Path) -> None:
    assert PACK.endswith(GROUPS)
    assert warnings(tmp_path, PACK) == []


CHANGES = {
    "a term found in another": ("[otp, login code]", "[otp, kode otp]", [
        "17: `kode otp` adds next to nothing: `otp` is found in it; drop one"]),
    "a term found in another, where a group shares it": (
        "[otp, login code]\n      - [send me]", "[otp, the otp]\n      - [send me, otp]", []),
    "a term that another takes in by its open end": ("[otp, login code]", "[otp, otps, 'otp*']", [
        "17: `otp` adds next to nothing: `otp*` is found in it; drop one",
        "17: `otps` adds next to nothing: `otp*` is found in it; drop one"]),
    "a phrase of unless found in another": ("[never share]", "[never share, never share an]", [
        "21: `never share an` adds next to nothing: `never share` is found in it; drop one"]),
    "an exception of a second term": ("[otp bank]", "[otp bank, my login code]", [
        "20: no `ignore` example needs `my login code` in `except`;"]),
    "a term that is an exception": ("[otp bank]", "[otp bank, login code]", [
        "17: `login code` can never match: the exception `login code` holds it",
        "20: no `ignore` example needs `login code` in `except`;"]),
    "a term that a context cancels": ("[send me]", "[send me, never share it]", [
        "18: `never share it` can never match: `never share` in `unless` cancels it"]),
    "an exception without a term": ("[otp bank]", "[otp bank, river bank]", [
        "20: the exception `river bank` cancels nothing: it holds no term"]),
    "an exception that a context cancels": ("[otp bank]", "[otp bank, never share otp]", [
        "20: the exception `never share otp` cancels nothing: `never share` in `unless` cancels"]),
    "an exception that no example needs": ("[otp bank]", "[otp bank, otp form]", [
        "20: no `ignore` example needs `otp form` in `except`; add one that would be hit without,",
    ]),
    "a context that no example needs": ("[never share]", "[never share, never tell]", [
        "21: no `ignore` example needs `never tell` in `unless`;"]),
    "a long list of contexts is vocabulary": (
        "[never share]", f"[never share, {', '.join(f'word{n}' for n in range(9))}]", []),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_the_author_is_warned_of(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    told = warnings(tmp_path, PACK.replace(old, new))
    starts = [f"otp.yaml:{want[:2]}: asks-for-code: {want[4:]}" for want in expected]
    assert [line[: len(want)] for line, want in zip(told, starts, strict=True)] == starts


EVERYDAY = {
    "an everyday word alone": (
        "any: [money, kode otp]", ["`money` is an everyday word, and alone it meets the rule;"]),
    "an everyday word of another language of the pack": (
        "any: [uang, kode otp]", ["`uang` is an everyday word, and alone it meets the rule;"]),
    "an everyday word of a language that it has not": ("any: [钱, kode otp]", []),
    "an everyday word behind an open end": (
        "any: ['mone*', kode otp]", ["`mone*` hits `money`, an everyday word, and alone"]),
    "everyday words in every group": (
        "all: [[money, kode otp], [send, otp]]",
        ["everyday words alone meet every group: `money`, `send`; add `within`, or narrow one"]),
    "everyday words close together": ("all: [[money, kode otp], [send, otp]]\n    within: 3", []),
    "an everyday word beside a rare one": ("all: [[money, kode otp], [otp, password]]", []),
    "an everyday word that must come often": (
        "at_least: {n: 2, of: [money, kode otp]}", ["`money` is an everyday word,"]),
    "an everyday word in a phrase": ("any: [send money now, kode otp]", []),
}  # fmt: skip


@pytest.mark.parametrize(("groups", "expected"), EVERYDAY.values(), ids=EVERYDAY)
def test_everyday_words_are_warned_about(tmp_path: Path, groups: str, expected: list[str]) -> None:
    word = "钱" if "钱" in groups else "money" if "mone" in groups else "uang"
    posts = [f"{word} {word} send otp password, send money now", "kode otp, otp password, kode otp"]
    rule = f"    {groups}\n    match: [{', '.join(map(repr, posts))}]\n    ignore: [a, b]\n"
    told = warnings(tmp_path, PACK.replace(GROUPS, rule))
    messages = [line.partition("asks-for-code: ")[2] for line in told]
    assert [one[: len(want)] for one, want in zip(messages, expected, strict=True)] == expected


def test_a_weight_that_alone_reaches_the_threshold_is_warned_about(tmp_path: Path) -> None:
    """In a score, as in groups, one word is never enough."""
    heavy = SCORED.replace("otp: 3", "otp: 6").replace("-4}", "-8}\n      signs: {hashtag: 7}")
    assert warnings(tmp_path, heavy)[1:] == [
        f"otp.yaml:{line}: asks-for-code: `{written}` alone reaches the threshold 6; one word is"
        " never enough, so lower its weight"
        for line, written in ((19, "otp"), (20, "hashtag"))
    ]


def test_a_bare_contact_that_is_a_hit_is_warned_about(tmp_path: Path) -> None:
    """A number alone never is one in a score: it needs a word."""
    signs = "bank: -4, contact me: 3, hubungi: 3}\n      signs: {digits-7-11: 3, phone: 3, link: 5}"
    told = (
        "otp.yaml:13: asks-for-code: `Contact me, hubungi, 联系:` alone is a hit; a way to get in"
    )
    told += " touch is no sign of harm"
    assert warnings(tmp_path, SCORED.replace("bank: -4}", signs))[1:] == [told]


def test_an_exception_is_needed_in_both_han_spellings(tmp_path: Path) -> None:
    """Either of them would do, but people read packs."""
    both = PACK.replace("[otp bank]", "[otp银行, otp銀行]").replace("my otp bank", "my otp银行")
    assert warnings(tmp_path, both) == []


def test_a_long_list_that_no_example_needs_is_one_warning(tmp_path: Path) -> None:
    words = ", ".join(f"word{number}" for number in range(9))
    rule = f"    any: [otp]\n    unless: [{words}]\n    match: [otp, my otp]\n    ignore: [a, b]\n"
    told = "otp.yaml:17: asks-for-code: no `ignore` example needs `word0` and 8 more in `unless`; "
    told += "add one that would be hit without, or drop it"
    assert warnings(tmp_path, PACK.replace(GROUPS, rule)) == [told]


def test_a_subdomain_of_another_host_is_warned_about(tmp_path: Path) -> None:
    links = "[shop.example, a.shop.example, ~b.shop.example]"
    rule = f"    links: {links}\n    match: [shop.example, www.shop.example]\n    ignore: [a, b]\n"
    told = "otp.yaml:16: asks-for-code: `a.shop.example` adds nothing: `shop.example` includes "
    told += "its subdomains; drop one"
    assert warnings(tmp_path, PACK.replace(GROUPS, rule)) == [told]


def test_a_rule_of_another_pack_that_asks_the_same_is_warned_about(tmp_path: Path) -> None:
    second = PACK.replace("one-time-codes", "a-second").replace("asks-for-code", "asks-again")
    second = second.replace("[otp, login code]", "[Login Code, OTP]")
    told = "second.yaml:13: asks-again: asks the same as one-time-codes/asks-for-code: the same "
    told += "groups; keep one of them"
    assert warnings(tmp_path, PACK, second.replace("within: 12", "within: 9")) == [told]


def test_a_score_that_joined_sentences_reach_is_warned_about() -> None:
    """In the languages of the pack, and not where the length takes off what they have together."""
    terms = "{send me: 5, otp: 3, login code: 2, bank: -4}"
    file = read_pack(SCORED.replace(terms, "{send me: 2, otp: 2, login code: 2}"), "otp.yaml")
    said = ("They send me flowers.", "An otp is short.", "A login code is longer.")
    assert [*joined_warnings(file, [("zh", text) for text in said])] == []
    [warning] = joined_warnings(file, [("en", text) for text in said])
    assert str(warning) == (
        "otp.yaml:13: asks-for-code: ordinary sentences, joined to longer texts, reach the"
        " threshold 6: 77 of 100 of 100 letters; the first scores 6 (`send me` +2, `otp` +2,"
        " `login code` +2), so weaken a weight"
    )


def test_a_rule_that_a_contact_and_one_word_meet_is_warned_about(tmp_path: Path) -> None:
    loose = PACK.replace("      - [send me]\n    within: 12", "      - [send me, {sign: link}]")
    loose = loose.replace("[otp, login code]", "[otp, login code, stolen codes]")
    told = "otp.yaml:13: asks-for-code: hits 1 of 1 ordinary texts once ways to get in touch "
    told += "follow; a contact proves nothing, so ask for more beside `stolen codes`: Police warn "
    told += "of stolen codes."
    assert warnings(tmp_path, loose) == [told]


def test_jokes_of_the_protected_sentences_are_not_tried_with_contacts(tmp_path: Path) -> None:
    loose = PACK.replace("      - [send me]\n    within: 12", "      - [send me, {sign: link}]")
    loose = loose.replace("[otp, login code]", "[otp, login code, monday]")
    protected = tmp_path.joinpath("protected")
    protected.mkdir()
    pack = tmp_path.joinpath("otp.yaml")
    pack.write_text(loose, "utf-8")
    for heading, count in (("jobs", 1), ("satire and jokes", 0)):
        protected.joinpath("en.txt").write_text(f"# {heading}\nYour prize: Monday.\n", "utf-8")
        assert len(check_packs(tmp_path, TODAY).warnings) == count
