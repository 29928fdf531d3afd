"""What rules hit because of a way to get in touch, which half of all lawful offers have too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched

from matcher.engine import Matcher
from matcher.hit import Hit

CONTACTS = (
    "Contact me, hubungi, 联系:",
    "@name",
    "name@host.example",
    "https://host.example/page",
    "https://t.me/name",
    "+44 7700 900123",
    "07700900123",
)
"""Ways to get in touch."""

TRIED_AT_ONCE = 1_000
"""Texts that are matched together."""

_ALL = f" {' '.join(CONTACTS)}"


@dataclass(slots=True)
class HitBesideContacts:
    """How many ordinary texts a rule hits once contacts follow, with the first and its terms."""

    text: str
    terms: str
    count: int = 0

    def message(self, texts: int) -> str:
        """Return what to tell the author of the rule, given how many texts were tried."""
        return (
            f"hits {self.count:,} of {texts:,} ordinary texts once ways to get in touch follow; a "
            f"contact proves nothing, so ask for more beside {self.terms}: {self.text}"
        )


def hits_beside_contacts(
    matcher: Matcher, texts: Iterable[str]
) -> dict[tuple[str, str], HitBesideContacts]:
    """Return by pack and rule what is hit of ordinary texts once contacts follow.

    Scored rules are left out: there, a contact is one weight of many.
    """
    found: dict[tuple[str, str], HitBesideContacts] = {}
    for text, hits in _tried(matcher, texts):
        for hit in hits:
            if hit.score is None:
                own = dict.fromkeys(f"`{span.term}`" for span in hit.spans if span.end <= len(text))
                first = HitBesideContacts(text, ", ".join(own))
                found.setdefault((hit.pack, hit.rule), first).count += 1
    return found


def _tried(matcher: Matcher, texts: Iterable[str]) -> Iterator[tuple[str, list[Hit]]]:
    """Yield each text with what is hit of it once contacts follow."""
    for some in batched(texts, TRIED_AT_ONCE):
        yield from zip(some, matcher.find_all([text + _ALL for text in some]), strict=True)


def hits_of_contacts(matcher: Matcher) -> dict[tuple[str, str], str]:
    """Return by pack and rule the first way to get in touch that alone is a hit."""
    found: dict[tuple[str, str], str] = {}
    for contact, hits in zip(CONTACTS, matcher.find_all(CONTACTS), strict=True):
        for hit in hits:
            found.setdefault((hit.pack, hit.rule), contact)
    return found
