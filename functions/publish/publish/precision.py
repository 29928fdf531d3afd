"""How good the rules are: precision from decisions, prevalence and recall from the audit sample.

Precision is the share of decided findings that were confirmed and not overturned. A group of near
copies that was decided as one counts once: it is one look.

The audit sample is drawn evenly from the posts that no rule met, so its share of violating posts
holds, within its interval, for all of them. Posts that rules met and people confirmed are counted,
not sampled. Source: stratified estimation with one stratum known in full, W. G. Cochran, "Sampling
Techniques" (1977), chapter 5. Limits: posts are counted as delivered, so exports that overlap make
the number of unmet posts too large and recall too low, never too high. Findings that wait are not
counted as confirmed. Part 8 of the yearly report has the same definitions for its own period.

How often a term or sign of a scored rule was right: it decided a finding if the score without it is
below the threshold. What decided one finding is never published: it would say much about one
person's post. So totals are published only of months that are over (else the difference of two
totals would show one finding), and only of terms with `GROUPS` copy groups. Copies of one text
count once: those decided in one look, and findings with the same score that the same terms decided,
since publish has no texts. Two texts may be taken for one, which publishes less.

A term misleads if even the upper end of its interval is below the lower end of the precision that
the pack's card promises at its threshold. The interval keeps bad luck with few findings from naming
a term. Limits: a decision that is overturned in a later month counts in both. Two hundred terms at
95 % name about five that are as good as promised: a person reads before a term is removed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cases.decision import JUDGED
from ledger import units
from ledger.cases import DecidedScore, JournalEntry
from ledger.keys import SENTINEL
from phrases import to_translate
from rules.pack import Pack
from rules.pack_parts import CardLevel

NO_DECISIONS = to_translate("no decisions recorded yet")

FEW = 10
"""Cases below which pages show the count alone, without a share or a median."""

REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
"""The measure that removes a post. Other measures leave it where it is."""

DIGITS = 4
"""Decimals of a published share: a hundredth of a per cent, and the same bytes everywhere."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share with its 95 % interval; blank with a note where too little is known."""

    share: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""


class Estimate(Share, frozen=True, kw_only=True):
    """A share of a count."""

    count: units.Count = 0
    of: units.Count = 0


def estimate(count: int, of: int, at_least: int = 1) -> Estimate:
    """Return the share with its interval, or blank with the reason if fewer were counted.

    >>> estimate(81, 263).low, estimate(81, 263).high
    (0.2553, 0.3662)
    >>> estimate(3, 4, at_least=20).note
    'only 4 of the 20 that are needed'
    >>> estimate(3, 20, at_least=20).share, estimate(0, 0).note
    (0.15, 'none yet')
    """
    if of < at_least or not of:
        note = f"only {of} of the {at_least} that are needed" if of else to_translate("none yet")
        return Estimate(count=count, of=of, note=note)
    low, high = (round(end, DIGITS) for end in units.wilson_interval(count, of))
    return Estimate(count=count, of=of, share=round(count / of, DIGITS), low=low, high=high)


class RuleErrors(msgspec.Struct, frozen=True):
    """How often people found a rule wrong; null until the first decision."""

    decided: int | None = None
    dismissed: int | None = None
    overturned: int | None = None
    precision: float | None = None
    low: float | None = None
    high: float | None = None
    with_copies: int | UnsetType = UNSET


class Errors(RuleErrors, frozen=True):
    """What people decided on the findings of the period, up to a day.

    Decisions are counted with the period of their finding, not with their own. Decisions that come
    later are in the summaries of later months and change nothing here.
    """

    by_rule: dict[str, RuleErrors] = {}
    as_of: str = ""
    note: str = NO_DECISIONS


def errors_of(
    by_rule: Mapping[str, int],
    rules: Iterable[str] = (),
    as_of: str = "",
    in_groups: Mapping[str, int] | None = None,
) -> Errors:
    """Return the errors of findings, from a tally of `pack/version/rule/mode/result`.

    Each of `rules` (`pack/version/rule`) gets an entry. `as_of` is the last day whose decisions are
    counted. `in_groups` are the findings that are not in `by_rule`, since their group counts once
    there.

    >>> errors_of({"a/1/r/live/confirmed": 3, "a/1/r/live/overturned": 1}).precision
    0.6667
    """
    counted = {rule: Counter[str]() for rule in rules} | _results_by_rule(by_rule)
    copies = _results_by_rule(in_groups or {})
    total = _errors(sum(counted.values(), Counter()), sum(copies.values(), Counter()))
    return Errors(
        **msgspec.structs.asdict(total),
        by_rule={
            rule: _errors(counts, copies.get(rule, {})) for rule, counts in sorted(counted.items())
        },
        as_of=as_of if total.decided else "",
        note="" if total.decided else NO_DECISIONS,
    )


def of_cohort(by_rule: Mapping[str, int], found: str | None) -> dict[str, int]:
    """Return the entries of a tally that start with this day or month, without it.

    For None return those of all days or months, added up.

    >>> tally = {"2026-11/a/1/r/live/confirmed": 2, "2026-10/a/1/r/live/confirmed": 9}
    >>> of_cohort(tally, "2026-11"), of_cohort(tally, None)
    ({'a/1/r/live/confirmed': 2}, {'a/1/r/live/confirmed': 11})
    """
    parted = ((key.partition("/"), count) for key, count in by_rule.items())
    return units.sum_tallies({key: n} for (day, _, key), n in parted if found in (None, day))


def _results_by_rule(tally: Mapping[str, int]) -> dict[str, Counter[str]]:
    results: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for key, count in tally.items():
        rule, _, result = key.rsplit("/", 2)
        results[rule][result] += count
    return results


def _errors(counts: Mapping[str, int], copies: Mapping[str, int]) -> RuleErrors:
    confirmed, dismissed = _judged(counts)
    overturned, restored = counts.get("overturned", 0), counts.get("restored", 0)
    decided, more = confirmed + dismissed, sum(_judged(copies))
    if decided <= 0:
        return RuleErrors()
    # A decision that is overturned and whose check also changes is subtracted twice; so may be one
    # that is overturned while the journal is read. The result is kept between 0 and `decided`.
    right = estimate(min(decided, max(0, confirmed - overturned + restored)), decided)
    return RuleErrors(
        *(decided, dismissed, overturned, right.share, right.low, right.high),
        with_copies=decided + more if more else UNSET,
    )


def _judged(counts: Mapping[str, int]) -> tuple[int, int]:
    """Return how many were confirmed and dismissed, without those that are open again."""
    return (
        counts.get("confirmed", 0) - counts.get("confirmed_anew", 0),
        counts.get("dismissed", 0) - counts.get("dismissed_anew", 0),
    )


class Stratum(msgspec.Struct, frozen=True):
    """One category, or all: what the rules found of it, and what they missed."""

    confirmed: int = 0
    missed: Estimate = Estimate()
    prevalence: Share = Share()
    recall: Share = Share()


def strata_of(
    posts: Mapping[str, int], audited: Mapping[str, int], inspected: int
) -> dict[str, Stratum]:
    """Return `all`, and each category that was confirmed or sampled; {} if there is neither.

    `posts` are decisions on a month's findings by `category/result` (see `CaseNumbers.posts`),
    `audited` its audited posts by verdict and by `violating/category`, `inspected` its inspected
    posts.

    >>> strata_of({"VIOLENCE/confirmed": 50}, {"not_violating": 200}, 20_000)["all"].recall.low
    0.1174
    """
    confirmed = Counter[str]()
    for key, count in posts.items():
        category, _, result = key.rpartition("/")
        confirmed[category] += -count if result in {"overturned", "confirmed_anew"} else count
    for category, count in confirmed.items():  # one overturned and reopened is subtracted twice
        confirmed[category] = max(0, count)
    violating = Counter({key.partition("/")[2]: n for key, n in audited.items() if "/" in key})
    judged = audited.get("violating", 0) + audited.get("not_violating", 0)
    names = sorted(confirmed.keys() | violating.keys())
    found = {name: _stratum(confirmed[name], violating[name], judged, inspected) for name in names}
    if not (names or judged):
        return {}
    return {"all": _stratum(confirmed.total(), violating.total(), judged, inspected)} | found


def _stratum(confirmed: int, violating: int, judged: int, inspected: int) -> Stratum:
    missed = estimate(violating, judged, units.AUDITED_AT_LEAST)
    if missed.share is None or not inspected:
        blank = Share(note=missed.note)
        return Stratum(confirmed, missed, blank, blank)
    unmet = max(0, inspected - confirmed)
    # Not from `missed`: a rounded share of many posts would be off by several of them.
    likely, fewest, most = units.missed_posts([units.AuditSample(violating, judged, unmet)])
    prevalence = _rounded_share(*((confirmed + n, inspected) for n in (likely, fewest, most)))
    recall = Share(note=to_translate("no violating post is known"))
    if confirmed + likely:
        recall = _rounded_share(*((confirmed, confirmed + n) for n in (likely, most, fewest)))
    return Stratum(confirmed, missed, prevalence, recall)


def _rounded_share(*ratios: tuple[float, float]) -> Share:
    """Return a share and its interval, each from a part and its whole."""
    share, low, high = (round(part / whole, DIGITS) if whole else 0.0 for part, whole in ratios)
    return Share(share=share, low=low, high=high)


GROUPS = 5
"""Copy groups from which on the totals of a term are published."""


class TermEvidence(msgspec.Struct, frozen=True):
    """The findings that one term or sign decided, and how many of them stood."""

    groups: Annotated[int, Meta(ge=GROUPS)]
    stood: units.Count
    findings: Annotated[int, Meta(ge=GROUPS)]
    low: float
    high: float
    misleads: bool = False


class RuleEvidence(msgspec.Struct, frozen=True):
    """The terms and signs of one scored rule, in the order of names."""

    bar: float | None
    terms: dict[str, TermEvidence]


type Evidence = Mapping[str, RuleEvidence]
"""By `pack/version/rule`."""


def term_evidence(
    entries: Iterable[JournalEntry], bar_of: Callable[[str], float | None]
) -> dict[str, RuleEvidence]:
    """Return the totals of a month, from all case entries of its days.

    The last word of the month on a finding counts: an overturned decision is turned round.
    `bar_of` returns the bar of a `pack/version/rule`.
    """
    by_group = defaultdict[tuple[str, str, str], list[_LastWord]](list)
    for word in _last_words(entries):
        for term in word.finding.decided:
            by_group[word.finding.rule, term, word.copy_group].append(word)
    totals: _Totals = defaultdict(Counter)
    for (rule, term, _), words in by_group.items():
        totals[rule, term].update(groups=1, stood=int(_stood(words)), findings=len(words))
    return _published(totals, bar_of)


type _Totals = defaultdict[tuple[str, str], Counter[str]]
"""The first three numbers of a TermEvidence, by rule and term."""


class _LastWord(NamedTuple):
    """A decided finding of a scored rule, by which look, and whether it was right.

    Findings on copies of one text share the name of a `copy_group`.
    """

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


def sum_evidence(parts: Iterable[Evidence]) -> dict[str, RuleEvidence]:
    """Return the sum of published totals: of all providers, or of several months."""
    totals: _Totals = defaultdict(Counter)
    bars: dict[str, float | None] = {}
    for part in parts:
        for rule, evidence in part.items():
            bars[rule] = evidence.bar
            for term, one in evidence.terms.items():
                said = {"groups": one.groups, "stood": one.stood, "findings": one.findings}
                totals[rule, term].update(said)
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
            group = about.group or "\0".join((str(finding.score), *sorted(finding.decided)))
            words[about.entry, number] = _LastWord(finding, about.look, group, is_right)
    yield from words.values()


def _published(totals: _Totals, bar_of: Callable[[str], float | None]) -> dict[str, RuleEvidence]:
    published: dict[str, RuleEvidence] = {}
    for (rule, term), counted in sorted(totals.items()):
        if counted["groups"] >= GROUPS:
            of_rule = published.setdefault(rule, RuleEvidence(bar_of(rule), {}))
            share = estimate(counted["stood"], counted["groups"])
            low, high = share.low or 0.0, share.high or 0.0
            misleads = of_rule.bar is not None and high < of_rule.bar
            of_rule.terms[term] = TermEvidence(**counted, low=low, high=high, misleads=misleads)
    return published


class SentinelDays(msgspec.Struct, frozen=True):
    """On how many days the sentinel post was found, and on which it was missed."""

    found: units.Count
    missed: tuple[str, ...]

    @property
    def days(self) -> int:
        """The days on which it was looked for."""
        return self.found + len(self.missed)


def is_found(by_rule: Mapping[str, int]) -> bool:
    """Return whether a day's findings of the sentinel name a rule of its pack."""
    return any(key.startswith(f"{SENTINEL}/") and count for key, count in by_rule.items())


def sum_sentinel(parts: Iterable[SentinelDays | UnsetType]) -> SentinelDays | UnsetType:
    """Return the sum of days; UNSET if no day is known.

    >>> sum_sentinel([SentinelDays(1, ()), SentinelDays(0, ("2026-11-25",)), UNSET])
    SentinelDays(found=1, missed=('2026-11-25',))
    """
    known = [part for part in parts if part]
    missed = tuple(day for part in known for day in part.missed)
    return SentinelDays(sum(part.found for part in known), missed) if known else UNSET
