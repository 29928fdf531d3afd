"""Canned reasons: the ones that the desk ships with, and which of them fit a card.

A reason goes to the author as it is, so it says what is in the post, not what a program did. The
shipped ones name nobody, and a lead can replace them all.
"""

from collections.abc import Sequence

from desk.items import Dossier
from desk.ports import CannedReason

SHOWN = 9
"""Reasons for one verdict: each has a digit as its key."""

_SHIPPED = {
    "en": {
        "confirmed": (
            "The post does what the rule describes.",
            "The post offers or asks for something that this service does not allow.",
        ),
        "dismissed": (
            "The post quotes or reports this, and warns of it.",
            "The words mean something else here.",
            "It is a joke or fiction, and harms nobody.",
        ),
        "escalated": ("Somebody may be in danger. The post was passed on.",),
        "upheld": ("Looked at again by another person: the decision was right.",),
        "reversed": ("Looked at again by another person: the decision was wrong.",),
        "partly_reversed": ("Looked at again by another person: the measure went too far.",),
    },
}

SHIPPED = tuple(
    CannedReason(text=text, verdict=verdict, language=language)
    for language, by_verdict in _SHIPPED.items()
    for verdict, texts in by_verdict.items()
    for text in texts
)
"""The reasons of a provider that has not edited them."""


def suggested_reasons(
    own: Sequence[CannedReason], dossier: Dossier, language: str
) -> dict[str, list[str]]:
    """Return the reasons that fit a card, by verdict: those of its packs before those for all.

    They are in the language of the post if there are any, since the author reads them; else in the
    language of the interface, else in English.
    """
    packs = {each.finding.pack for each in dossier.findings}
    fitting = [reason for reason in own or SHIPPED if reason.pack in {"", *packs}]
    ordered = sorted(fitting, key=lambda reason: not reason.pack)
    found: dict[str, list[str]] = {}
    for verdict in dict.fromkeys(reason.verdict for reason in ordered):
        for wanted in (dossier.item.language[:2].lower(), language, "en"):
            texts = [
                reason.text
                for reason in ordered
                if reason.verdict == verdict and reason.language == wanted
            ]
            if texts:
                found[verdict] = texts[:SHOWN]
                break
    return found
