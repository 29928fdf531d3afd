"""A whole file that is not accepted."""

from ledger.errors import TerangError
from ledger.records.refusal import Code

PRIVATE = frozenset({Code.NOT_PUBLIC, Code.CHANNEL_NOT_OPEN})
"""The codes of an item, or a file, that is not addressed to everyone."""


class FileRefusedError(TerangError):
    """A whole file is refused: the sender must mend it, and `advice` says how.

    `at` is the place where it broke, where there is one; none of its content is in here.
    """

    def __init__(self, code: Code, at: str = "", advice: str = "") -> None:
        super().__init__(f"{code} {at}".rstrip())
        self.code, self.at, self.advice = code, at, advice
