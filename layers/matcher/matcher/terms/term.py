"""A term of a pack, and the strict look at a place where the fold found it.

What the look settles, since the fold cannot:

- A character that folds to several (½, ﷺ) is matched whole or not at all.
- An apostrophe after a letter opens no word on its right: `ai` is not in "j'ai". What follows a
  word may begin with one: "otp's".
- The words of a phrase may be parted by any white space and signs. Letters of a spaceless script
  may not ("转。账" is no 转账), unless the term itself parts them; and the last one carries its
  marks ("ที่" is no "ที").
- Of a traditional and a simplified Han letter one stands for the other; two traditional ones that
  are simplified alike do not.
- A look-alike is a letter of *another* script. A word written wholly in another script than the
  term is that script's own word, if the part is otherwise written in that script.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

from matcher.text.aligned import READ, Trace
from matcher.text.fold import (
    FOLD,
    HAN,
    STRICT,
    Evasion,
    evasions,
    fold,
    is_dropped,
    is_spaceless,
    is_word,
    script_of,
)

_FOLDED = re.compile("[a-z]+(?: [a-z]+)*")
_NOTHING = frozenset[Evasion]()
_APOSTROPHES = "'’‘‛ʹʻʼʽ`´＇"


class Place(NamedTuple):
    """Where a term stands: half-open code points of the part, and its first and last word."""

    start: int
    end: int
    first: int
    last: int


class Match(NamedTuple):
    """A term at a place of a part, and what it wore there."""

    place: Place
    term: str
    evasion: tuple[Evasion, ...]


@dataclass(frozen=True)
class Term:
    """A word or phrase as written, and the folded pattern by which the automaton finds it.

    The pattern has a space at each end that must be the end of a word; `*` opens an end.

    >>> Term.of("One-time code").pattern, Term.of("bomb*").pattern, Term.of("验证码").pattern
    (' one time code ', ' bomb', ' 验 证 码 ')
    """

    written: str
    literal: str
    pattern: str
    opens: bool  # at its start
    closes: bool  # at its end

    @classmethod
    def of(cls, written: str) -> Self:
        """Compiles a term; one that folds to nothing gets the pattern ""."""
        opens, literal, closes = _read(written)
        return cls(written, literal, pattern_of(written), opens, closes)

    @cached_property
    def tight(self) -> frozenset[int]:
        """The gaps between its words, counted from 0, that must be empty in a text."""
        trace = Trace.of(self.literal)
        gaps = [at for at, plain in enumerate(trace.folded) if plain == " "][1:-1]
        return frozenset(number for number, at in enumerate(gaps) if _is_tight(trace, at))

    @cached_property
    def letters(self) -> str:
        """The term's letters without the fold of look-alikes, words run together."""
        return self.literal.translate(STRICT).replace(" ", "")

    @cached_property
    def traditional(self) -> frozenset[str]:
        """Those of its letters for which simplified ones may stand."""
        return frozenset(HAN.keys() & set(self.letters))

    @cached_property
    def plain(self) -> str:
        """What an `exact` rule compares."""
        return _plain(self.literal)

    def look(self, trace: Trace, end: int, *, exact: bool) -> Match | None:
        """Decides whether the pattern that ends before `trace.folded[end]` is the term.

        Args:
            trace: The part.
            end: Where the automaton saw the pattern end, in the folded text.
            exact: Whether the original must be the term but for case and gaps.
        """
        last = end - 1 - self.closes
        first = end - len(self.pattern) + self.opens
        readings = trace.read_at(first, last)
        if trace.readings and not readings:
            return None  # found in the text as it stands
        if not self._is_whole(trace, first, last):
            return None
        start = trace.source[first]
        stop = _with_marks(trace.text, trace.source[last] + 1)
        original = trace.text[start:stop]
        read = _NOTHING.union(*(one.evasion for one in readings)) if readings else _NOTHING
        if exact and (read or _plain(original) != self.plain):
            return None
        if not self._has_letters_of(trace, first, last):
            return None
        place = Place(start, stop, trace.words[first], trace.words[last])
        worn = evasions(original, self.literal)
        if self.traditional and not self.traditional <= set(original.translate(STRICT)):
            worn = tuple(sorted({*worn, Evasion.HAN}))
        return Match(place, self.written, tuple(sorted(read.union(worn))) if read else worn)

    def _is_whole(self, trace: Trace, first: int, last: int) -> bool:
        folded, source, text = trace.folded, trace.source, trace.text
        before = first - 1 - (folded[first - 1] == " ")
        after = last + 1 + (folded[last + 1 : last + 2] == " ")
        if before > 0 and source[before] == source[first]:
            return False
        if after < len(folded) and source[after] == source[last]:
            return False
        if self.opens and _after_apostrophe(text, source[first]):
            return False
        if self.closes and _loses_mark(text, source[last]):
            return False
        if not self.tight:
            return True
        letters = {source[at] for at in range(first, last + 1) if folded[at] != " "}
        if source[last] - source[first] + 1 == len(letters):
            return True  # there is nothing between the letters at all
        gaps = (at for at in range(first, last) if folded[at] == " ")
        return all(trace.gap_is_empty(at) for number, at in enumerate(gaps) if number in self.tight)

    def _has_letters_of(self, trace: Trace, first: int, last: int) -> bool:
        letters = trace.strict[first : last + 1].replace(" ", "")
        if letters == self.letters:
            return True
        places = [at for at in range(first, last + 1) if trace.folded[at] != " "]
        for at, seen, own in zip(places, letters, self.letters, strict=True):
            if seen in (own, READ):
                continue
            if seen in HAN or own in HAN:
                if trace.folded[at] not in (seen, own):
                    return False  # 髮 is no 發, though both are simplified to 发
                continue
            script = script_of(own)
            if script_of(seen) == script or trace.is_own_word(at, script):
                return False
        return True


def pattern_of(written: str) -> str:
    """The folded pattern of a term as written, without compiling the term.

    >>> pattern_of("One-time code"), pattern_of("*bomb"), pattern_of("-")
    (' one time code ', 'bomb ', '')
    """
    if _FOLDED.fullmatch(written):
        return f" {written} "  # most terms of long lists, and a worker starts cold
    opens, literal, closes = _read(written)
    folded = fold(literal)
    return folded[not opens : len(folded) - (not closes)] if folded != " " else ""


def _read(written: str) -> tuple[bool, str, bool]:
    """Whether a term begins where a word does, what it says, and whether it ends where one ends."""
    stripped = written.strip()
    opens, closes = not stripped.startswith("*"), not stripped.endswith("*")
    return opens, stripped.removeprefix("*").removesuffix("*"), closes


def _is_tight(trace: Trace, at: int) -> bool:
    before, after = trace.source[at - 1], trace.source[at + 1]
    both = is_spaceless(trace.text[before]) and is_spaceless(trace.text[after])
    return both and before < after and trace.gap_is_empty(at)


def _plain(text: str) -> str:
    cased = unicodedata.normalize("NFC", text).casefold()
    return "".join(char for char in cased if FOLD[ord(char)] != " ")


def _with_marks(text: str, end: int) -> int:
    """Takes in the dropped marks that sit on the last letter."""
    while end < len(text) and is_dropped(text[end]) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return end


def _before(text: str, at: int) -> int:
    """The place of the last character before `at` that the fold keeps, or -1."""
    at -= 1
    while at >= 0 and is_dropped(text[at]):
        at -= 1
    return at


def _after_apostrophe(text: str, start: int) -> bool:
    apostrophe = _before(text, start)
    if apostrophe < 0 or text[apostrophe] not in _APOSTROPHES:
        return False
    letter = _before(text, apostrophe)
    return letter >= 0 and is_word(text[letter]) and text[letter].isalpha()


def _loses_mark(text: str, last: int) -> bool:
    """Whether a mark of a spaceless script follows that belongs to the letter at `last`."""
    if not is_spaceless(text[last]):
        return False
    after = last + 1
    while after < len(text) and is_dropped(text[after]):
        after += 1
    mark = after < len(text) and unicodedata.category(text[after])[0] == "M"
    return mark and is_spaceless(text[after])
