"""Which texts of a line the gates of scored rules let pass.

The simple way is to ask `gates.passes` for each text, which reads every letter in Python. Here the
letters of a script and all others are counted for all texts at once.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from matcher.batch.sign_tables import Mask
from matcher.batch.symbols import Places, SymbolLine
from matcher.signs.gates import OTHER, letters_of, passes
from rules.score import Gate

_UNKNOWN = np.int8(-128)


class _ScriptCounts:
    """How much each code point adds to the letters of a script over all others."""

    def __init__(self, script: str):
        self._letters = letters_of(script)
        self._counts = np.full(0x110000, _UNKNOWN, np.int8)

    def of(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int8]:
        counts = self._counts.take(codes)
        if counts.min(initial=0) == _UNKNOWN:
            for code in np.unique(codes[counts == _UNKNOWN]).tolist():
                letters = self._letters[code]
                self._counts[code] = len(letters) - 2 * letters.count(OTHER)
            counts = self._counts.take(codes)
        return counts


_counts_of = cache(_ScriptCounts)


class GateView:
    """Answers for the texts of one line. It remembers which pass.

    >>> from matcher.batch.key_finders import ALPHABET
    >>> texts = ["слот", "slot", "88"]
    >>> gates = GateView(ALPHABET.line(texts), texts)
    >>> gates.passing(np.array([0, 1, 2]), Gate("Latin")).tolist()
    [1, 2]
    """

    def __init__(self, line: SymbolLine, texts: Sequence[str]):
        """Take a line and its texts."""
        self._joined, self._texts = line.joined, texts
        self._in_script: dict[str, Mask] = {}
        self._has_word: dict[str, dict[int, bool]] = {}

    def passing(self, texts: Places, gate: Gate | None) -> Places:
        """Return those of some texts that a gate lets pass."""
        if gate is None:
            return texts
        if gate.script:
            texts = texts[self._is_in_script(gate.script)[texts]]
        if gate.words_of:
            has_word = self._has_word.setdefault(gate.words_of, {})
            words = Gate(words_of=gate.words_of)
            for at in texts.tolist():
                if at not in has_word:
                    has_word[at] = passes(self._texts[at], words)
            texts = np.array([at for at in texts.tolist() if has_word[at]], np.intp)
        return texts

    def _is_in_script(self, script: str) -> Mask:
        if script not in self._in_script:
            counts = _counts_of(script).of(self._joined.codes)
            sums = np.add.reduceat(counts, self._joined.starts, dtype=np.int32)
            self._in_script[script] = sums >= 0
        return self._in_script[script]
