"""The JSON Schema of a pack: fresh, and of one mind with the reader."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from support.sample_packs import PACK

from authoring.format import pack_schema

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
SOUND = {
    "a pack": ("id: one-time-codes", "id: one-time-codes"),
    "one group": (RULE, "    any: [otp]\n"),
    "a counting group": (RULE, "    at_least: {n: 2, of: [otp]}\n"),
    "hosts alone": (RULE, "    links: [shop.example, ~bank.example]\n"),
}


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
