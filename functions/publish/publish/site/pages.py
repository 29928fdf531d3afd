"""The pages: server-rendered, without a script, readable from a folder as from a server."""

from collections.abc import Iterable
from dataclasses import dataclass

from publish.catalogue import Catalogue, proposes_from
from publish.count.folding import Numbers
from publish.count.precision import Errors, RuleErrors
from publish.published_index import PublishedIndex, refusals_of
from publish.site import case_tables, tables, wording
from publish.site.pack_state import PackState, state_of, versions_in
from publish.site.templating import render
from publish.summary import Summary
from rules.factchecks import FACTCHECKS
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class ListedProvider:
    """A provider, or `all`, on the index: what is published of it, and the newest day."""

    provider: str
    days: tuple[str, ...]
    months: tuple[str, ...]
    campaigns: tuple[str, ...]
    newest: Summary | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What the index lists; `months` are those of all providers, oldest first."""

    months: tuple[Summary, ...]
    providers: tuple[ListedProvider, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders pages; the sets tell what packs and rules are called.

    `public_url` and `today`, the day of the run in UTC, tell whether a pack is live. No other
    page depends on the day, and these only through the state of a pack.
    """

    catalogue: Catalogue
    public_url: str
    today: str

    def summary(self, summary: Summary, earlier: str = "") -> str:
        """The page of a summary; `earlier` is the period before it that has a page, if any."""
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
        self, totals: Numbers, errors: Errors, campaigns: Iterable[str] = ()
    ) -> dict[tuple[str, int], str]:
        """A page for each version of each pack whose id can stand in a path.

        Args:
            totals: All numbers published so far.
            errors: What people decided on all findings so far.
            campaigns: Those that have a page.
        """
        published = frozenset(campaigns)
        return {
            key: self._pack(pack, totals, errors, campaign_shown=pack.campaign in published)
            for key, pack in self.catalogue.packs.items()
            if pack.has_page
        }

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

    def _pack(self, pack: Pack, totals: Numbers, errors: Errors, *, campaign_shown: bool) -> str:
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
        )
