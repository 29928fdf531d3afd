"""Tells a disguise from ordinary writing by its own letters, before a text is cut into candidates.

The simple way is to cut the candidates out of each text that has a digit or sign next to a letter,
and to read them (`readings`). Nine of ten such posts hide nothing, unless a term is `covid`:
`covid19`, `24h`, `**bold**`, `+7 999`. So each chunk, which is what lies between two spaces, is
first read by itself. The answer is remembered, since the same chunks come again and again.

A chunk by itself does not show whether a star is emphasis, or a sign code. So it is read in every
way that its text could have it cut, as if it were in small letters. The answer may be yes without a
disguise; it is never no for a word in disguise.

Limits: says nothing of Han letters apart and of mentions; see `suspicion`.
"""

import re
from collections.abc import Iterator
from itertools import filterfalse

from matcher.effort import Effort
from matcher.evasion.candidates import LONGEST, Candidate, CandidateKind, hashtags_in
from matcher.evasion.lookalikes import LOOKALIKES, STAR, STARS
from matcher.evasion.readings import read_candidate
from matcher.evasion.suspicion import SINGLE_UNITS, SPACED
from matcher.evasion.vocabulary import Vocabulary
from matcher.text.fold import FOLD, CodePointTable

REMEMBERED, REMEMBERED_LENGTH = 65_536, 80
"""Answers that are kept, and the longest chunk whose answer is kept."""

CHUNKS_READ, WORDS_READ = 64, 8
"""Chunks with a digit or sign, and words of each, that are read first. With more, a text is cut."""

_PIECES = 5
"""Stretches of letters, and signs between them, of a word that is read in every way."""

_LETTERS_APART = 6
"""Letters apart in a row that are read in every way. More of them are hardly ordinary."""

_MARKS = re.escape(STAR + "".join(sign for sign in LOOKALIKES if not sign.isdigit()))
_MARK = re.compile(f"[{_MARKS}]")
_MARK_OR_STAR = re.compile(f"[{_MARKS}{STARS}]")
_PIECE = re.compile(rf"[^{_MARKS}]+|[{_MARKS}]")
_LATIN, _ARABIC = r"[a-z\u00df-\u024f]", r"[\u0621-\u064a]"
_ODD = re.compile(
    rf"\d(?=\D)|\D(?=\d)|([^\W\d_])\1\1|[{_MARKS}]|{_LATIN}(?={_ARABIC})|{_ARABIC}(?={_LATIN})"
)
_ONLY_LETTERS = re.compile("[a-z ]+")  # no number that notation could cut
_NUMBERED = re.compile(r".*\D\d", re.DOTALL)
_STAR_IN_WORD = re.compile(rf"[#%](?<={SPACED}.)[#%]*(?={SPACED})")
_NEEDS_ITS_TEXT = re.compile(  # code, a clitic next to a sign, a link up to a sign
    rf"\\|['’][^\W\d_](?=[{_MARKS}]+\w)|[{_MARKS}][^\W\d_](?=['’])(?<=\w.[^\W\d_])"
    r"|[/.][^/.|＊]*+[|＊]"
)


def _unit(code: int) -> str:
    """Return the units that a character gives in a word, or a space where a word ends."""
    char, folded = chr(code), FOLD[code]
    if char in STARS:
        return STAR
    return char if char in LOOKALIKES else " " if folded[:1] == " " else folded


_units = CodePointTable(_unit)


class Chunks:
    """Remembers which chunks may hide a word.

    >>> chunks = Chunks(Vocabulary([" bomb ", " covid "]))
    >>> texts = ("b0mb", "(b*mb)", "covid19", "24h", "**bold** +7 999", "bomb")
    >>> [chunks.may_hide(text) for text in texts]
    [True, True, True, False, False, False]
    """

    def __init__(self, vocabulary: Vocabulary):
        """Take the words that may be in disguise."""
        self._vocabulary = vocabulary
        self._plain: set[str] = set()
        self._answers: dict[str, bool] = {}

    def may_hide(self, text: str, *, in_letters: bool = True) -> bool:
        """Return whether a word of a text may be in disguise, with its letters together.

        Pass False for `in_letters` if no word has a letter three times in a row, or two scripts.
        """
        return self.may_hide_in(
            set(text.split() if in_letters else filterfalse(str.isalpha, text.split()))
        )

    def may_hide_in(self, chunks: set[str]) -> bool:
        """Return whether a word of some chunks of a text may be in disguise."""
        read = 0
        for chunk in chunks - self._plain:
            answer = self._answers.get(chunk)
            if answer is None:
                answer = self._read(chunk)
            read += answer is not None
            if answer or read > CHUNKS_READ:
                return True
        return False

    def may_hide_apart(self, text: str, folded: str) -> bool:
        """Return whether a word of a text may be in disguise, with its letters apart.

        Args:
            text: The text, or a stretch of it that has all signs next to letters apart.
            folded: Its fold.
        """
        if not (runs := {run[0] for run in SINGLE_UNITS.finditer(folded)}):
            return False
        return bool(_MARK_OR_STAR.search(text)) or any(map(self._may_be_apart, runs))

    def _may_be_apart(self, run: str) -> bool:
        letters = run.replace(" ", "")
        if len(letters) > _LETTERS_APART:
            return True
        stretches = {
            letters[a:b] for a in range(len(letters)) for b in range(a + 3, len(letters) + 1)
        }
        return any(self._is_read(units, CandidateKind.APART) for units in stretches)

    def _read(self, chunk: str) -> bool | None:
        """Return whether a chunk may hide a word, or None if it lacks what every disguise has."""
        answer = self._answer(chunk)
        if len(chunk) <= REMEMBERED_LENGTH:
            if len(self._answers) + len(self._plain) >= REMEMBERED:
                self._answers.clear()
                self._plain.clear()
            if answer is None:
                self._plain.add(chunk)
            else:
                self._answers[chunk] = answer
        return answer

    def _answer(self, chunk: str) -> bool | None:
        if _STAR_IN_WORD.search(chunk) or self._may_have_hashtag(chunk):
            return True
        words = [word for word in chunk.translate(_units).split() if _ODD.search(word)]
        if not words:
            return None
        if len(words) > WORDS_READ:
            return True
        if any(map(_MARK.search, words)) and _NEEDS_ITS_TEXT.search(chunk):
            return True
        return any(map(self._may_be_read, dict.fromkeys(words)))

    def _may_have_hashtag(self, chunk: str) -> bool:
        """Return whether words run together after a hash may be words of terms."""
        return any(
            not units.isascii()
            or not _ONLY_LETTERS.fullmatch(units)
            or self._vocabulary.has_any(units.split())
            for units in hashtags_in(chunk)
        )

    def _may_be_read(self, word: str) -> bool:
        pieces = _pieces(word)
        if len(pieces) > _PIECES:
            return True
        return any(self._is_read(units) for units in dict.fromkeys(_ways_to_cut(pieces)))

    def _is_read(self, units: str, kind: CandidateKind = CandidateKind.WORD) -> bool:
        """Return whether units have a reading, as if they were a candidate by themselves."""
        is_word = kind is CandidateKind.WORD
        if not 2 < len(units) <= LONGEST or (is_word and not _ODD.search(units)):
            return False
        # Small letters are never a name or a code, and among Greek ones a star hides any letter.
        written = "α" * len(units)
        candidate = Candidate(kind, units, tuple(range(len(units))), written, "-")
        return bool(read_candidate(candidate, self._vocabulary, Effort(), strip_edges=not is_word))


def _pieces(word: str) -> list[str]:
    """Cut a word before and after each sign. Stars at an end are one piece."""
    bare = word.strip(STAR)
    before = len(word) - len(word.lstrip(STAR))
    pieces = [word[:before], *_PIECE.findall(bare), word[before + len(bare) :]]
    return [piece for piece in pieces if piece]


def _ways_to_cut(pieces: list[str]) -> Iterator[str]:
    """Yield all stretches of neighbouring pieces, also without the digit of a numbered chapter."""
    for first in range(len(pieces)):
        for last in range(first + 1, len(pieces) + 1):
            units = "".join(pieces[first:last])
            yield units
            if _NUMBERED.fullmatch(units):
                yield units[:-1]
