"""The protected sentences are many, distinct, short, in their own script, and evenly spread."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

PROTECTED = Path(__file__).parents[3] / "packs" / "protected"
FILES = sorted(PROTECTED.glob("*.txt"))
SCRIPTS = {"en": "LATIN", "id": "LATIN", "zh": "CJK", "ru": "CYRILLIC", "ar": "ARABIC"}

type Sections = dict[str, list[str]]

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def sections(path: Path) -> Sections:
    """The sentences of a file under their headings; a sentence before any heading is an error."""
    found: Sections = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.removeprefix("# ")
            assert heading not in found, f"the heading {heading!r} stands twice"
            sentences = found[heading] = []
        elif line:
            sentences.append(line)
    return found


def all_sentences(path: Path) -> list[str]:
    return [sentence for group in sections(path).values() for sentence in group]


def script_share(text: str, script: str) -> float:
    """The share of the letters whose Unicode name begins with the script's."""
    letters = [character for character in text if character.isalpha()]
    named = sum(unicodedata.name(letter).startswith(script) for letter in letters)
    return named / len(letters) if letters else 0.0


def test_every_file_has_a_known_script_and_the_first_languages_are_there() -> None:
    assert {path.stem for path in FILES} == SCRIPTS.keys()


@each_file
def test_a_file_holds_at_least_two_hundred_distinct_sentences(path: Path) -> None:
    assert len(set(all_sentences(path))) >= 200


def test_no_sentence_occurs_twice() -> None:
    counted = Counter(
        sentence.casefold().rstrip(".!。！") for path in FILES for sentence in all_sentences(path)
    )
    assert [sentence for sentence, times in counted.items() if times > 1] == []


@each_file
def test_a_sentence_is_at_most_three_hundred_code_points(path: Path) -> None:
    assert [sentence for sentence in all_sentences(path) if len(sentence) > 300] == []


@each_file
def test_a_sentence_is_written_without_stray_or_decomposed_characters(path: Path) -> None:
    """What is compared here is what an author reads: trimmed, printable, in NFC."""
    strays = [
        sentence
        for sentence in all_sentences(path)
        if sentence != unicodedata.normalize("NFC", sentence.strip())
        or not sentence.replace("\u200d", "").isprintable()  # U+200D joins the parts of an emoji
    ]
    assert strays == []


@each_file
def test_a_file_is_in_its_own_script(path: Path) -> None:
    """A Chinese sentence may carry a code, a list letter or a link, but is not mostly Latin."""
    script = SCRIPTS[path.stem]
    assert script_share("".join(all_sentences(path)), script) > 0.98
    assert [text for text in all_sentences(path) if script_share(text, script) < 0.5] == []


@each_file
def test_a_heading_has_at_least_eight_sentences(path: Path) -> None:
    small = {heading: len(group) for heading, group in sections(path).items() if len(group) < 8}
    assert small == {}


def test_all_files_cover_the_same_ground_in_the_same_order() -> None:
    headings = {path.stem: list(sections(path)) for path in FILES}
    assert all(listed == headings["en"] for listed in headings.values())
