"""A provider as the operator registered it, its webhook, and the keys of objects in the buckets.

All webhooks of a stack are one JSON object in Secrets Manager, by provider. The keys of objects are
part of the stable interface. The post that the stack sends itself is here too, and the digests by
which the public log knows findings and units.

>>> findings_key(Marker("ab", "acme", "2026-11-25"))
'out/acme/findings/2026-11-25/ab.jsonl'
>>> message_receipt_key("acme", "2026-11-25", "ab")
'out/acme/receipts/messages/2026-11-25/ab.json'
>>> batch_receipt_key(Marker("ab", "acme", "2026-11-25", "cd"))
'out/acme/receipts/batches/2026-11-25/cd.json'
>>> factchecks_key("ab")
'factchecks/ab.claims'
>>> factchecks_facts_key("ab")
'factchecks/ab.json'
>>> factchecks_lists_key("ab")
'factchecks/topics/ab.json'
>>> doubtful_copies_key("acme", "ab")
'out/acme/copies/ab.jsonl'
>>> entry_key("acme", "2026-11-25", "ab")
'out/acme/entries/2026-11-25/ab.json'
>>> correction_key("acme", "2026-11-25", "ab")
'out/acme/corrections/2026-11-25/ab.json'
>>> statements_of_day("acme", "2026-11-25")
'out/acme/decisions/2026-11-25/'
>>> statement_batch_key("acme", "2026-11-25", 1)
'out/acme/statements/2026-11-25-0001.json'
>>> report_key("acme", "2026", "report.xlsx")
'out/acme/reports/2026/report.xlsx'
>>> log_checkpoint_key("acme", "log/"), log_checkpoint_key("acme", "log/", 1200)
('out/acme/log/checkpoint', 'out/acme/log/checkpoints/000000001200')
"""

import base64
import hmac
import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from ledger.findings import Finding, hkdf
from ledger.units import Marker

PROVIDER_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,39}")

SENTINEL = "sentinel"
"""The provider, and the pack, of the post that the stack sends itself. It is part of no sum."""

SENTINEL_TEXT = "Sentinel post of Terang: the paper lantern at the end of the pier is lit."
"""It is also in `packs/sentinel.yaml`, for everybody to read."""


class Provider(msgspec.Struct, frozen=True, omit_defaults=True):
    """One messaging provider as the operator registered it.

    `senders` are the unique ids of the roles that may send its messages (the part of an SQS
    SenderId before the colon). `open_channels` are channels that anyone may join, where the format
    itself does not say so (`telegram:ID`, `discord:GUILD`). `door` is how its moderators decide: in
    messages that its senders put into the queue, or signed in at the console. Nobody uses both, so
    that one person is not two moderators. `territory` has the countries, sorted, in which its
    decisions hold that name none. `complaint_url` is its own form for complaints; without it our
    page takes them. `post_url` is the pattern of its posts' addresses, of which the last part is
    the id; without it nobody reports a post here. `connections` has the table of each tool that
    sends its decisions.
    """

    provider: str
    senders: tuple[str, ...] = ()
    open_channels: tuple[str, ...] = ()
    door: Literal["queue", "console"] = "queue"
    territory: tuple[str, ...] = ()
    complaint_url: str = ""
    post_url: str = ""
    connections: dict[str, dict[str, Any]] = {}

    def post_at(self, url: str) -> str:
        """Return the id of the post at an address, its last part; empty if it is not of these.

        >>> chat = Provider("chat", post_url="https://chat.example/@*/*")
        >>> chat.post_at("https://chat.example/@who/12?lang=en"), chat.post_at("https://x.example/")
        ('12', '')
        """
        page = url.partition("#")[0].partition("?")[0] if url.split() == [url] else ""
        return page.rpartition("/")[2] if fnmatchcase(page, self.post_url or "-") else ""


def is_provider_id(value: str) -> bool:
    """Return whether a value can name a provider: 3 to 40 of a-z, 0-9 and hyphens, but not `all`.

    >>> is_provider_id("acme-chat"), is_provider_id("all"), is_provider_id("_x")
    (True, False, False)
    """
    return value != "all" and PROVIDER_ID.fullmatch(value) is not None


SCOPES = ("posts", "cases", "receipts")
"""What a provider's secret for HTTP may serve for."""


def secret_name(use: str, provider: str, name: str) -> str:
    """Return the key of a secret among the partners': `http` for a scope, `signed` for a tool."""
    return f"{use}/{provider}/{name}"


SECRET_PREFIX = "whsec_"  # noqa: S105 - the standard's prefix, and no secret
SECRET_BYTES = 32
OVERLAP_SECONDS = 24 * 3600
"""How long a replaced secret still signs, so that the receiver can change over."""


class WebhookSecret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A secret as Standard Webhooks writes it. `until` ends it, in seconds since 1970; 0 never."""

    secret: str
    until: int = 0

    @property
    def key(self) -> bytes:
        """Return the bytes that sign."""
        return base64.b64decode(self.secret.removeprefix(SECRET_PREFIX))


class Webhook(msgspec.Struct, frozen=True):
    """An https address and its secrets, the newest first."""

    url: str
    secrets: tuple[WebhookSecret, ...]

    def keys(self, now: float) -> list[bytes]:
        """Return the bytes that sign at a time, of the newest secret first."""
        return [each.key for each in self.secrets if not each.until or each.until > now]


type Webhooks = dict[str, Webhook]
"""The webhooks of a stack by provider."""


def renewed(before: Webhook | None, url: str, random: Callable[[int], bytes], now: int) -> Webhook:
    """Return the webhook with a new secret. The secret before it signs for another day."""
    new = WebhookSecret(SECRET_PREFIX + base64.b64encode(random(SECRET_BYTES)).decode())
    newest = before.secrets[:1] if before else ()
    return Webhook(
        url, (new, *(WebhookSecret(each.secret, now + OVERLAP_SECONDS) for each in newest))
    )


def split_webhook_url(url: str) -> SplitResult:
    """Return the parts of a webhook's address.

    Raises ValueError for one that is not https, has no host, or carries a name, a password, a
    fragment or a character that does not belong in a request.

    >>> split_webhook_url("https://hooks.example:8443/terang").port
    8443
    """
    parts = urlsplit(url)
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ValueError("An address has only printable ASCII characters")
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("An address begins with https:// and names a host")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("An address has no user, password or fragment")
    if parts.port == 0:
        raise ValueError("0 is not a port")
    return parts


HOLDS_EXCERPTS = "holds=excerpts"
"""The tag of files with excerpts. The out bucket deletes them when the excerpts expire."""


def findings_key(marker: Marker) -> str:
    """Return the key of the findings of a unit, or of its whole batch, for its provider."""
    return f"out/{marker.provider}/findings/{marker.day}/{marker.receipt_id}.jsonl"


def receipt_key(provider: str, file: str) -> str:
    """Return the key of the receipt of a dropped file, for its provider."""
    return f"out/{provider}/receipts/{file}.json"


def message_receipt_key(provider: str, day: str, message: str) -> str:
    """Return the key of the receipt of a message that was refused, or that had to wait."""
    return f"out/{provider}/receipts/messages/{day}/{message}.json"


def batch_receipt_key(marker: Marker) -> str:
    """Return the key of the receipt of a batch of messages, for its provider."""
    return f"out/{marker.provider}/receipts/batches/{marker.day}/{marker.receipt_id}.json"


def unknown_receipt_key(digest: str) -> str:
    """Return the key of the note about a file that no registered provider dropped."""
    return f"receipts/_unknown/{digest}.json"


def factchecks_key(index: str) -> str:
    """Return the key of an index of published checks, by its digest."""
    return f"factchecks/{index}.claims"


def factchecks_facts_key(index: str) -> str:
    """Return the key of the counts of an index of published checks."""
    return f"factchecks/{index}.json"


def factchecks_lists_key(lists: str) -> str:
    """Return the key of the lists that gave checks their topics, by their digest."""
    return f"factchecks/topics/{lists}.json"


def refusals_key(unit: str) -> str:
    """Return the key of a unit's refusals with their places, in the work bucket."""
    return f"refusals/{unit}.jsonl"


def copies_key(provider: str) -> str:
    """Return the key of a provider's snapshot of confirmed fingerprints, in the work bucket."""
    return f"copies/{provider}.json"


def doubtful_copies_key(provider: str, decision: str) -> str:
    """Return the key of the list of findings that copy the post of an overturned decision."""
    return f"out/{provider}/copies/{decision}.jsonl"


def part_key(file: str, reader: str, version: int, pseudonym_key: str, number: int) -> str:
    """Return the key of one part of a translated file, in the work bucket."""
    return f"parts/{file}/{reader}-{version}-{pseudonym_key}/{number:06}.jsonl"


def author_notice_key(provider: str, decision: str, language: str) -> str:
    """Return the key of the notice to an author, which the provider passes on."""
    return f"out/{provider}/notices/{decision}.{language}.txt"


def entry_key(provider: str, day: str, entry: str) -> str:
    """Return the key of what a provider hears of a case entry, by the day of its commit."""
    return f"out/{provider}/entries/{day}/{entry}.json"


def correction_key(provider: str, day: str, entry: str) -> str:
    """Return the key of the note that a published check behind a finding changed."""
    return f"out/{provider}/corrections/{day}/{entry}.json"


def statement_key(provider: str, day: str, decision: str) -> str:
    """Return the key of the statement of reasons of a decision, by the day of its commit."""
    return f"{statements_of_day(provider, day)}{decision}.json"


def statements_of_day(provider: str, day: str) -> str:
    """Return the prefix of a day's single statements."""
    return f"out/{provider}/decisions/{day}/"


def statement_batch_key(provider: str, day: str, number: int) -> str:
    """Return the key of a batch (from 1) of a day's statements for the transparency database."""
    return f"out/{provider}/statements/{day}-{number:04}.json"


def report_key(provider: str, period: str, name: str) -> str:
    """Return the key of a file of a provider's yearly report."""
    return f"out/{provider}/reports/{period}/{name}"


def proposal_key(provider: str, rule: str, finding: str) -> str:
    """Return the key of an example proposed for a rule (`pack/version/rule`)."""
    return f"out/{provider}/proposals/{rule}/{finding}.json"


def audit_file_key(provider: str, month: str) -> str:
    """Return the key of the month's sample of posts without findings, for the moderators."""
    return f"out/{provider}/audit/{month}.jsonl"


def log_checkpoint_key(provider: str, folder: str, size: int | None = None) -> str:
    """Return the key of a provider's copy of the log's newest checkpoint, or of that of a size."""
    return f"out/{provider}/{folder}" + (
        "checkpoint" if size is None else f"checkpoints/{size:012}"
    )


def rule_page(finding: Finding, public_url: str) -> str:
    """Return the public page of a finding's rule, or an empty text if no pages are served."""
    page = f"{public_url}/packs/{finding.pack}/{finding.version}.html#{finding.rule}"
    return page if public_url else ""


def sentinel_post(day: str) -> str:
    """Return the post that the stack sends itself on a day, and must find: a harmless one.

    It takes the way of any post: queue, scan, rules in force, table, summary. A day has one
    message, so a repeat counts once.

    >>> sentinel_post("2026-11-25")[:48]
    '{"id": "sentinel-2026-11-25", "account": "sentin'
    """
    return json.dumps(
        {
            "id": f"{SENTINEL}-{day}",
            "account": SENTINEL,
            "text": SENTINEL_TEXT,
            "language": "en",
            "audience": "public",
            "published_at": f"{day}T00:00:00Z",
        }
    )


def own_key(period_key: bytes, name: str) -> bytes:
    """Return the key in the public log of one finding or unit, from the key of its month.

    It reveals neither the key of the month nor the key of any other.
    """
    return hkdf(period_key, b"terang log", name.encode(), 32)


def keyed(period_key: bytes, name: str) -> str:
    """Return the digest of a finding or unit in the public log: an HMAC under its own key.

    >>> keyed(bytes(32), "a")[:16]
    'c4a3bd21d17c90cd'
    """
    return hmac.digest(own_key(period_key, name), name.encode(), "sha256").hex()
