"""Problems in a pack: file, line, rule and how to mend it; the JSON Schema is of one mind."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from support.sample_packs import PACK

from authoring.format import pack_schema
from matcher import AtLeast, Ground, Mode, Pack, PackError, Severity
from rules.pack import PACK_BYTES
from rules.yaml_reader import KEYS_IN_MAPPING, PROBLEMS_IN_FILE

PACK_HAS = 12
"""Keys of the sample pack itself."""


def changed(old: str, new: str) -> str:
    assert PACK.count(old) == 1, old
    return PACK.replace(old, new)


def problems(text: str) -> list[str]:
    with pytest.raises(PackError) as caught:
        Pack.parse(text, "otp.yaml")
    return str(caught.value).split("\n")


def test_a_pack_is_read_as_written() -> None:
    pack = Pack.parse(PACK, "otp.yaml")
    [rule] = pack.rules
    assert (pack.id, pack.version, pack.ground, pack.mode) == (
        "one-time-codes", 3, Ground.ILLEGAL, Mode.LIVE,
    )  # fmt: skip
    assert (pack.in_force.from_, pack.in_force.until) == (date(2026, 11, 1), date(2027, 4, 30))
    assert (rule.groups, rule.within) == ((("otp", "login code"), ("send me",)), 12)
    assert (rule.except_, rule.unless, rule.severity) == (("otp bank",), ("never share",),
                                                          Severity.HIGH)  # fmt: skip
    assert (len(rule.match), len(rule.ignore), rule.exact, rule.mode) == (2, 2, False, None)


@pytest.mark.parametrize("of_pack", Mode)
@pytest.mark.parametrize("of_rule", Mode)
def test_a_rule_in_shadow_stays_and_is_never_before_its_pack(of_pack: Mode, of_rule: Mode) -> None:
    text = PACK.replace("severity: high", f"severity: high\n    mode: {of_rule}")
    pack = Pack.parse(text.replace("rules:\n", f"mode: {of_pack}\nrules:\n"), "otp.yaml")
    assert pack.mode is of_pack
    both_live = of_pack is of_rule is Mode.LIVE
    assert pack.mode_of(pack.rules[0]) is (Mode.LIVE if both_live else Mode.SHADOW)


def test_any_is_all_with_one_group() -> None:
    text = changed("all:\n      - [otp, login code]\n      - [send me]", "any: [otp, login code]")
    assert Pack.parse(text, "otp.yaml").rules[0].groups == (("otp", "login code"),)


def test_the_digest_is_that_of_the_text() -> None:
    assert Pack.parse(PACK, "a").digest == Pack.parse(PACK, "b").digest
    assert Pack.parse(PACK + "\n", "a").digest != Pack.parse(PACK, "a").digest


def test_at_least_is_a_group_that_counts() -> None:
    old = "all:\n      - [otp, login code]\n      - [send me]"
    text = changed(old, "at_least: {n: 2, of: [otp, send me]}")
    [rule] = Pack.parse(text, "otp.yaml").rules
    assert (rule.groups, rule.at_least) == ((), AtLeast(2, ("otp", "send me")))


ERRORS = {
    "an unknown key": ("owner:", "ouner:", [
        "otp.yaml:1: `owner` is missing",
        "otp.yaml:10: unknown key `ouner`; allowed: id, version, title,"]),
    "an unknown key in a rule": ("within:", "whithin:", [
        "otp.yaml:19: asks-for-code: unknown key `whithin`; allowed: id, severity, why, all, any,",
    ]),
    "a key that occurs twice": ("version: 3", "version: 3\nversion: 4", [
        "otp.yaml:3: `version` occurs twice; keep one"]),
    "a legal ground of one letter": ("text: Fraud", "text: § 5", [
        "otp.yaml:8: `text` must be a law or clause by its name"]),
    "a missing key": ("version: 3\n", "", ["otp.yaml:1: `version` is missing"]),
    "a version that is no number": ("version: 3", "version: 1.0", [
        "otp.yaml:2: `version` must be a whole number from 1 to 1000000000"]),
    "an id with other letters": ("one-time-codes", "One_Time", [
        "otp.yaml:1: `id` must be 3 to 40 of a-z, 0-9 and -"]),
    "no as a term": ("[otp, login code]", "[otp, no]", [
        'otp.yaml:17: asks-for-code: `all`: YAML reads no as bool; quote it: "no"']),
    "a number as a term": ("[otp, login code]", "[otp, 4711]", [
        'otp.yaml:17: asks-for-code: `all`: YAML reads 4711 as int; quote it: "4711"']),
    "a day as a term": ("[otp, login code]", "[otp, 2026-11-01]", [
        "otp.yaml:17: asks-for-code: `all`: YAML reads 2026-11-01 as timestamp; quote it"]),
    "nothing as a term": ("[otp, login code]", "[otp, ~]", [
        "otp.yaml:17: asks-for-code: `all`: YAML reads ~ as null; quote it"]),
    "Norwegian": ("[en, id]", "[en, no]", [
        'otp.yaml:9: `languages`: YAML reads no as bool; quote it: "no"']),
    "a list as a term": ("[otp, login code]", "[otp, [kode]]", [
        "otp.yaml:17: asks-for-code: `all` must be a string"]),
    "13 an empty term": ("[otp, login code]", '[otp, ""]', [
        "otp.yaml:17: asks-for-code: a term needs at least one letter or digit"]),
    "13 a term of one space": ("[otp, login code]", '[otp, " "]', [
        "otp.yaml:17: asks-for-code: a term needs at least one letter or digit"]),
    "13 a term of signs": ("[otp, login code]", '[otp, "!?"]', [
        "otp.yaml:17: asks-for-code: `!?` has no letter or digit"]),
    "13 a term of invisible characters": ("[otp, login code]", '[otp, "\u00ad"]', [
        "otp.yaml:17: asks-for-code: `\u00ad` has no letter or digit"]),
    "a term of stars": ("[otp, login code]", '[otp, "**"]', [
        "otp.yaml:17: asks-for-code: `**` has no letter or digit"]),
    "a star in the middle": ("[otp, login code]", "[otp, b*mb]", [
        "otp.yaml:17: asks-for-code: `b*mb`: `*` is allowed only at an end, to open it"]),
    "a handle": ("[otp, login code]", '[otp, "@someone"]', [
        "otp.yaml:17: asks-for-code: `@someone` is a handle; rules name no accounts"]),
    "a link as a term": ("[otp, login code]", '[otp, "https://a.example"]', [
        "otp.yaml:17: asks-for-code: `https://a.example` is a link, and terms do not look inside"]),
    "a long term": ("[otp, login code]", f"[otp, {'x' * 101}]", [
        "otp.yaml:17: asks-for-code: a term has at most 100 code points, this one 101; shorten it",
    ]),
    "a bad term in except": ("[otp bank]", '["@bank"]', [
        "otp.yaml:20: asks-for-code: `@bank` is a handle"]),
    "an empty group": ("[otp, login code]", "[]", [
        "otp.yaml:17: asks-for-code: `all` is empty; fill it"]),
    "a flat list of groups": (
        "      - [otp, login code]\n      - [send me]", "      - otp\n      - send me", [
            "otp.yaml:17: asks-for-code: `all` must be a list of groups, each a list; for one, use",
            "otp.yaml:18: asks-for-code: `all` must be a list of groups, each a list; for one, use",
        ]),
    "both any and all": ("    within: 12", "    any: [x]", [
        "otp.yaml:13: asks-for-code: a rule needs `any:` (one group), `all:` (groups) or `score:`",
    ]),
    "a count of one": ("    within: 12", "    at_least: {n: 1, of: [x y]}", [
        "otp.yaml:19: asks-for-code: `n` must be a whole number from 2 to 16"]),
    "a count without a number": ("    within: 12", "    at_least: {of: [x y]}", [
        "otp.yaml:19: asks-for-code: `n` is missing"]),
    "a count of nothing": ("    within: 12", "    at_least: {n: 2}", [
        "otp.yaml:19: asks-for-code: `of` is missing"]),
    "a count that is a list": ("    within: 12", "    at_least: [x y]", [
        "otp.yaml:19: asks-for-code: a mapping of `n:`, `of:`"]),
    "a bad term that counts": ("    within: 12", "    at_least: {n: 2, of: [x y, '@bank']}", [
        "otp.yaml:19: asks-for-code: `@bank` is a handle"]),
    "a negative distance": ("within: 12", "within: -1", [
        "otp.yaml:19: asks-for-code: `within` must be a whole number from 0 to 65536"]),
    "a severity that there is not": ("severity: high", "severity: urgent", [
        "otp.yaml:14: asks-for-code: `severity` must be one of low, medium, high"]),
    "a mode that YAML takes for false": ("rules:", "mode: off\nrules:", [
        "otp.yaml:12: `mode` must be one of live, shadow"]),
    "a flag that is none": ("    within: 12", "    exact: yes", [
        "otp.yaml:19: asks-for-code: `exact` must be true or false"]),
    "a category of opinion": ("SCAMS_AND_FRAUD", "ILLEGAL_OR_HARMFUL_SPEECH", [
        "otp.yaml:5: `ILLEGAL_OR_HARMFUL_SPEECH` is refused: this system matches no opinions;"]),
    "a category about minors": ("SCAMS_AND_FRAUD", "PROTECTION_OF_MINORS", [
        "otp.yaml:5: `PROTECTION_OF_MINORS` is refused: nothing about minors is matched by words"]),
    "a category that there is not": ("SCAMS_AND_FRAUD", "SPAM", [
        "otp.yaml:5: `SPAM` is not a category; allowed: CYBER_VIOLENCE,"]),
    "a keyword of another category": ("[PHISHING]", "[PHISHING, SUICIDE]", [
        "otp.yaml:6: `SUICIDE` is not a keyword of SCAMS_AND_FRAUD; allowed: IMPERSONATION"]),
    "terms for what is not a breach of law": (
        "SCAMS_AND_FRAUD\nkeywords: [PHISHING]", "OTHER_VIOLATION_TC\nkeywords: [NUDITY]", [
            "otp.yaml:7: OTHER_VIOLATION_TC is not a breach of law; say ground: terms"]),
    "a legal ground without a link": (', url: "https://law.example/1"', "", [
        "otp.yaml:8: `url` is missing"]),
    "a legal ground with another link": ('"https://law.example/1"', "law.example", [
        "otp.yaml:8: `url` must be a link: https://…"]),
    "a day that is not in the calendar": ("2027-04-30", "2027-02-30", [
        "otp.yaml:11: `until` must be a day of the calendar, like 2026-11-30"]),
    "dates the wrong way round": ("2027-04-30", "2026-10-31", [
        "otp.yaml:11: `until` 2026-10-31 is before `from` 2026-11-01"]),
    "more than a leap year": ("2027-04-30", "2027-11-02", [
        "otp.yaml:11: a pack is in force for at most 366 days, this one for 367; end it by"]),
    "a link with a path": ("    within: 12", "    links: [https://a.example/x]", [
        "otp.yaml:19: asks-for-code: `https://a.example/x` is not a host name; write it without"]),
    "look-alikes in an exact rule": (
        "    within: 12", "    exact: true\n    links: [~a.example]", [
            "otp.yaml:20: asks-for-code: `~a.example` means look-alikes, which `exact` excludes"]),
    "a name without a dot": ("    within: 12", "    links: [localhost]", [
        "otp.yaml:19: asks-for-code: `localhost` is not a host name"]),
    "an anchor": ("[otp bank]", "&a [otp bank]", [
        "otp.yaml:20: anchors and aliases are not used in packs; write it out"]),
    "an alias": ("[otp bank]", "*a", [
        "otp.yaml:20: anchors and aliases are not used in packs; write it out"]),
    "a tag": ("[otp bank]", "!!python/name:os.system", [
        "otp.yaml:20: tags (!…) are not used in packs; leave it out"]),
    "an open bracket": ("[otp bank]", "[otp bank", ["otp.yaml:21: not valid YAML:"]),
    "a second document": ("rules:", "---\nrules:", [
        "otp.yaml:12: not valid YAML: but found another document"]),
    "nesting": ("[otp bank]", "[" * 20 + "]" * 20, ["otp.yaml:20: nested deeper than 12 levels"]),
    "nesting without end": ("[otp bank]", "[" * 100_000, ["otp.yaml:20: not valid YAML: "]),
    "a control character": ("Fraud,", "Fr\x07aud,", ["otp.yaml:1: not valid YAML"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), ERRORS.values(), ids=ERRORS)
def test_a_problem_names_its_line_and_rule(old: str, new: str, expected: list[str]) -> None:
    told = problems(changed(old, new))
    assert [line[: len(want)] for line, want in zip(told, expected, strict=True)] == expected


def test_links_are_for_scams_and_products_only() -> None:
    text = changed("    within: 12", "    links: [shop.example]")
    text = text.replace("SCAMS_AND_FRAUD", "VIOLENCE").replace("PHISHING", "COORDINATED_HARM")
    allowed = "SCAMS_AND_FRAUD and UNSAFE_AND_PROHIBITED_PRODUCTS only"
    assert problems(text) == [f"otp.yaml:19: asks-for-code: `links` is for {allowed}"]


def test_two_rules_with_one_id_are_a_problem() -> None:
    again = PACK[PACK.index("  - id:") :]
    assert problems(PACK + again) == [
        "otp.yaml:24: asks-for-code: `asks-for-code` names two rules; rename one"
    ]


def test_all_problems_are_reported_in_the_order_of_lines() -> None:
    text = PACK.replace("version: 3", "version: x").replace("[otp, login code]", "[no, '@a']")
    assert [line.split(": ")[0] for line in problems(text.replace("12", "-1"))] == [
        "otp.yaml:2", "otp.yaml:17", "otp.yaml:17", "otp.yaml:19",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "otp", "- a\n- b"])
def test_a_text_that_is_not_a_mapping_is_not_a_pack(text: str) -> None:
    assert problems(text) == ["otp.yaml:1: a pack is a mapping of `id:`, `version:`, `title:` …"]


def test_a_pack_is_bounded_before_it_is_parsed() -> None:
    assert "has at most 2,097,152 bytes" in problems("#" * (PACK_BYTES + 1))[0]


def test_terms_are_bounded() -> None:
    many = ", ".join(f"a{number}" for number in range(100_001))
    assert "at most 100,000 terms" in problems(changed("[otp, login code]", f"[{many}]"))[-1]


def test_a_lone_surrogate_is_refused_not_raised() -> None:
    assert problems(changed("Fraud,", "Fr\ud800aud,"))[0].startswith("otp.yaml:1: not valid YAML")


def keys(number: int) -> str:
    return "".join(f"k{one}: 1\n" for one in range(number))


EXCESSIVE = {
    "unknown keys": PACK + keys(100_000),
    "one key again and again": PACK + "owner: x\n" * 100_000,
    "keys that are lists": PACK + "? [a]\n: 1\n" * 50_000,
    "keys of a rule": PACK + "    why: x\n" * 100_000,
    "keys of an inner mapping": changed(
        "{from: 2026-11-01,", "{" + ", ".join(f"k{one}: 1" for one in range(100_000)) + ","
    ),
}


@pytest.mark.parametrize("text", EXCESSIVE.values(), ids=EXCESSIVE)
def test_excessive_keys_are_refused_at_once(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred thousand keys the parser yields a few hundred events, and nothing is built."""
    events = 0

    def counted(*arguments: Any, **options: Any) -> Iterator[yaml.Event]:
        nonlocal events
        for event in parse(*arguments, **options):
            events += 1
            yield event

    parse = yaml.parse
    monkeypatch.setattr(yaml, "parse", counted)
    monkeypatch.setattr(yaml, "compose", None)
    [problem] = problems(text)
    assert problem.endswith(": a mapping has at most 64 keys; remove the others")
    assert events < 500


def test_unknown_keys_are_named_up_to_the_limit() -> None:
    text = PACK + keys(KEYS_IN_MAPPING - PACK_HAS)
    assert sum("unknown key" in problem for problem in problems(text)) == KEYS_IN_MAPPING - PACK_HAS
    assert problems(text + "one_more: 1\n") == [
        f"otp.yaml:{(text.count(chr(10))) + 1}: a mapping has at most 64 keys; remove the others"
    ]


def test_of_problems_without_end_the_first_are_named() -> None:
    head = PACK[: PACK.index("  - id")]
    named = problems(head + "  - {a: 1, b: 2}\n" * 5_000)
    assert len(named) == PROBLEMS_IN_FILE + 1
    assert named[-1].endswith("reading stopped after 200 problems; fix these first")


ROOT = Path(__file__).parents[3]
SHIPPED = sorted(ROOT.glob("packs/*.yaml"))


class _Loader(yaml.SafeLoader):
    """Days stay strings, as an editor sees them."""


_LOADER_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_implicit_resolvers = _LOADER_RESOLVERS


def faults(text: str) -> list[str]:
    loaded: Any = yaml.load(text, Loader=_Loader)
    return [error.message for error in Draft202012Validator(pack_schema()).iter_errors(loaded)]


def test_the_committed_schema_is_fresh() -> None:
    committed = json.loads(ROOT.joinpath("docs/pack.schema.json").read_text("utf-8"))
    assert committed == pack_schema(), "terang packs schema > docs/pack.schema.json"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(pack_schema())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_pack_that_ships_is_valid(path: Path) -> None:
    assert faults(path.read_text("utf-8")) == []


def test_there_are_packs_that_ship() -> None:
    assert SHIPPED


RULE = PACK[PACK.index("    all:") : PACK.index("    within")]
SOUND = {"a pack": ("id: one-time-codes", "id: one-time-codes"),
         "one group": (RULE, "    any: [otp]\n"),
         "a counting group": (RULE, "    at_least: {n: 2, of: [otp]}\n"),
         "hosts alone": (RULE, "    links: [shop.example, ~bank.example]\n")}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SOUND.values(), ids=SOUND)
def test_it_takes(old: str, new: str) -> None:
    assert faults(PACK.replace(old, new)) == []


FAULTY = {
    "an unknown key": ("owner:", "ouner:"),
    "a missing key": ("version: 3\n", ""),
    "an id with other letters": ("one-time-codes", "One_Time"),
    "no as a term": ("[otp, login code]", "[otp, no]"),
    "both any and all": ("    within: 12", "    any: [otp]"),
    "no group": (RULE, ""),
    "a count of one": (RULE, "    at_least: {n: 1, of: [otp]}\n"),
    "an unknown severity": ("severity: high", "severity: urgent"),
    "one example": ("[send me the otp, otp - send me]", "[send me the otp]"),
    "a category of opinion": ("SCAMS_AND_FRAUD", "ILLEGAL_OR_HARMFUL_SPEECH"),
    "a keyword of another category": ("[PHISHING]", "[SUICIDE]"),
    "links for violence": ("SCAMS_AND_FRAUD\nkeywords: [PHISHING]",
                           "VIOLENCE\nkeywords: [COORDINATED_HARM]"),
    "law for what is no breach of it": ("SCAMS_AND_FRAUD\nkeywords: [PHISHING]",
                                        "OTHER_VIOLATION_TC\nkeywords: [NUDITY]"),
    "a link that is none": ('"https://law.example/1"', "law.example"),
    "a day that is none": ("2027-04-30", "soon"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), FAULTY.values(), ids=FAULTY)
def test_it_refuses(old: str, new: str) -> None:
    assert old in PACK
    text = PACK.replace("    within: 12\n", "    within: 12\n    links: [shop.example]\n")
    text = text if "links" in new or "VIOLENCE\n" in new else PACK
    assert faults(text.replace(old, new))
