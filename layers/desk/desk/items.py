"""What waits for a moderator: the lines of the queue, and everything known about one of them.

Times are RFC 3339 in UTC, as in the records of `ledger`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ledger.cases.case import CaseEntry
from ledger.records.finding import Finding, FoundSpan
from ledger.records.flood import FloodQuestion
from ledger.records.identity import digest
from rules.pack import Pack, Rule


class ItemKind(StrEnum):
    """Why an item waits."""

    FINDING = "finding"  # rules hit a post, and nobody has decided
    NOTICE = "notice"  # somebody reported a post, and nobody has answered
    ORDER = "order"  # an authority's order that nobody has answered
    COMPLAINT = "complaint"  # somebody contests a decision
    SECOND_REVIEW = "second_review"  # a colleague's decision, drawn by chance
    AUDIT = "audit"  # a post of the month's sample, which no rule hit
    HELD_RULE = "held_rule"  # the flood guard asks about all findings of a rule on a day
    GOLDEN = "golden"  # training: the answer is known, and nothing is sent


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the queue. It holds no text of a post.

    `key` names it in addresses: the id of its first finding (a finding), or of its case (a notice,
    an order, a complaint, a decision), `<month>.<place>` (an audit), the id of its question (a held
    rule), or a digest of its rule and text (training). `rules` are `pack/rule`. `since` is when
    it began to wait. `deadline` is empty where nothing sets one. `group` is the id of the copy
    group, empty where there is none. `not_for` are moderators who may not decide it: those who
    decided first.
    """

    key: str
    kind: ItemKind
    since: str
    category: str = ""
    severity: str = ""
    rules: tuple[str, ...] = ()
    language: str = ""
    reach: int | None = None
    deadline: str = ""
    group: str = ""
    not_for: tuple[str, ...] = ()
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that nobody has decided, with its excerpt while that is kept.

    `notice` is the sender's id of a notice that waits for an answer about this finding.
    """

    finding: Finding
    excerpt: str | None
    notice: str = ""
    escalated: bool = False


def first_excerpt(findings: Iterable[OpenFinding]) -> str:
    """Return the first excerpt of these findings that is still kept, or an empty text."""
    return next((each.excerpt for each in findings if each.excerpt), "")


def rule_name(finding: Finding) -> str:
    """Return the key of a finding's rule in `Dossier.rules`."""
    return f"{finding.pack}/{finding.version}/{finding.rule}"


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The published words about a rule: its pack's title, its reason and its page.

    `page` is empty where no public pages are served. `title` and `why` are English. `pack` is None
    where its set cannot be read.
    """

    title: str
    why: str
    page: str = ""
    pack: Pack | None = None
    rule: Rule | None = None

    @classmethod
    def of(cls, pack: Pack, rule_id: str, page: str) -> "RuleFacts":
        """Return the words about a rule of a pack."""
        rule = pack.rule(rule_id)
        return cls(pack.title, rule.why if rule else "", page, pack, rule)

    def said_in(self, language: str) -> tuple[str, str]:
        """Return title and reason in a language, or in English."""
        if self.pack is None or self.rule is None:
            return self.title, self.why
        said = self.pack.title_in(language), self.pack.reason_in(language, self.rule)
        return said[0].text, said[1].text


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """A decision on the same post, the same rule or a near copy.

    `about` is `post`, `rule` or `copy`. `reason` is empty after an erasure. `outcome` says how the
    decision ended if somebody contested it.
    """

    about: str
    verdict: str
    moderator: str
    decided_at: str
    rule: str = ""
    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Another item whose post says nearly the same, to be decided together with this one."""

    key: str
    findings: tuple[OpenFinding, ...]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything known about one item, for its card.

    `findings` are those of one post and category, the most urgent first. `notices` are the entries
    of notices about the post. `decision` is that of a complaint, or the one of a second
    look; its message id is what the answer names. `contest` is the complaint itself. `order` is an
    authority's order, with all times known so far. `post` and `url` are of an audit's post, or of a
    notice without findings. `rules` has the words about each `pack/version/rule`. `answer` is the
    known verdict of a golden card, and `question` is the flood guard's about a held rule.
    """

    item: Item
    findings: tuple[OpenFinding, ...] = ()
    notices: tuple[CaseEntry, ...] = ()
    decision: CaseEntry | None = None
    contest: CaseEntry | None = None
    order: CaseEntry | None = None
    post: str = ""
    url: str = ""
    month: str = ""
    rules: tuple[tuple[str, RuleFacts], ...] = ()
    earlier: tuple[EarlierDecision, ...] = ()
    copies: tuple[NearCopy, ...] = ()
    answer: str = ""
    question: FloodQuestion | None = None

    @property
    def excerpt(self) -> str:
        """Return the first excerpt that is still kept, or an empty text."""
        return first_excerpt(self.findings)


_LONG_AGO = "1970-01-01T00:00:00Z"
EXAMPLES_PER_RULE = 2
"""Examples of each kind and rule that become cards."""


def golden_dossiers(packs: Iterable[Pack], provider: str) -> list[Dossier]:
    """Return published examples of packs as training cards, in an order that gives nothing away.

    A pack's `match` examples are to be confirmed, its `ignore` examples dismissed. They are public
    and invented, so a card of them teaches what a rule means without a real post.
    """
    made = [
        _golden_dossier(pack, rule, text, answer, provider)
        for pack in packs
        for rule in pack.rules
        for answer, texts in (("confirmed", rule.match), ("dismissed", rule.ignore))
        for text in texts[:EXAMPLES_PER_RULE]
    ]
    return sorted(made, key=lambda dossier: dossier.item.key)


def _golden_dossier(pack: Pack, rule: Rule, text: str, answer: str, provider: str) -> Dossier:
    key = digest("golden", pack.id, rule.id, text)
    finding = Finding(
        finding=key, provider=provider, post="", account="-", published_at=_LONG_AGO,
        found_at=_LONG_AGO,
        pack=pack.id, version=pack.version, set="", rule=rule.id, mode="live",
        category=pack.category_of(rule), severity=rule.severity.value,
        spans=(FoundSpan("text", 0, 0, ""),), unit="",
    )  # fmt: skip
    item = Item(
        key, ItemKind.GOLDEN, _LONG_AGO, category=finding.category, rules=(f"{pack.id}/{rule.id}",)
    )
    facts = RuleFacts.of(pack, rule.id, "")
    return Dossier(
        item, (OpenFinding(finding, text),), rules=((rule_name(finding), facts),), answer=answer
    )
