"""A term in pinyin, and the check of a place at which letters sound like it.

The check is that of a written term, with three differences: any Han letters of these sounds will
do, nothing may lie between them, and the match is said to be one of sound.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from matcher.terms.term import Term
from matcher.text.fold import Evasion, evasions
from matcher.text.pinyin import JOINT, sound_pattern


@dataclass(frozen=True)
class SoundTerm(Term):
    """A term in pinyin, such as `jia-wei`, and the pattern of its syllables."""

    @classmethod
    def of(cls, written: str) -> Self:
        """Compile a term of known syllables."""
        return cls(written, written, sound_pattern(written), opens=True, closes=True)

    @cached_property
    def tight(self) -> frozenset[int]:
        """All gaps between syllables."""
        return frozenset(range(self.written.count(JOINT)))

    def disguises(self, original: str) -> tuple[Evasion, ...]:
        """Return how the letters are disguised: by their sound, at least."""
        others = {kind for kind in evasions(original, "") if kind is not Evasion.HAN}
        return tuple(sorted({*others, Evasion.SOUND}))

    def _has_letters_of(self, *_: object) -> bool:
        return True  # the pattern was found among sounds
