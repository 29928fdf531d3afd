"""The keys of objects in the buckets. They are part of the stable interface."""

from ledger.findings import Finding
from ledger.units import Marker

HOLDS_EXCERPTS = "holds=excerpts"
"""The tag of files with excerpts. The out bucket deletes them when the excerpts expire."""


def findings_key(marker: Marker) -> str:
    """Return the key of the findings of a unit, or of its whole batch, for its provider.

    >>> findings_key(Marker("ab", "acme", "2026-11-25"))
    'out/acme/findings/2026-11-25/ab.jsonl'
    """
    return f"out/{marker.provider}/findings/{marker.day}/{marker.receipt_id}.jsonl"


def receipt_key(provider: str, file: str) -> str:
    """Return the key of the receipt of a dropped file, for its provider."""
    return f"out/{provider}/receipts/{file}.json"


def message_receipt_key(provider: str, day: str, message: str) -> str:
    """Return the key of the receipt of a message that was refused, or that had to wait.

    >>> message_receipt_key("acme", "2026-11-25", "ab")
    'out/acme/receipts/messages/2026-11-25/ab.json'
    """
    return f"out/{provider}/receipts/messages/{day}/{message}.json"


def batch_receipt_key(marker: Marker) -> str:
    """Return the key of the receipt of a batch of messages, for its provider.

    >>> batch_receipt_key(Marker("ab", "acme", "2026-11-25", "cd"))
    'out/acme/receipts/batches/2026-11-25/cd.json'
    """
    return f"out/{marker.provider}/receipts/batches/{marker.day}/{marker.receipt_id}.json"


def unknown_receipt_key(digest: str) -> str:
    """Return the key of the note about a file that no registered provider dropped."""
    return f"receipts/_unknown/{digest}.json"


def factchecks_key(index: str) -> str:
    """Return the key of an index of published checks, by its digest.

    >>> factchecks_key("ab")
    'factchecks/ab.claims'
    """
    return f"factchecks/{index}.claims"


def factchecks_facts_key(index: str) -> str:
    """Return the key of the counts of an index of published checks.

    >>> factchecks_facts_key("ab")
    'factchecks/ab.json'
    """
    return f"factchecks/{index}.json"


def factchecks_lists_key(lists: str) -> str:
    """Return the key of the lists that gave checks their topics, by their digest.

    >>> factchecks_lists_key("ab")
    'factchecks/topics/ab.json'
    """
    return f"factchecks/topics/{lists}.json"


def refusals_key(unit: str) -> str:
    """Return the key of a unit's refusals with their places, in the work bucket."""
    return f"refusals/{unit}.jsonl"


def copies_key(provider: str) -> str:
    """Return the key of a provider's snapshot of confirmed fingerprints, in the work bucket."""
    return f"copies/{provider}.json"


def doubtful_copies_key(provider: str, decision: str) -> str:
    """Return the key of the list of findings that copy the post of an overturned decision.

    >>> doubtful_copies_key("acme", "ab")
    'out/acme/copies/ab.jsonl'
    """
    return f"out/{provider}/copies/{decision}.jsonl"


def part_key(file: str, reader: str, version: int, pseudonym_key: str, number: int) -> str:
    """Return the key of one part of a translated file, in the work bucket."""
    return f"parts/{file}/{reader}-{version}-{pseudonym_key}/{number:06}.jsonl"


def author_notice_key(provider: str, decision: str, language: str) -> str:
    """Return the key of the notice to an author, which the provider passes on."""
    return f"out/{provider}/notices/{decision}.{language}.txt"


def entry_key(provider: str, day: str, entry: str) -> str:
    """Return the key of what a provider hears of a case entry, by the day of its commit.

    >>> entry_key("acme", "2026-11-25", "ab")
    'out/acme/entries/2026-11-25/ab.json'
    """
    return f"out/{provider}/entries/{day}/{entry}.json"


def correction_key(provider: str, day: str, entry: str) -> str:
    """Return the key of the note that a published check behind a finding changed.

    >>> correction_key("acme", "2026-11-25", "ab")
    'out/acme/corrections/2026-11-25/ab.json'
    """
    return f"out/{provider}/corrections/{day}/{entry}.json"


def statement_key(provider: str, day: str, decision: str) -> str:
    """Return the key of the statement of reasons of a decision, by the day of its commit."""
    return f"{statements_of_day(provider, day)}{decision}.json"


def statements_of_day(provider: str, day: str) -> str:
    """Return the prefix of a day's single statements.

    >>> statements_of_day("acme", "2026-11-25")
    'out/acme/decisions/2026-11-25/'
    """
    return f"out/{provider}/decisions/{day}/"


def statement_batch_key(provider: str, day: str, number: int) -> str:
    """Return the key of a batch (from 1) of a day's statements for the transparency database.

    >>> statement_batch_key("acme", "2026-11-25", 1)
    'out/acme/statements/2026-11-25-0001.json'
    """
    return f"out/{provider}/statements/{day}-{number:04}.json"


def report_key(provider: str, period: str, name: str) -> str:
    """Return the key of a file of a provider's yearly report.

    >>> report_key("acme", "2026", "report.xlsx")
    'out/acme/reports/2026/report.xlsx'
    """
    return f"out/{provider}/reports/{period}/{name}"


def proposal_key(provider: str, rule: str, finding: str) -> str:
    """Return the key of an example proposed for a rule (`pack/version/rule`)."""
    return f"out/{provider}/proposals/{rule}/{finding}.json"


def audit_file_key(provider: str, month: str) -> str:
    """Return the key of the month's sample of posts without findings, for the moderators."""
    return f"out/{provider}/audit/{month}.jsonl"


def log_checkpoint_key(provider: str, folder: str, size: int | None = None) -> str:
    """Return the key of a provider's copy of the log's newest checkpoint, or of that of a size.

    >>> log_checkpoint_key("acme", "log/"), log_checkpoint_key("acme", "log/", 1200)
    ('out/acme/log/checkpoint', 'out/acme/log/checkpoints/000000001200')
    """
    return f"out/{provider}/{folder}" + (
        "checkpoint" if size is None else f"checkpoints/{size:012}"
    )


def rule_page(finding: Finding, public_url: str) -> str:
    """Return the public page of a finding's rule, or an empty text if no pages are served."""
    page = f"{public_url}/packs/{finding.pack}/{finding.version}.html#{finding.rule}"
    return page if public_url else ""
