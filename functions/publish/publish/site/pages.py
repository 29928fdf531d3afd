"""The pages of summaries and packs, and the index: plain HTML that also works from a folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from publish.catalogue import PublishedIndex, PublishedSets, proposes_from, refusals_of
from publish.count.folding import Numbers
from publish.count.precision import Errors, RuleErrors
from publish.count.term_evidence import Evidence
from publish.site import case_tables, tables, wording
from publish.site.score_tables import ordinary_rows, sign_rows, weight_rows
from publish.site.templating import render
from publish.summary import Summary
from rules.factchecks import FACTCHECKS
from rules.pack import Pack
from rules.rule_set import RuleSet


class PackState(StrEnum):
    """In words for a page. If two are true, the first of them is shown."""

    REPLACED = "replaced"
    EXPIRED = "expired"
    NOT_IN_FORCE = "not in force"
    NOT_YET = "not yet"
    SHADOW = "shadow"
    LIVE = "live"


def state_of(pack: Pack, in_force: RuleSet, today: str, *, public: bool) -> PackState:
    """Return the state of a version under the set in force, on a day.

    Args:
        pack: One version of a pack.
        in_force: The set in force.
        today: The day of the run, UTC.
        public: Whether there is a public address; without one nothing is live.
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
    return PackState.LIVE if public and pack.mode == "live" else PackState.SHADOW


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
    newest: Summary | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What the index lists; `months` are those of `all`, oldest first."""

    months: tuple[Summary, ...]
    providers: tuple[ListedProvider, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders pages. Packs and rules have the titles that the sets give them.

    `public_url` and `today`, the day of the run in UTC, decide whether a pack is live. Pages of
    summaries do not depend on the day.
    """

    catalogue: PublishedSets
    public_url: str
    today: str

    def summary(self, summary: Summary, earlier: str = "") -> str:
        """Return the page of a summary; `earlier` is the newest period before it, or empty."""
        numbers = summary.numbers
        met, quiet = tables.rule_rows(summary, self.catalogue)
        categories = tables.category_rows(numbers.by_category)
        refusals = tables.refusal_rows(numbers.refused_by_code)
        by_day, cases = summary.days, case_tables.case_tables(summary.cases)
        decided = any(day.decided or day.overturned for day in by_day)
        return render(
            "summary.html",
            root="../../",
            s=summary,
            n=numbers,
            title=wording.title_of(summary),
            opening=wording.opening(summary),
            earlier=earlier,
            met=met,
            quiet=quiet,
            categories=categories,
            refusals=refusals,
            languages=tables.tally_rows(numbers.by_language),
            findings_chart=tables.findings_chart(by_day, categories)
            if by_day
            else tables.category_chart(categories),
            inspected_chart=tables.inspected_chart(by_day),
            refusal_chart=tables.refusal_chart(refusals),
            packs=self.catalogue.packs,
            cases=cases,
            moderator_decisions=case_tables.MODERATOR_DECISIONS,
            decided_chart=case_tables.decided_chart(by_day) if decided else None,
            complaints_chart=case_tables.complaints_chart(summary.cases),
            open_chart=case_tables.open_chart(summary.standing) if summary.standing else None,
        )

    def packs(
        self,
        totals: Numbers,
        errors: Errors,
        campaigns: Iterable[str] = (),
        terms: Evidence | None = None,
    ) -> dict[tuple[str, int], str]:
        """Return a page for each version of each pack whose id can be part of a path.

        Args:
            totals: All numbers published so far.
            errors: What people decided on all findings so far.
            campaigns: Those that have a page.
            terms: What terms of scored rules decided in all months that are over.
        """
        published = frozenset(campaigns)
        return {
            key: self._pack(
                pack, totals, errors, terms or {}, campaign_shown=pack.campaign in published
            )
            for key, pack in self.catalogue.packs.items()
            if pack.has_page
        }

    def signs(self) -> str:
        """Return the page of the signs and gates that the set in force names."""
        return render("signs.html", root="", signs=sign_rows(self.catalogue.in_force))

    def index(self, contents: Contents, checks: PublishedIndex | None = None) -> str:
        """Return the index of all that is published; `checks` is the index of fact-checks."""
        return render(
            "index.html",
            root="",
            c=contents,
            newest=next((listed.newest for listed in contents.providers), None),
            packs=self.catalogue.packs,
            states={key: self._state(pack) for key, pack in self.catalogue.packs.items()},
            public_url=self.public_url,
            months_of=tables.months_of,
            checks=checks,
            refused_checks=refusals_of(checks) if checks else [],
        )

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
        return render(
            "pack.html",
            root="../../",
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
            public_url=self.public_url,
            campaign_shown=campaign_shown,
            notice_hours=notice_hours,
            proposes_from=proposes_from(pack, notice_hours),
            category=" or ".join(map(wording.category_words, pack.categories)),
            evidence={
                rule.id: evidence
                for rule in pack.rules
                if (evidence := terms.get(f"{pack.id}/{pack.version}/{rule.id}"))
            },
            weights={rule.id: weight_rows(rule.score) for rule in pack.rules if rule.score},
            ordinary=ordinary_rows(pack.card) if pack.card else [],
        )
