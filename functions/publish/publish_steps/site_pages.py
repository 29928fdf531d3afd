"""The pages of summaries and packs, and the index: plain HTML that also works from a folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from cases.kinds import CaseNumbers
from ledger.units import percentiles
from phrases import Phrases, of, to_translate
from publish.folding import Numbers, PublishedSets, proposes_from
from publish.precision import Errors, Evidence, RuleErrors
from publish.public_bucket import why_revised
from publish.summary import PeriodKind, Summary, SummaryPart
from publish_steps import page_words, tables
from publish_steps.headline import (
    SHOWN_MEASURES,
    TREND_MONTHS,
    Chart,
    done_words,
    mistake_words,
    open_words,
    trends,
    wrong_share,
)
from publish_steps.page_words import LANGUAGE_CODES, render
from publish_steps.tables import ordinary_rows, sign_rows, weight_rows
from rules.pack import Pack
from rules.pack_parts import ALGORITHM
from rules.pinned import FACTCHECKS
from rules.rule_set import RuleSet


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
        return _by_size(self.by_publisher)

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


def refusals_of(index: PublishedIndex) -> list[tuple[str, int]]:
    """Return the reasons in words and how many checks were refused for each, the most first.

    >>> refusals_of(PublishedIndex("ab", 0, refused={"no_link": 2}))
    [('no link to a page', 2)]
    """
    return [(_REFUSALS.get(code, code), count) for code, count in _by_size(index.refused)]


def _by_size(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


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
        busy = [day for day in by_day if tables.is_busy(day)]
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
            complaints=tables.EndedComplaints.of(summary.cases),
            decided_within=percentiles(summary.cases.decide_seconds).median_hours,
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
            titles={
                key: pack.title_in(self.language) for key, pack in self.catalogue.packs.items()
            },
            cases=cases,
            moderator_decisions=tables.MODERATOR_DECISIONS,
            decided_chart=tables.decided_chart(by_day, say) if decided and len(busy) > 1 else None,
            complaints_chart=tables.complaints_chart(summary.cases, say),
            open_chart=tables.open_chart(summary.standing, say) if summary.standing else None,
            archive=archive,
            digest=digest,
        )

    def packs(
        self,
        totals: Numbers,
        errors: Errors,
        campaigns: Sequence[str],
        terms: Evidence,
    ) -> dict[tuple[str, int], str]:
        """Return a page for each version of each pack whose id can be part of a path.

        `totals` and `errors` are of all findings so far, `terms` of all months that are over;
        `campaigns` are those that have a page.
        """
        return {
            key: self._pack(pack, totals, errors, terms, campaign_shown=pack.campaign in campaigns)
            for key, pack in self.catalogue.packs.items()
            if pack.has_page
        }

    def signs(self) -> str:
        """Return the page of the signs and gates that the set in force names."""
        return self._render("signs.html", "signs", signs=sign_rows(self.catalogue.in_force))

    def authors(self, cases: CaseNumbers) -> str:
        """Return the page for authors; `cases` are the sums of all published months."""
        return self._render("authors.html", "authors", ended=tables.EndedComplaints.of(cases))

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
            months_of=tables.months_of,
            checks=checks,
            refused_checks=refusals_of(checks) if checks else [],
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

    def _pack(
        self, pack: Pack, totals: Numbers, errors: Errors, terms: Evidence, *, campaign_shown: bool
    ) -> str:
        found = {
            rule.id: {
                mode: totals.by_rule.get(f"{pack.id}/{pack.version}/{rule.id}/{mode}", 0)
                for mode in ("live", "shadow")
            }
            for rule in pack.rules
        }
        notice_hours = self.catalogue.notice_hours_of(pack)
        return self._render(
            "pack.html",
            f"packs/{pack.id}/{pack.version}",
            pack=pack,
            of_checks=pack.id == FACTCHECKS,
            found=found,
            errors={
                rule.id: errors.by_rule.get(f"{pack.id}/{pack.version}/{rule.id}", RuleErrors())
                for rule in pack.rules
            },
            paused=self.catalogue.pauses_of(pack),
            state=self._state(pack),
            versions=versions_in(self.catalogue.in_force, pack.id),
            matching=self.catalogue.matching_of(pack),
            language_name=self.phrases.language_name,
            campaign_shown=campaign_shown,
            notice_hours=notice_hours,
            proposes_from=proposes_from(pack, notice_hours),
            evidence={
                rule.id: evidence
                for rule in pack.rules
                if (evidence := terms.get(f"{pack.id}/{pack.version}/{rule.id}"))
            },
            weights={rule.id: weight_rows(rule.score) for rule in pack.rules if rule.score},
            ordinary=ordinary_rows(pack.card) if pack.card else [],
            algorithm=ALGORITHM,
        )
