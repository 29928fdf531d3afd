"""What one writes first, to measure the matcher beside it. Each line is read by `json`, each
character is normalised by `unicodedata`, offsets are kept for every post, and an automaton of plain
terms is followed by a look at the neighbours."""

import json
import unicodedata

import ahocorasick

from matcher.fold import is_spaceless

type Spans = dict[str, list[tuple[int, int, int]]]
"""By post id, the term's number and its half-open code points."""


class Naive:
    """Finds terms as whole words."""

    def __init__(self, terms: list[str]):
        self._automaton = ahocorasick.Automaton()
        for number, term in enumerate(terms):
            plain = "".join(map(plainly, term)).strip()
            if plain:
                self._automaton.add_word(plain, (number, len(plain)))
        self._automaton.make_automaton()

    def find(self, data: bytes) -> Spans:
        """The spans in each post of JSON Lines."""
        found: Spans = {}
        for line in data.splitlines():
            post = json.loads(line)
            plain, offsets = [" "], [0]
            for at, char in enumerate(post["text"]):
                for letter in plainly(char):
                    if letter != " " or plain[-1] != " ":
                        plain.append(letter)
                        offsets.append(at)
            text = "".join(plain) + " "
            for last, (number, length) in self._automaton.iter(text):
                first = last - length + 1
                if _is_end(text[first - 1], text[first]) and _is_end(text[last + 1], text[last]):
                    span = number, offsets[first], offsets[last] + 1
                    found.setdefault(post["id"], []).append(span)
        return found


def plainly(char: str) -> str:
    """A character without case, marks and styles; a sign is a space."""
    wide = unicodedata.normalize("NFKC", char).casefold()
    letters = [c for c in unicodedata.normalize("NFKD", wide) if not unicodedata.combining(c)]
    return "".join(
        c if c.isalnum() else " " for c in letters if unicodedata.category(c) not in ("Cf", "Mn")
    )


def _is_end(outside: str, inside: str) -> bool:
    return not outside.isalnum() or is_spaceless(inside)
