"""What a pack says in a language other than English."""

from typing import NamedTuple

import msgspec


class Translation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The title and explanation of a pack in one language, and each rule's `why` by its id.

    What is empty or absent exists in English only.
    """

    title: str = ""
    why: str = ""
    rules: dict[str, str] = {}


class Said(NamedTuple):
    """A text and the language that it is in."""

    text: str
    language: str

    @classmethod
    def of(cls, translated: str, language: str, english: str) -> "Said":
        """Return the translated text if there is one, else the English one.

        >>> Said.of("", "id", "Threats"), Said.of("Ancaman", "id", "Threats").language
        (Said(text='Threats', language='en'), 'id')
        """
        return cls(translated, language) if translated else cls(english, "en")
