"""The pages of summaries and packs, and the index: plain HTML that also works from a folder.

The page of a month compares it with the published months before it, so `site_files` writes it again
when one of them gets a revision.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from cases.kinds import CaseNumbers
from ledger.units import wilson_interval
from phrases import Phrases, of, to_translate
from publish.folding import Numbers, PublishedSets, proposes_from
from publish.precision import FEW, REMOVED, Errors, Evidence, RuleErrors, estimate
from publish.public_bucket import why_revised
from publish.rule_changes import PublishedTrials
from publish.summary import PeriodKind, Summary, part_of
from publish_steps import page_words, tables
from publish_steps.charts import Chart, trend
from publish_steps.page_words import LANGUAGE_CODES, SHOWN_MEASURES, done_words, open_words, render
from rules.pack import PATH_NAME, Pack, Rule
from rules.pack_parts import ALGORITHM, OrdinaryPosts, PackCard, Score
from rules.pinned import FACTCHECKS, digest_of, sentence_of
from rules.rule_set import RuleSet

TREND_MONTHS = 12
"""Months of a trend, the page's own month included."""


def trends(
    months: Sequence[Summary], became: Mapping[str, tables.ByNow], phrases: Phrases
) -> dict[str, Chart]:
    """Return a small chart for each answer that is known of two full months or more."""
    full = [month for month in months if not month.provisional]
    if len(full) < 2:
        return {}
    labels, newest = [phrases.short_month(month.period) for month in months], months[-1]
    if newest.provisional:
        labels[-1] += f" ({days_words(newest, phrases)})"
    answers: dict[str, list[float | None]] = {
        "read": [month.numbers.inspected for month in months],
        "removed": [month.cases.by_measure.get(REMOVED, 0) for month in months],
        "wrong": [became[month.period].wrong.share for month in months],
        "open": [month.standing.open if month.standing else None for month in months],
    }
    titles = {name: phrases.gettext(page_words.CHARTS[name]) for name in answers}
    return {
        name: trend(titles[name], labels, values, is_open=newest.provisional)
        for name, values in answers.items()
        if sum(value is not None for value in values[: len(full)]) > 1
    }


def days_words(month: Summary, phrases: Phrases) -> str:
    """Return how far an open month goes."""
    all_days = int(month.last_day[8:])
    return phrases.gettext(
        "%(day)s of %(all)s days", day=int(month.days[-1].name[8:]), all=all_days
    )


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


TERMS_HERE = 60
"""Terms, signs and weights of a rule up to which the page of its pack has them all."""


def terms_apart(pack: Pack) -> dict[str, int]:
    """Return the rules that have a page of their own for their terms, and how many those are."""
    numbers: dict[str, int] = {}
    for rule in filter(lambda rule: PATH_NAME.fullmatch(rule.id), pack.rules):
        lists = [*rule.groups, rule.links, rule.except_, rule.unless]
        lists += [rule.at_least.of] if rule.at_least else []
        numbers[rule.id] = sum(map(len, lists))
        if score := rule.score:
            numbers[rule.id] += len(score.terms) + len(score.signs) + len(score.pinyin)
    return {rule: number for rule, number in numbers.items() if number > TERMS_HERE}


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

    `rows` are the providers in the month that `shown` returns.
    """

    months: tuple[Summary, ...]
    providers: tuple[ListedProvider, ...]
    rows: tuple[tables.ProviderRow, ...] = ()

    @property
    def shown(self) -> Summary | None:
        """Return the newest full month, or the open one if none is over yet."""
        full = [month for month in self.months if not month.provisional]
        return next(reversed(full or self.months), None)


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders pages in one language. Packs and rules have the titles that the sets give them.

    `public_url` and `today`, the day of the run in UTC, decide whether a pack is live. Pages of
    summaries do not depend on the day. `has_log` says whether `log/` is published: then pages name
    the command that checks it. `forms_url` is where the forms are; empty if there are none.
    """

    catalogue: PublishedSets
    public_url: str
    today: str
    language: str = "en"
    contact: str = ""
    licence: str = ""
    forms_url: str = ""
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

        `earlier` is the newest period before it, or empty. `months` are the provider's published
        months, oldest first: later ones say how many decisions were overturned since. `digest` is
        the SHA-256 of its JSON; `archive` says whether its zip file is published.
        """
        numbers, say, by_day = summary.numbers, self.phrases.gettext, summary.days
        met, quiet = tables.rule_rows(summary, self.catalogue, self.language)
        categories = tables.category_rows(numbers.by_category)
        busy = [day for day in by_day if tables.is_busy(day)]
        return self._render(
            "summary.html",
            summary.path,
            **self._answers(summary, months),
            own=part_of(summary.provider, summary),
            title=page_words.title_of(summary, self.phrases),
            opening=page_words.opening(summary, self.phrases),
            why_revised=why_revised(summary, self.phrases),
            shown_measures=SHOWN_MEASURES,
            earlier=earlier,
            met=met,
            quiet=quiet,
            categories=categories,
            refusals=tables.count_rows(numbers.refused_by_code, page_words.refusal_words),
            by_language=tables.count_rows(
                numbers.by_language,
                lambda code: say(LANGUAGE_CODES.get(code, "")) or self.phrases.language_name(code),
            ),
            day_charts=tables.day_charts(by_day, categories, say) if len(busy) > 1 else {},
            busy_days=busy,
            quiet_days=[day for day in by_day if day not in busy],
            packs=self.catalogue.packs,
            moderator_decisions=tables.MODERATOR_DECISIONS,
            archive=archive,
            digest=digest,
        )

    def _answers(self, summary: Summary, known: Iterable[Summary]) -> dict[str, object]:
        """Return what the first screen says of a summary, next to the months before it."""
        known = list(known) if summary.kind is PeriodKind.MONTH else []
        months = [month for month in known if month.period <= summary.period][-TREND_MONTHS:]
        became = {
            month.period: one for month in months if (one := tables.by_now(month.period, known))
        }
        before = months[-2] if len(months) > 1 else None
        return {
            "s": summary,
            "n": summary.numbers,
            "cases": tables.case_tables(summary.cases),
            "months": months,
            "became": became,
            "rejected": estimate(summary.errors.dismissed or 0, summary.errors.decided or 0, FEW),
            "before": before,
            "later": next((month.period for month in known if month.period > summary.period), ""),
            "same_days": tables.same_days(summary, before) if before else (),
            "days_words": days_words(summary, self.phrases)
            if months and summary.provisional
            else "",
            "done_words": done_words(summary.cases, self.phrases),
            "open_words": open_words(summary.standing, self.phrases) if summary.standing else "",
            "trends": trends(months, became, self.phrases),
        }

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
            apart=terms_apart(pack),
        )

    def rule(self, pack: Pack, rule: Rule, terms: Evidence) -> str:
        """Return the page of all terms, signs and weights of a rule that has many."""
        key = f"{pack.id}/{pack.version}/{rule.id}"
        return self._render(
            "rule.html",
            f"packs/{key}",
            pack=pack,
            rule=rule,
            evidence=terms.get(key),
            weights=weight_rows(rule.score) if rule.score else [],
            algorithm=ALGORITHM,
        )

    def signs(self) -> str:
        """Return the page of the signs and gates that the set in force names."""
        return self._render("signs.html", "signs", signs=sign_rows(self.catalogue.in_force))

    def authors(self, cases: CaseNumbers) -> str:
        """Return the page for authors; `cases` are the sums of all published months."""
        ended = tables.complaints_of(cases)
        return self._render("authors.html", "authors", ended=ended, forms_url=self.forms_url)

    def method(self) -> str:
        """Return the page on how the numbers are made."""
        return self._render("method.html", "method")

    def check(self) -> str:
        """Return the page whose script checks a page against the log, in the reader's browser."""
        return self._render("check.html", "check")

    def index(
        self, contents: Contents, checks: PublishedIndex | None = None, column: str = ""
    ) -> str:
        """Return the index of all that is published; `checks` is the index of fact-checks.

        With a `column` of `tables.COLUMNS`, return the page of providers in that order alone.
        """
        shown = contents.shown
        key = tables.COLUMNS[column or "read"]
        return self._render(
            "providers.html" if column else "index.html",
            f"index.{column}" if column else "index",
            **(self._answers(shown, contents.months) if shown else {}),
            c=contents,
            shown=shown,
            rows=sorted(contents.rows, key=key, reverse=True),
            column=column or "read",
            packs=self.catalogue.packs,
            states={key: self._state(pack) for key, pack in self.catalogue.packs.items()},
            checks=checks,
            refused_checks=tables.count_rows(
                checks.refused if checks else {},
                lambda code: page_words.REFUSED_CHECKS.get(code, code),
            ),
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

    def _state(self, pack: Pack) -> PackState:
        return state_of(pack, self.catalogue.in_force, self.today, public=bool(self.public_url))
