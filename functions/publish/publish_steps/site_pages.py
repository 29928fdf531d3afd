"""The pages of summaries and packs, and the index: plain HTML that also works from a folder.

The page of a month compares it with the published months before it, so `site_files` writes it again
when one of them gets a revision.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from cases.kinds import CaseNumbers
from ledger.units import wilson_interval
from phrases import Phrases, of, to_translate
from publish.folding import Numbers, PublishedSets, proposes_from
from publish.precision import Errors, Evidence, RuleErrors, wrong_share
from publish.public_bucket import why_revised
from publish.rule_changes import PublishedTrials
from publish.summary import PeriodKind, Summary, SummaryPart
from publish_steps import page_words, tables
from publish_steps.page_words import (
    LANGUAGE_CODES,
    SHOWN_MEASURES,
    done_words,
    mistake_words,
    open_words,
    render,
)
from publish_steps.tables import Chart, small_columns
from rules.pack import Pack
from rules.pack_parts import ALGORITHM, OrdinaryPosts, PackCard, Score
from rules.pinned import FACTCHECKS, digest_of, sentence_of
from rules.rule_set import RuleSet

TREND_MONTHS = 12
"""Months of a trend, the page's own month included."""


def trends(months: Sequence[Summary], phrases: Phrases) -> dict[str, Chart]:
    """Return a small chart for each answer; {} for a single month: its number says it all."""
    if len(months) < 2:
        return {}
    labels = [phrases.short_month(month.period) for month in months]
    wrong = [wrong_share(month.errors) for month in months]
    answers: dict[str, tuple[str, list[float | None]]] = {
        "read": (
            to_translate("Posts read by month"),
            [month.numbers.inspected for month in months],
        ),
        "done": (
            to_translate("Measures taken by month"),
            [sum(month.cases.by_measure.values()) for month in months],
        ),
        "wrong": (
            to_translate("Share of decided findings that were wrong, by month"),
            [found.share if found else None for found in wrong],
        ),
        "open": (
            to_translate("Cases open at the end of the month"),
            [month.standing.open if month.standing else None for month in months],
        ),
    }
    return {
        name: small_columns(phrases.gettext(title), labels, values)
        for name, (title, values) in answers.items()
    }


def weight_rows(score: Score) -> list[tuple[int, list[tuple[str, str]]]]:
    """Return what has each weight of a score, the largest first, by kind and name.

    >>> weight_rows(Score(8, terms={"gacor": 7, "kakak": -2}, signs={"link": 7}))[0]
    (7, [('term', 'gacor'), ('sign', 'link')])
    """
    by_weight: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    lists = {"term": score.terms, "sign": score.signs, "pinyin": score.pinyin}
    for kind, weights in lists.items():
        for name, weight in weights.items():
            by_weight[weight].append((kind, name))
    return [
        (weight, sorted(by_weight[weight], key=lambda entry: entry[1]))
        for weight in sorted(by_weight, reverse=True)
    ]


class WrongCount(NamedTuple):
    """Posts that are wrongly found: so many, of 10,000, and of 10,000 at most (95% confidence)."""

    found: int
    rate: float
    most: float


def ordinary_rows(card: PackCard) -> list[tuple[OrdinaryPosts, WrongCount, WrongCount]]:
    """Return the kinds of ordinary posts, with those found from the threshold and from high on."""

    def wrong(found: int, posts: int) -> WrongCount:
        share, (_, high) = found / posts, wilson_interval(found, posts)
        return WrongCount(found, 10_000 * share, 10_000 * high)

    return [
        (some, wrong(some.found, some.posts or 1), wrong(some.found_high, some.posts or 1))
        for some in card.ordinary
    ]


class SignRow(NamedTuple):
    """A sign or gate of a set. `is_known` says whether this release has its definition."""

    id: str
    sentence: str
    digest: str
    is_known: bool


def sign_rows(rule_set: RuleSet) -> list[SignRow]:
    """Return the signs and gates that a set names, in the order of ids."""
    return [
        SignRow(name, sentence_of(name), digest, digest_of(name) == digest)
        for name, digest in sorted((rule_set.signs or {}).items())
    ]


def months_of(days: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield days by month, newest first.

    >>> list(months_of(["2026-10-31", "2026-11-01", "2026-11-02"]))
    [('2026-11', ['2026-11-02', '2026-11-01']), ('2026-10', ['2026-10-31'])]
    """
    months: dict[str, list[str]] = {}
    for day in sorted(days, reverse=True):
        months.setdefault(day[:7], []).append(day)
    yield from months.items()


def is_busy(part: SummaryPart) -> bool:
    """Return whether anything was received, decided or overturned in a part of a summary."""
    return any((part.inspected, part.refused, part.decided, part.overturned))


class CheckCorrection(msgspec.Struct, frozen=True):
    """A fact-check that was corrected or withdrawn, and the day on which Terang learnt of it."""

    url: str
    change: str
    day: str

    @property
    def leads_somewhere(self) -> bool:
        """A browser can follow its link."""
        return self.url.startswith(("https://", "http://"))


class PublishedIndex(msgspec.Struct, frozen=True):
    """The facts published with an index; `by_topic` counts the checks that may lead to findings."""

    index: str
    checks: int
    by_publisher: dict[str, int] = {}
    by_topic: dict[str, int] = {}
    refused: dict[str, int] = {}
    changed: tuple[CheckCorrection, ...] = ()

    @property
    def publishers(self) -> list[tuple[str, int]]:
        """Return the publishers, those with most checks first."""
        return sorted(self.by_publisher.items(), key=lambda pair: (-pair[1], pair[0]))

    @property
    def finding(self) -> int:
        """How many checks may lead to findings; the others only answer questions."""
        return sum(self.by_topic.values())


_REFUSALS = {
    "checks_no_claim": to_translate("a page that does not check a claim"),
    "no_claim": to_translate("no claim that could be compared"),
    "no_link": to_translate("no link to a page"),
    "publisher_not_trusted": to_translate(
        "a publisher that is not on the list of trusted publishers"
    ),
}


class PackState(StrEnum):
    """In words for a page. If two are true, the first of them is shown."""

    REPLACED = to_translate("replaced")
    EXPIRED = to_translate("expired")
    NOT_IN_FORCE = to_translate("not in force")
    NOT_YET = to_translate("not yet")
    SHADOW = to_translate("shadow")
    LIVE = to_translate("live")


def state_of(pack: Pack, in_force: RuleSet, today: str, *, public: bool) -> PackState:
    """Return the state of a version under the set in force, on a day in UTC.

    `public` says whether there is a public address; without one nothing is live.
    """
    versions, day = versions_in(in_force, pack.id), date.fromisoformat(today)
    if pack.version not in versions and any(version > pack.version for version in versions):
        return PackState.REPLACED
    if pack.in_force.until < day:
        return PackState.EXPIRED
    if pack.version not in versions:
        return PackState.NOT_IN_FORCE
    if day < pack.in_force.from_:
        return PackState.NOT_YET
    is_live = public and pack.mode == "live" and not pack.unprotected
    return PackState.LIVE if is_live else PackState.SHADOW


def versions_in(published: RuleSet, pack: str) -> list[int]:
    """Return the versions of a pack in a set, in order.

    >>> versions_in(RuleSet(notice_hours=24, packs=()), "one-time-codes")
    []
    """
    return sorted(held.version for held in published.packs if held.id == pack)


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """The published periods of a provider, or of `all`, as the index lists them."""

    provider: str
    days: tuple[str, ...]
    months: tuple[str, ...]
    campaigns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What the index lists; `months` are those of `all`, oldest first.

    `newest` is the newest day on which posts were read, of all providers, or the newest day.
    """

    months: tuple[Summary, ...]
    providers: tuple[ListedProvider, ...]
    newest: Summary | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders pages in one language. Packs and rules have the titles that the sets give them.

    `public_url` and `today`, the day of the run in UTC, decide whether a pack is live. Pages of
    summaries do not depend on the day. `has_log` says whether `log/` is published: then pages name
    the command that checks it.
    """

    catalogue: PublishedSets
    public_url: str
    today: str
    language: str = "en"
    contact: str = ""
    licence: str = ""
    has_log: bool = False

    @property
    def phrases(self) -> Phrases:
        """Return the phrases of the pages' language."""
        return of(self.language)

    def summary(
        self,
        summary: Summary,
        earlier: str = "",
        months: Iterable[Summary] = (),
        *,
        digest: str,
        archive: bool = False,
    ) -> str:
        """Return the page of a summary.

        `earlier` is the newest period before it, or empty. For a month, `months` are the published
        ones before it, oldest first. `digest` is the SHA-256 of its JSON; `archive` says whether
        its zip file is published.
        """
        numbers, say, by_day = summary.numbers, self.phrases.gettext, summary.days
        met, quiet = tables.rule_rows(summary, self.catalogue, self.language)
        categories = tables.category_rows(numbers.by_category)
        refusals = tables.count_rows(numbers.refused_by_code, page_words.refusal_words)
        cases = tables.case_tables(summary.cases)
        decided = any(day.decided or day.overturned for day in by_day)
        known = [*months, summary] if summary.kind is PeriodKind.MONTH else []
        counted_to = summary.standing.day if summary.standing else summary.last_day
        opening = page_words.opening(summary, self.phrases)
        busy = [day for day in by_day if is_busy(day)]
        return self._render(
            "summary.html",
            summary.path,
            s=summary,
            n=numbers,
            months=known[-TREND_MONTHS:],
            wrong_of=wrong_share,
            title=page_words.title_of(summary, self.phrases),
            opening=opening,
            why_revised=why_revised(summary, self.phrases),
            decided_words=page_words.decided_words(summary.cases, self.phrases),
            done_words=done_words(summary.cases, self.phrases),
            mistake_words=mistake_words(summary, counted_to, self.phrases),
            open_words=open_words(summary.standing, self.phrases) if summary.standing else "",
            shown_measures=SHOWN_MEASURES,
            trends=trends(known[-TREND_MONTHS:], self.phrases),
            complaints=tables.complaints_of(summary.cases),
            earlier=earlier,
            met=met,
            quiet=quiet,
            categories=categories,
            refusals=refusals,
            by_language=tables.count_rows(
                numbers.by_language,
                lambda code: say(LANGUAGE_CODES.get(code, "")) or self.phrases.language_name(code),
            ),
            findings_chart=self._findings_chart(busy, categories, summary),
            inspected_chart=tables.inspected_chart(by_day, say) if len(busy) > 1 else None,
            refusal_chart=tables.refusal_chart(refusals, say) if len(refusals) > 1 else None,
            busy_days=busy,
            quiet_days=[day for day in by_day if day not in busy],
            packs=self.catalogue.packs,
            cases=cases,
            moderator_decisions=tables.MODERATOR_DECISIONS,
            decided_chart=tables.decided_chart(by_day, say) if decided and len(busy) > 1 else None,
            complaints_chart=tables.complaints_chart(summary.cases, say),
            open_chart=tables.open_chart(summary.standing, say) if summary.standing else None,
            archive=archive,
            digest=digest,
        )

    def pack(
        self,
        pack: Pack,
        totals: Numbers,
        errors: Errors,
        campaigns: Sequence[str],
        terms: Evidence,
        trials: PublishedTrials,
    ) -> str:
        """Return the page of a version of a pack whose id can be part of a path.

        `totals` and `errors` are of all findings so far, `terms` of all months that are over;
        `campaigns` are those that have a page.
        """
        keys = {rule.id: f"{pack.id}/{pack.version}/{rule.id}" for rule in pack.rules}
        notice_hours = self.catalogue.notice_hours_of(pack)
        return self._render(
            "pack.html",
            f"packs/{pack.id}/{pack.version}",
            pack=pack,
            of_checks=pack.id == FACTCHECKS,
            found={
                rule: {mode: totals.by_rule.get(f"{key}/{mode}", 0) for mode in ("live", "shadow")}
                for rule, key in keys.items()
            },
            errors={rule: errors.by_rule.get(key, RuleErrors()) for rule, key in keys.items()},
            paused=self.catalogue.pauses_of(pack),
            state=self._state(pack),
            versions=versions_in(self.catalogue.in_force, pack.id),
            matching=self.catalogue.matching_of(pack),
            language_name=self.phrases.language_name,
            campaign_shown=pack.campaign in campaigns,
            live_here=trials.live_here(pack, self.catalogue.in_force),
            tried=trials.tried(pack),
            notice_hours=notice_hours,
            proposes_from=proposes_from(pack, notice_hours),
            evidence={rule: terms[key] for rule, key in keys.items() if key in terms},
            weights={rule.id: weight_rows(rule.score) for rule in pack.rules if rule.score},
            ordinary=ordinary_rows(pack.card) if pack.card else [],
            algorithm=ALGORITHM,
        )

    def signs(self) -> str:
        """Return the page of the signs and gates that the set in force names."""
        return self._render("signs.html", "signs", signs=sign_rows(self.catalogue.in_force))

    def authors(self, cases: CaseNumbers) -> str:
        """Return the page for authors; `cases` are the sums of all published months."""
        return self._render("authors.html", "authors", ended=tables.complaints_of(cases))

    def method(self) -> str:
        """Return the page on how the numbers are made."""
        return self._render("method.html", "method")

    def index(self, contents: Contents, checks: PublishedIndex | None = None) -> str:
        """Return the index of all that is published; `checks` is the index of fact-checks."""
        newest = contents.newest
        return self._render(
            "index.html",
            "index",
            c=contents,
            newest=newest,
            newest_words=page_words.read_words(newest, self.phrases) if newest else "",
            packs=self.catalogue.packs,
            states={key: self._state(pack) for key, pack in self.catalogue.packs.items()},
            months_of=months_of,
            checks=checks,
            refused_checks=tables.count_rows(checks.refused, lambda code: _REFUSALS.get(code, code))
            if checks
            else [],
        )

    def _render(self, template: str, path: str, **context: object) -> str:
        return render(
            template,
            path,
            self.language,
            public_url=self.public_url,
            contact=self.contact,
            licence=self.licence,
            has_log=self.has_log,
            **context,
        )

    def _findings_chart(
        self, busy: list[SummaryPart], categories: list[tables.TableRow], summary: Summary
    ) -> Chart | None:
        """Return the chart of findings, or None where it would show a single number."""
        say = self.phrases.gettext
        if summary.days:
            return tables.findings_chart(summary.days, categories, say) if len(busy) > 1 else None
        bars = sum(1 for row in categories if row.live) + any(row.shadow for row in categories)
        return tables.category_chart(categories, say) if bars > 1 else None

    def _state(self, pack: Pack) -> PackState:
        return state_of(pack, self.catalogue.in_force, self.today, public=bool(self.public_url))
