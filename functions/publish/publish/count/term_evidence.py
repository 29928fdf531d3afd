"""How often findings that a term decided were right: monthly totals by term of scored rules.

A term or sign decided a finding if the score without it is below the threshold. What decided one
finding is never published: it would say much about one person's post. So totals are published only
of months that are over (else the difference of two totals would show one finding), and only of
terms with `GROUPS` copy groups.

Copies of one text count once: those decided in one look, and findings with the same score that the
same terms decided, since publish has no texts. Two texts may be taken for one, which publishes
less.

A term misleads if even the upper end of its interval is below the lower end of the precision that
the pack's card promises at its threshold: findings that need this term do not keep it. The interval
keeps bad luck with few findings from naming a term.


Limits: a decision that is overturned in a later month counts in both. Two hundred terms at 95 %
name about five that are as good as promised: a person reads before a term is removed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from ledger.cases.case import DecidedScore, JournalEntry
from publish.count.case_numbers import JUDGED
from publish.estimates import counts, estimate, says
from rules.card import CardLevel
from rules.pack import Pack

GROUPS = 5
"""Copy groups from which on the totals of a term are published."""


class TermEvidence(msgspec.Struct, frozen=True):
    """The findings that one term or sign decided, and how many of them stood."""

    groups: Annotated[
        int, Meta(ge=GROUPS, description="Copy groups of decided findings that it decided.")
    ]
    stood: Annotated[
        int,
        counts(
            "Those that stood: people confirmed at least half of them, and reversed"
            " none that they decided in the same look."
        ),
    ]
    findings: Annotated[int, Meta(ge=GROUPS, description="The findings in these groups.")]
    low: Annotated[float, says("Lower end of the 95 % interval of stood/groups.")]
    high: Annotated[float, says("Upper end of the same interval.")]
    misleads: Annotated[
        bool, says("Whether `high` is below `bar`: it is proposed for removal.")
    ] = False


class RuleEvidence(msgspec.Struct, frozen=True):
    """The terms and signs of one scored rule, in the order of names."""

    bar: Annotated[
        float | None, says("Lower end of the precision at the threshold that the card promises.")
    ]
    terms: Annotated[
        dict[str, TermEvidence], says("By term as written in the pack; a sign is in braces.")
    ]


type Evidence = Mapping[str, RuleEvidence]
"""By `pack/version/rule`."""


def term_evidence(
    entries: Iterable[JournalEntry], bar_of: Callable[[str], float | None]
) -> dict[str, RuleEvidence]:
    """Return the totals of a month, from all case entries of its days.

    The last word of the month on a finding counts: an overturned decision is turned round.
    `bar_of` returns the bar of a `pack/version/rule`.
    """
    by_term: dict[tuple[str, str], dict[str, list[_LastWord]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for word in _last_words(entries):
        for term in word.finding.decided:
            by_term[word.finding.rule, term][word.copy_group].append(word)
    totals: dict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    for (rule, term), groups in sorted(by_term.items()):
        stood = sum(map(_stood, groups.values()))
        totals[rule][term] = len(groups), stood, sum(map(len, groups.values()))
    return _published(totals, bar_of)


class _LastWord(NamedTuple):
    """A decided finding of a scored rule, by which look, and whether it was right."""

    finding: DecidedScore
    look: str
    copy_group: str
    is_right: bool


def _stood(words: Iterable[_LastWord]) -> bool:
    """Return whether at least half of the looks at copies stood: each, if none of it fell."""
    looks: dict[str, bool] = {}
    for word in words:
        looks[word.look] = looks.get(word.look, True) and word.is_right
    return 2 * sum(looks.values()) >= len(looks)


def copy_group_of(decision: JournalEntry, finding: DecidedScore) -> str:
    """Return a name that findings on copies of one text share."""
    return decision.group or "\0".join((str(finding.score), *sorted(finding.decided)))


def sum_evidence(parts: Iterable[Evidence]) -> dict[str, RuleEvidence]:
    """Return the sum of published totals: of all providers, or of several months."""
    totals: dict[str, dict[str, tuple[int, int, int]]] = defaultdict(dict)
    bars: dict[str, float | None] = {}
    for part in parts:
        for rule, evidence in sorted(part.items()):
            bars[rule] = evidence.bar
            for term, one in evidence.terms.items():
                groups, stood, findings = totals[rule].get(term, (0, 0, 0))
                added = groups + one.groups, stood + one.stood, findings + one.findings
                totals[rule][term] = added
    return _published(totals, bars.get)


def bar_of_pack(pack: Pack) -> float | None:
    """Return the precision that a card promises at the threshold, at its lower end, if any."""
    promised = [
        held_back.precision.low
        for held_back in (pack.card.held_back if pack.card else ())
        if held_back.at is CardLevel.THRESHOLD
    ]
    return min(promised, default=None)


def _last_words(entries: Iterable[JournalEntry]) -> Iterator[_LastWord]:
    words: dict[tuple[str, int], _LastWord] = {}
    for entry in sorted(entries, key=lambda entry: (entry.overturns, entry.entry)):
        about = entry.about if entry.overturns else entry
        if about is None or about.type != "decision" or about.verdict not in JUDGED:
            continue
        is_right = (about.verdict == "confirmed") is not entry.overturns
        for number, finding in enumerate(about.scores):
            group = copy_group_of(about, finding)
            words[about.entry, number] = _LastWord(finding, about.look, group, is_right)
    yield from words.values()


def _published(
    totals: Mapping[str, Mapping[str, tuple[int, int, int]]],
    bar_of: Callable[[str], float | None],
) -> dict[str, RuleEvidence]:
    published: dict[str, RuleEvidence] = {}
    for rule, terms in sorted(totals.items()):
        bar = bar_of(rule)
        shown = {
            term: _row(*counts, bar)
            for term, counts in sorted(terms.items())
            if counts[0] >= GROUPS
        }
        if shown:
            published[rule] = RuleEvidence(bar, shown)
    return published


def _row(groups: int, stood: int, findings: int, bar: float | None) -> TermEvidence:
    share = estimate(stood, groups)
    low, high = share.low or 0.0, share.high or 0.0
    return TermEvidence(groups, stood, findings, low, high, bar is not None and high < bar)
