"""Where things stand in the buckets. These names are part of what Terang promises."""

from ledger.manifest import Marker

HOLDS_EXCERPTS = "holds=excerpts"
"""By this tag the out bucket lets files expire with the excerpts in them."""


def findings_key(marker: Marker) -> str:
    """A unit's findings, for its provider.

    >>> findings_key(Marker("ab", "acme", "2026-11-25"))
    'out/acme/findings/2026-11-25/ab.jsonl'
    """
    return f"out/{marker.provider}/findings/{marker.day}/{marker.unit}.jsonl"


def receipt_key(provider: str, file: str) -> str:
    """The receipt of a dropped file, for its provider."""
    return f"out/{provider}/receipts/{file}.json"


def message_receipt_key(marker: Marker) -> str:
    """The receipt of a message of which something was refused, for its provider."""
    return f"out/{marker.provider}/receipts/messages/{marker.day}/{marker.unit}.json"


def unknown_receipt_key(digest: str) -> str:
    """The note about a file that no registered provider dropped."""
    return f"receipts/_unknown/{digest}.json"


def refusals_key(unit: str) -> str:
    """A unit's refusals with their places, in the work bucket."""
    return f"refusals/{unit}.jsonl"


def part_key(file: str, reader: str, version: int, number: int) -> str:
    """One part of a translated file, in the work bucket."""
    return f"parts/{file}/{reader}-{version}/{number:06}.jsonl"
