"""Adopting an example: what a moderator writes, after a post, for a rule's public page.

The editor begins with the post's words, in which names, handles, numbers and links are masked.
Whatever is saved is public, so it must be rewritten: the masked text itself is refused.

Limits: names are found by their capital letter inside a sentence. Names in scripts without capital
letters, and names at the start of a sentence, are not found: the moderator reads the text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from desk.deciding import DecidingError
from ledger.untrusted_text import is_blank
from phrases import to_translate
from rules.pack import Pack

EXAMPLE_LENGTH = 500

_MASKS = (
    (re.compile(r"[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,4}"), "[mail]"),
    (re.compile(r"(?:https?://|www\.)\S{1,500}|\b[\w-]{1,60}\.(?:com|net|org|id|cn|ru|me|io)\b\S{0,200}",
                re.IGNORECASE), "[link]"),
    (re.compile(r"@[\w.]{1,60}"), "[handle]"),
    (re.compile(r"\+?\d[\d ().-]{2,30}\d|\d{3,40}"), "[number]"),
)  # fmt: skip

_NAME = re.compile(r"(?<=[\w,;:] )(?:[^\W\d_a-z][a-z]{1,40})(?: [^\W\d_a-z][a-z]{1,40}){0,3}")
"""Words with a capital letter that follow another word: most of them are names."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """An example for a rule: a post that it should match, or leave alone (`ignore`)."""

    pack: str
    rule: str
    kind: Literal["match", "ignore"]
    text: str


@dataclass(frozen=True, slots=True)
class AdoptionResult:
    """What the tools for packs say about an example, and the change to the pack's file.

    `problems` are those of `packs check` with the example, `changes` the lines of `packs diff`.
    Without the pack's file (`checked` is false) there are none, and `patch` is the lines to add.
    """

    patch: str
    problems: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    checked: bool = True


class Adopter(Protocol):
    """Tries an example in packs. Nothing is written."""

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""

    def adopted(self, adoption: Adoption) -> AdoptionResult | None:
        """Return what the change would be; None if the packs have no such rule."""


def rules_with_examples(packs: Iterable[Pack]) -> list[str]:
    """Return the rules that take examples, as `pack/rule`, sorted: all but those of copies."""
    return sorted(f"{pack.id}/{rule.id}" for pack in packs for rule in pack.rules
                  if not rule.copies)  # fmt: skip


def masked(text: str) -> str:
    """Return a post's text without its names, handles, numbers and links.

    >>> masked("Ask Budi Santoso or @budi99 at +62 812-3456-789, see https://a.example/x now")
    'Ask [name] or [handle] at [number], see [link] now'
    """
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return _NAME.sub("[name]", text)


def read_adoption(rule: str, kind: str, text: str, before: str) -> Adoption:
    """Return the example of a form. Raises DecidingError if it may not be published.

    `before` is the post's text, in which nothing was masked.
    """
    pack, _, name = rule.partition("/")
    words = " ".join(text.split())
    if not pack or not name or kind not in {"match", "ignore"}:
        raise DecidingError(to_translate("Choose a rule and a kind."))
    if is_blank(words) or len(words) > EXAMPLE_LENGTH:
        raise DecidingError(to_translate("An example has 1 to 500 characters."))
    if words in {" ".join(before.split()), " ".join(masked(before).split())}:
        raise DecidingError(to_translate("Rewrite it first: what you save is public."))
    if words != masked(words):
        raise DecidingError(to_translate("It still has a name, a handle, a number or a link."))
    return Adoption(pack, name, "match" if kind == "match" else "ignore", words)
