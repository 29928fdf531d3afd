"""One layout for every pack: it changes no meaning, loses no comment, and stays when repeated."""

from pathlib import Path

import pytest
from msgspec import structs
from support.sample_packs import PACK, PROTECTED

from authoring.format import WIDTH, canonical, comments_in
from matcher import Pack, PackError

ROOT = Path(__file__).parents[3]
LAID_OUT = (
    PACK.replace(' {text: Fraud, url: "https://law.example/1"}',
                 "\n  text: Fraud\n  url: https://law.example/1")
    .replace(" [send me the otp, ", "\n      - send me the otp\n      - ")
    .replace("otp - send me]", "otp - send me")
    .replace(" [send me my otp bank, ", "\n      - send me my otp bank\n      - ")
    .replace('send me"]', 'send me"')
)  # fmt: skip
"""Mappings with a link and lists of sentences stand on lines of their own."""


def test_a_pack_is_laid_out() -> None:
    assert canonical(PACK, "otp.yaml") == LAID_OUT


def test_protected_sentences_are_laid_out() -> None:
    text = LAID_OUT.replace("rules:\n", f"{PROTECTED}rules:\n")
    assert canonical(text, "otp.yaml") == text


def moved(text: str, *keys: str) -> str:
    """A laid-out pack whose lines with these keys stand at the end of the head."""
    lines = text.splitlines(keepends=True)
    found = [line for line in lines if line.startswith(keys)]
    head = lines.index("rules:\n")
    return "".join([*[line for line in lines[:head] if line not in found], *found, *lines[head:]])


SAME = {
    "keys in another order": moved(LAID_OUT, "id:", "version:", "owner:"),
    "quotes that are not needed": LAID_OUT.replace("[otp, login code]", "['otp', \"login code\"]"),
    "lists in blocks": LAID_OUT.replace("keywords: [PHISHING]", "keywords:\n- PHISHING"),
    "examples in brackets": PACK, "blank lines": LAID_OUT.replace("\nrules:", "\n\n\nrules:\n"),
    "another indent": LAID_OUT.replace("      - [", "          - ["),
    "a folded line": LAID_OUT.replace("title: Theft", "title: >-\n  Theft"),
    "a literal block": LAID_OUT.replace("why: Whoever passes", "why: |\n  Whoever passes"),
    "line ends of Windows": LAID_OUT.replace("\n", "\r\n"),
    "no end of line at the end": LAID_OUT.rstrip("\n"), "an explicit document": f"---\n{LAID_OUT}",
}  # fmt: skip


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_it_is_the_same_whatever_it_was(text: str) -> None:
    assert canonical(text, "otp.yaml") == LAID_OUT


COMMENTS = {
    "at the top": ("id: one", "# top\n\nid: one", "# top\nid: one"),
    "above a key": ("owner:", "# whose\nowner:", "# whose\nowner:"),
    "behind a key": ("version: 3", "version: 3 # third", "version: 3  # third"),
    "behind a list": ("[otp bank]", "[otp bank]  # a form", "[otp bank]  # a form"),
    "behind a key that opens a block": ("    all:", "    all: # two", "    all:  # two"),
    "above a rule": ("  - id: asks", "  # first\n  - id: asks", "  # first\n  - id: asks"),
    "above a group": ("      - [send", "      # how\n      - [send", "      # how\n      - [send"),
    "inside a list": (
        "      - [otp, login code]",
        "      - [otp, # short\n         login code]",
        "      - [otp, login code]  # short",
    ),
    "on a line inside a list": (
        "      - [otp, login code]",
        "      - [otp,\n         # long\n         login code]",
        "      # long\n      - [otp, login code]",
    ),
    "behind an example": ("      - otp - send me", "      - otp - send me # or so",
                          "      - otp - send me  # or so"),
    "behind a sign of a block": (
        "title: Theft of", "title: >- # short\n  Theft of", "title: Theft of"),
    "at the end": ('send me"\n', 'send me"\n# end\n', 'send me"\n# end\n'),
    "none, but a sign in a text": ("Asks for a code.", "'Asks # for'", '"Asks # for"'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "laid_out"), COMMENTS.values(), ids=COMMENTS)
def test_a_comment_is_kept(old: str, new: str, laid_out: str) -> None:
    assert LAID_OUT.count(old) == 1
    text = LAID_OUT.replace(old, new)
    made = canonical(text, "otp.yaml")
    assert laid_out in made
    assert sorted(c.text for c in comments_in(made)) == sorted(c.text for c in comments_in(text))
    assert canonical(made, "otp.yaml") == made


def test_a_comment_moves_with_its_key() -> None:
    text = moved(LAID_OUT.replace("version: 3", "version: 3 # third"), "version:")
    assert "id: one-time-codes\nversion: 3  # third\n" in canonical(text, "otp.yaml")


def test_long_lists_and_texts_wrap() -> None:
    words = ", ".join(f"word {number}" for number in range(60))
    why = " ".join(["Asks for a code."] * 12)
    text = PACK.replace("otp, login code", f"otp, {words}").replace("Asks for a code.", why)
    made = canonical(text, "otp.yaml")
    assert max(map(len, made.splitlines())) <= WIDTH
    assert "    why: >-\n      Asks" in made
    assert canonical(made, "otp.yaml") == made


QUOTED = {"what YAML takes for a truth": "'no'", "what YAML takes for a number": '"4711"',
          "what YAML takes for a day": "'2026-11-01'", "a comma": "'a, b'", "a colon": "'a: b'",
          "a sign of YAML": "'!a'", "an open end": "'*bomb*'", "quotes": '"say \\"otp\\""',
          "an apostrophe": "don't", "what nobody sees": '"o\\u200btp"',
          "a letter beyond the first plane": "'𝓸tp'",
          "a space of another kind": '"o\\u00a0tp"'}  # fmt: skip


@pytest.mark.parametrize("term", QUOTED.values(), ids=QUOTED)
def test_a_term_means_the_same(term: str) -> None:
    text = PACK.replace("[otp, login code]", f"[otp, {term}]").replace("otp bank]", f"{term}]")
    text = text.replace("[send me the otp,", f'[send me the otp, "two\\nlines of it", {term},')
    made = canonical(text, "otp.yaml")
    before, after = (Pack.parse(one, "otp.yaml") for one in (text, made))
    assert structs.replace(after, digest=before.digest) == before
    assert canonical(made, "otp.yaml") == made


def test_a_pack_that_does_not_parse_is_refused() -> None:
    with pytest.raises(PackError):
        canonical(PACK.replace("version: 3", "version: x"), "otp.yaml")


@pytest.mark.parametrize("path", sorted(ROOT.glob("packs/*.yaml")), ids=lambda path: path.stem)
def test_the_packs_that_ship_are_laid_out(path: Path) -> None:
    text = path.read_text("utf-8")
    assert canonical(text, path.name) == text


def test_words_in_several_languages_get_a_line_each() -> None:
    """In the order of languages; Chinese has no spaces, so it stays on one line."""
    said = PACK.replace(
        "why: Whoever passes on a code gives away an account.",
        "why:\n  zh: 交出验证码的人会失去账号。\n  en: Whoever passes on a code loses an account.",
    )
    made = canonical(said, "otp.yaml")
    assert "why:\n  en: Whoever passes on a code loses an account.\n  zh: 交出" in made
    assert canonical(made, "otp.yaml") == made
    assert Pack.parse(made, "otp.yaml").why_in("zh") == ("交出验证码的人会失去账号。", "zh")
