"""Trials of rules in shadow: which of their findings are drawn, so that people can judge them.

A draw ranks a finding by a keyed hash of its rule and folded text: exact copies have one rank, and
a repeat draws the same. A finding is drawn if its rank is below the limit of its rule. Publish sets
the limits by yesterday's counts, so that about `DRAWN_A_DAY` are drawn, and writes them into one
private document for each provider. Documents are named by their digest, which receipts pin.

The table has a row for each trial, and one for each drawn finding, with the fingerprint of its
post. Everything of a provider's trials is under `T#<provider>`, and ends with the excerpts: those
of a trial that somebody ended, or whose rule was adopted for all findings, end at once.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from ledger.findings import hkdf
from ledger.table import TableRows, item_of, record_of

DRAWN_A_DAY = 60
"""Findings of a rule and band that are drawn in a day, about: two looks at 30."""

DRAWING_DAYS = 14
"""Days of a trial on which findings are drawn. Their excerpts are kept longer."""

ANSWER_DAYS = 90
"""Days for which drawn findings are kept at most: the desk reads the answers of as many."""

RANKS = 1 << 32
"""Ranks are compared by their first 32 bits."""


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """A trial of a rule (`pack/rule`) at a provider: who began it and when, RFC 3339 in UTC.

    `matching` is the digest of what is tried (`rules.pinned.rule_digest`). `read_by` is the lead
    who read its terms, and `read_at` when. With `ended_at`, somebody has ended it. A `whole` one is
    of a run at home: all findings of the rule are there, and answers of an earlier run hold.
    """

    rule: str
    version: int
    matching: str
    began_at: str
    moderator: str
    read_by: str = ""
    read_at: str = ""
    ended_at: str = ""
    whole: bool = False

    def is_over(self, now: datetime) -> bool:
        """Return whether nothing more is drawn: a rule that hits seldom cannot wait forever."""
        ends = datetime.fromisoformat(self.began_at) + timedelta(days=DRAWING_DAYS)
        return self.whole or bool(self.ended_at) or now >= ends

    @property
    def takes_since(self) -> datetime:
        """Return the moment before which no answer can have been given."""
        return (
            datetime.fromtimestamp(0, UTC) if self.whole else datetime.fromisoformat(self.began_at)
        )


class DrawLimit(msgspec.Struct, frozen=True):
    """Below which rank findings of a rule are drawn: any of them, and those of the `high` band."""

    version: int
    any: int
    high: int


class Draws(msgspec.Struct, frozen=True):
    """The rules on trial at a provider, by `pack/rule`."""

    rules: dict[str, DrawLimit] = {}

    @property
    def digest(self) -> str:
        """The name of this document; empty if nothing is on trial."""
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest() if self.rules else ""

    def draw_of(self, rule: str, version: int, rank: str, *, is_high: bool) -> str:
        """Return by which draw a finding is drawn, that of `all` or of `high`; else an empty text.

        >>> draws = Draws({"a/b": DrawLimit(1, any=0x40000000, high=0x80000000)})
        >>> [draws.draw_of("a/b", 1, "3" * 32, is_high=high) for high in (False, True)]
        ['all', 'all']
        >>> [draws.draw_of("a/b", 1, "7" * 32, is_high=high) for high in (False, True)]
        ['', 'high']
        """
        limit, place = self.rules.get(rule), int(rank[:8], 16)
        if limit is None or limit.version != version:
            return ""
        if place < limit.any:
            return "all"
        return "high" if is_high and place < limit.high else ""


class DrawnFinding(msgspec.Struct, frozen=True, omit_defaults=True):
    """A drawn finding, with the fingerprint of its post while the author is not erased.

    A short text has none. `extra` ones were drawn because of their band, and say nothing of all
    findings. `group` is noted when the text goes: the group of near copies, which no fingerprint
    tells any more.
    """

    finding: str
    rule: str
    version: int
    rank: str
    band: str = ""
    extra: bool = False
    fingerprint: bytes = b""
    group: str = ""

    @property
    def is_forgotten(self) -> bool:
        """Whether its text is gone: its author was erased, or somebody ended the trial."""
        return bool(self.group) and not self.fingerprint

    def forgotten(self, group: str) -> "DrawnFinding":
        """Return what is kept of it once its text is gone."""
        return msgspec.structs.replace(self, fingerprint=b"", group=group)


def draw_key(secret: bytes, provider: str) -> bytes:
    """Derive the key of a provider's draws from the secret of the stack."""
    return hkdf(secret, b"terang draws", provider.encode(), 32)


def draw_rank(key: bytes, rule: str, folded: str) -> str:
    """Return the rank of a finding of a rule (`pack/rule`) in a folded text.

    >>> draw_rank(b"key", "a/b", " hello ")[:8]
    'ab01955f'
    """
    return hmac.digest(key, f"{rule}\n{folded}".encode(), "sha256").hex()[:32]


def draw_limit(found: int) -> int:
    """Return the limit by which about DRAWN_A_DAY of so many findings are drawn.

    >>> [draw_limit(found) / RANKS for found in (2 * DRAWN_A_DAY, DRAWN_A_DAY, 0)]
    [0.5, 1.0, 1.0]
    """
    return RANKS * DRAWN_A_DAY // max(DRAWN_A_DAY, found)


NEWEST = "newest"


def draws_key(provider: str, digest: str = NEWEST) -> str:
    """Return the key of a provider's draws in the work bucket.

    >>> draws_key("acme")
    'draws/acme/newest.json'
    """
    return f"draws/{provider}/{digest}.json"


@dataclass(frozen=True, slots=True)
class DynamoDraws(TableRows):
    """Trials and drawn findings of each provider."""

    def trials(self, provider: str) -> list[Trial]:
        """Return the trials of a provider, by rule."""
        return self.table.records(_trials(provider), "trial#", Trial)

    def trial(self, provider: str, rule: str) -> Trial | None:
        """Return the trial of a rule, if one was begun."""
        return record_of(self.table.get(_trials(provider), f"trial#{rule}"), Trial)

    def put_trial(self, provider: str, trial: Trial) -> None:
        """Begin a trial, or begin it again for another version."""
        self.table.put(_trials(provider), f"trial#{trial.rule}", trial)

    def drawn(self, provider: str, rule: str, version: int = 0) -> list[DrawnFinding]:
        """Return the drawn findings of a rule that are still kept, by rank, from a version on."""
        now = self.clock.now().timestamp()
        items = self.table.query(_trials(provider), f"drawn#{rule}#")
        kept = [item for item in items if int(item["expires"]["N"]) > now]
        drawn = [one for item in kept if (one := record_of(item, DrawnFinding))]
        return [one for one in drawn if one.version >= version]

    def end_excerpts(self, provider: str, rule: str) -> None:
        """Let the excerpts of a rule's drawn findings end with its trial. At home they stay."""
        trial, now = self.trial(provider, rule), int(self.clock.now().timestamp())
        for one in self.drawn(provider, rule) if trial and not trial.whole else ():
            ends = self.table.set_attributes(f"C#{one.finding}", "excerpt", expires=now)
            self.table.transact_all(ends)  # nothing to do if there is none

    def put_drawn(self, provider: str, drawn: Iterable[DrawnFinding], expires: int) -> None:
        """Keep drawn findings, before the receipt that counts them; a repeat puts the same."""
        pk = _trials(provider)
        keyed = ((f"drawn#{one.rule}#{one.rank}#{one.finding}", one) for one in drawn)
        self.table.put_all(item_of(pk, sk, one, expires=expires) for sk, one in keyed)


def _trials(provider: str) -> str:
    return f"T#{provider}"


def read_draws(
    get: Callable[[str, str], bytes | None], bucket: str, provider: str, digest: str = NEWEST
) -> Draws:
    """Return the draws of a digest, or the newest; none if there are none."""
    data = get(bucket, draws_key(provider, digest))
    return msgspec.json.decode(data, type=Draws) if data else Draws()
