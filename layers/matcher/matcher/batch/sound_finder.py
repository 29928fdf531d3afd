"""Finds the keys of terms in pinyin in a line of folded texts.

A Han letter is a word by itself, so its symbol is replaced by that of its syllable, in one lookup
for the whole line. The words of that line are then looked up like all others.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from matcher.batch.key_finders import PatternLine, finders_of
from matcher.batch.symbols import ALONE, Alphabet, Places, SymbolLine, Symbols, alone_symbol
from matcher.text.pinyin import sounds, syllables


class SoundFinder:
    """Finds keys of syllables. `keys` has the key of each pattern, from 0 to `number`."""

    def __init__(self, patterns: Sequence[str]):
        """Take patterns as by `sound_pattern`, at least one."""
        own = {ord(letter): f" {letter} " for letter in syllables().values()}
        alphabet = Alphabet(defaultdict(lambda: " ", own))
        [(self._finder, _)] = finders_of(PatternLine.of(patterns, alphabet))
        self.keys, self.number = self._finder.keys, self._finder.number
        self._symbols = _symbols_of_sounds()

    def find(self, line: SymbolLine) -> Iterator[tuple[Places, Places]]:
        """Yield the places in the line at which keys begin, and the keys."""
        alone = line.symbols[line.starts] >= ALONE
        if alone.sum() > line.ends.size:
            yield from self._finder.find(
                line._replace(
                    symbols=self._symbols.take(line.symbols),
                    starts=line.starts[alone],  # keys may go on behind other words, too
                    sizes=line.sizes[alone],
                )
            )


def _symbols_of_sounds() -> Symbols:
    """Return for each symbol that of the syllable, if it is of a Han letter, or itself."""
    symbols = np.arange(1 << 16, dtype=np.uint16)
    for code, letter in sounds().items():
        symbols[alone_symbol(code)] = alone_symbol(ord(letter))
    return symbols
