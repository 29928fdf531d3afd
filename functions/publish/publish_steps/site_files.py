"""The site: pages, tables, archives and the feed, written from the summaries of a run.

A page is written before the JSON of its summary, and the index last. If a run dies in between, the
next run writes the same bytes.

The CSV of a summary (RFC 4180) has one number a line, and is safe to open in a spreadsheet.

The zip file of a summary has all that is needed to add its numbers up again, and a manifest. Its
paths are those of the site, so the unpacked folder can be checked like a copy of the site. A day's
zip only names its sets, which are larger than all else and the same for many days. Entries are in
order, without dates, and stored as they are, since another release of a compressor writes other
bytes.

The Atom feed (RFC 4287) has new periods and corrections: closed days, months and campaigns, newest
first. Nothing says when a summary was written, since its bytes are a function of facts: an entry is
dated when its period became final, and each later revision one second after the one before.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import msgspec
from msgspec import UNSET

from cases.kinds import CLOCKS, CaseNumbers
from ledger.keys import SENTINEL, factchecks_facts_key
from ledger.texts import escape_csv_formula, replace_controls
from ledger.units import percentiles, sum_records
from phrases import LANGUAGES
from publish.folding import Numbers, measures
from publish.precision import Errors, RuleErrors, errors_of, sum_evidence, without_cohorts
from publish.public_bucket import SummaryBucket
from publish.publish_run import PublishRun, PublishStep
from publish.rule_changes import trials_of
from publish.summary import (
    COHORTS,
    SETTLING,
    PeriodKind,
    Standing,
    Summary,
    months_before,
    summary_path,
)
from publish_steps.page_words import opening, page_path, title_of
from publish_steps.site_pages import (
    TREND_MONTHS,
    Contents,
    ListedProvider,
    Pages,
    PublishedIndex,
    sign_rows,
    terms_apart,
)
from publish_steps.tables import COLUMNS, ProviderRow, by_now
from rules.pinned import definition_of


@dataclass(frozen=True, slots=True)
class Site(PublishStep):
    """Writes all pages, tables and archives.

    `contact` and `licence` are shown on every page. `has_log` says whether `log/` is published:
    then pages name the command that checks it. `forms_url` is where the forms are, or empty.
    """

    contact: str = ""
    licence: str = ""
    forms_url: str = ""
    has_log: bool = False

    def shows(self, run: PublishRun, summary: Summary) -> bool:
        """Return whether a summary has its page in each language."""
        files = run.context.public.files
        return all(page_path(summary.path, language) in files for language in LANGUAGES)

    def show(self, run: PublishRun, summary: Summary, *, is_new: bool) -> bool:
        """Write a summary's archive, pages and CSV. Return whether a page or the CSV was written.

        First write the other pages again that show it. The page after a new summary links to it: a
        late receipt can make a provider begin with an earlier day. The pages of later months
        compare themselves with each month before them, and those of earlier months show how many of
        their decisions were overturned since; the last of them links to a new month. If this run
        dies in between, the summary is not written yet, so the next run does this again.
        """
        public, provider, kind = run.context.public, summary.provider, summary.kind
        others: list[Summary] = []
        if kind is PeriodKind.MONTH:
            months = public.published_in(
                provider,
                kind,
                months_before(summary.period, COHORTS - 1),
                months_before(summary.period, 1 - TREND_MONTHS),
            )
            now = [month for month in months if month.period != summary.period]
            now = sorted([*now, summary], key=lambda month: month.period)
            changed = [
                month.period
                for month in months
                if by_now(month.period, months) != by_now(month.period, now)
            ]
            last = [month.period for month in months if is_new and month.period < summary.period]
            first = min([*changed, *last[-1:], summary.period])
            others = [month for month in now if month.period >= first and month is not summary]
        elif is_new and (following := public.published_after(provider, kind, summary.period)):
            others = [following]
        for other in others:
            self._put_pages(run, other, changed=summary)
        if not summary.provisional:
            read = partial(public.objects.get, public.bucket)
            archive = archive_of(summary, public.encoded(summary), read)
            if archive is not None:
                public.put(f"{summary.path}.zip", archive)
        written = self._put_pages(run, summary)
        return public.put(f"{summary.path}.csv", encode_csv(summary)) or written

    def _put_pages(self, run: PublishRun, summary: Summary, changed: Summary | None = None) -> bool:
        """Write a summary's page in each language. Return whether one was written.

        `changed` is about to be written: the pages of other months show it.
        """
        public, provider = run.context.public, summary.provider
        before = public.published_before(provider, summary.kind, summary.period)
        names = [] if before is None else [before.period]
        if changed and changed.period < summary.period:
            names.append(changed.period)
        months: dict[str, Summary] = {}
        if summary.kind is PeriodKind.MONTH:
            first = months_before(summary.period, TREND_MONTHS - 1)
            known = public.published_in(provider, PeriodKind.MONTH, first)
            months = {month.period: month for month in (*known, changed or summary, summary)}
        by_month = [months[name] for name in sorted(months)]
        has_archive = not summary.provisional and f"{summary.path}.zip" in public.files
        digest, written = sha256(public.encoded(summary)).hexdigest(), False
        for language, pages in self._pages(run).items():
            page = pages.summary(
                summary, max(names, default=""), by_month, digest=digest, archive=has_archive
            )
            written |= public.put(page_path(summary.path, language), page.encode())
        return written

    def _pages(self, run: PublishRun) -> dict[str, Pages]:
        """Return what renders pages under the sets of a run, by language."""
        return {
            language: Pages(
                run.catalogue,
                run.context.public_url,
                run.today,
                language,
                contact=self.contact,
                licence=self.licence,
                has_log=self.has_log,
                forms_url=self.forms_url,
            )
            for language in LANGUAGES
        }

    def end(self, run: PublishRun) -> None:
        """Write what belongs to no period: signs, packs, the feed and others, and last the index.

        Each definition of a sign is published by its digest.
        """
        public, in_force, by_language = run.context.public, run.catalogue.in_force, self._pages(run)
        months = public.published_in("all", PeriodKind.MONTH)
        sentinel = public.published_in(SENTINEL, PeriodKind.MONTH)  # for the page of its own pack
        totals = sum_records(Numbers, [month.numbers for month in (*months, *sentinel)])
        cases = sum_records(CaseNumbers, [month.cases for month in months])
        decided = errors_of(without_cohorts(cases.by_rule))
        campaigns = public.periods("all", PeriodKind.CAMPAIGN)
        terms = sum_evidence(month.terms for month in months if month.terms)
        trials = trials_of(months, public)
        key = factchecks_facts_key(in_force.factchecks) if in_force.factchecks else ""
        facts = public.objects.get(public.bucket, key) if key else None
        checks = msgspec.json.decode(facts, type=PublishedIndex) if facts else None
        contents = contents_of(public, months)
        rows = sign_rows(in_force)
        for row in rows:
            if row.is_known:
                public.put(f"signs/{row.digest}.json", definition_of(row.id))
        for language, pages in by_language.items() if rows else ():
            public.put(page_path("signs", language), pages.signs().encode())
        for language, pages in by_language.items():
            for pack in (pack for pack in run.catalogue.packs.values() if pack.has_page):
                page = pages.pack(pack, totals, decided, campaigns, terms, trials)
                path = page_path(f"packs/{pack.id}/{pack.version}", language)
                public.put(path, page.encode())
                apart = terms_apart(pack)
                for rule in (rule for rule in pack.rules if rule.id in apart):
                    path = page_path(f"packs/{pack.id}/{pack.version}/{rule.id}", language)
                    public.put(path, pages.rule(pack, rule, terms).encode())
            public.put(page_path("authors", language), pages.authors(cases).encode())
            public.put(page_path("method", language), pages.method().encode())
            if self.has_log:
                public.put(page_path("check", language), pages.check().encode())
        feed = feed_of(contents.providers, public.published, run.context.public_url)
        public.put("feed.xml", feed)
        for language, pages in reversed(by_language.items()):
            for column in COLUMNS if contents.rows else ():
                page = pages.index(contents, column=column)
                public.put(page_path(f"index.{column}", language), page.encode())
            public.put(page_path("index", language), pages.index(contents, checks).encode())


def contents_of(public: SummaryBucket, months: Sequence[Summary]) -> Contents:
    """Return what the index lists: `all`, the providers by name, and last the sentinel."""
    names = sorted(public.names, key=lambda name: (name != "all", name == SENTINEL, name))
    listed = Contents(
        months=tuple(months),
        providers=tuple(
            ListedProvider(
                provider=name,
                days=tuple(days),
                months=tuple(public.periods(name, PeriodKind.MONTH)),
                campaigns=tuple(public.periods(name, PeriodKind.CAMPAIGN)),
            )
            for name in names
            if (days := public.periods(name, PeriodKind.DAY))
        ),
    )
    if listed.shown is None:
        return listed
    rows = [
        ProviderRow(month, became)
        for month in public.published_by_providers(listed.shown.period)
        if (known := public.published_in(month.provider, PeriodKind.MONTH, month.period))
        if (became := by_now(month.period, known))
    ]
    return replace(listed, rows=tuple(rows))


HEADER = ("period", "provider", "measure", "key", "value")


def encode_csv(summary: Summary) -> bytes:
    """Return the summary as `period,provider,measure,key,value`, in UTF-8."""
    rows = [",".join(HEADER)]
    for measure, key, value in csv_rows(summary):
        cells = (summary.period, summary.provider, measure, key, value)
        rows.append(",".join(csv_cell(part) for part in cells))
    return ("\r\n".join(rows) + "\r\n").encode()


def csv_rows(summary: Summary) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield all numbers of a summary, with their errors, as (measure, key, value)."""
    yield "revision", "", summary.revision
    yield "provisional", "", int(summary.provisional)
    yield from measures(summary.numbers)
    yield "open_files", "", len(summary.open_files)
    yield "left_out", "", len(summary.left_out)
    if summary.sentinel:
        yield "sentinel_found", "", summary.sentinel.found
        yield "sentinel_missed", "", len(summary.sentinel.missed)
    yield from _errors(summary.errors)
    yield from measures(summary.cases, "cases.")
    for clock in CLOCKS:
        took = percentiles(getattr(summary.cases, f"{clock}_seconds"))
        yield f"{clock}_median_hours", "", _blank(took.median_hours)
        yield f"{clock}_p90_hours", "", _blank(took.p90_hours)
    if summary.standing:
        yield from _standing(summary.standing)


def _errors(errors: Errors) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield the errors of all rules, then of each rule; blank until the first decision."""
    for name, value in _figures(errors):
        yield name, "", value
    for rule, of_rule in sorted(errors.by_rule.items()):
        for name, value in _figures(of_rule):
            yield f"{name}_by_rule", rule, value


def _figures(errors: RuleErrors) -> Iterator[tuple[str, float | str]]:
    """Yield the figures of a rule by name; those that are absent from the JSON are left out."""
    for name in RuleErrors.__struct_fields__:
        value = getattr(errors, name)
        if value is not UNSET:
            yield name, _blank(value)


def _standing(standing: Standing) -> Iterator[tuple[str, str, int | float | str]]:
    """Yield open cases by age, and the results of earlier months' findings."""
    for age, count in standing.ages():
        yield "open_findings", age, count
    for name in ("open_notices", "open_complaints", "open_disputes", "open_orders"):
        yield name, "", getattr(standing, name)
    for cohort in standing.cohorts:
        yield "cohort_live", cohort.month, cohort.live
        for name, value in _figures(cohort.errors):
            yield f"cohort_{name}", cohort.month, value
        for stratum, found in sorted(cohort.strata.items()):
            key = f"{cohort.month}/{stratum}"
            for name in ("prevalence", "recall"):
                share = getattr(found, name)
                yield f"cohort_{name}", key, _blank(share.share)
                yield f"cohort_{name}_low", key, _blank(share.low)
                yield f"cohort_{name}_high", key, _blank(share.high)


def _blank(value: float | None) -> float | str:
    return "" if value is None else value


def csv_cell(value: float | str) -> str:
    r"""Return a number as it is, and a text quoted, without formulas or control characters.

    >>> [csv_cell(value) for value in (12, "plain", "=1+1", " ＝1")]
    ['12', '"plain"', '"\'=1+1"', '"\' ＝1"']
    """
    if isinstance(value, int | float):
        return str(value)
    return '"' + escape_csv_formula(replace_controls(value)).replace('"', '""') + '"'


ARCHIVE_BYTES = 64 * 1024 * 1024
"""The most that the files of an archive may have together. Larger periods have none: their journal
is fetched file by file."""


def archive_of(
    summary: Summary, encoded: bytes, read: Callable[[str], bytes | None]
) -> bytes | None:
    """Return the zip file of a closed summary; None if it is too large or a file is missing.

    `encoded` is the summary's JSON. Its CSV comes from the summary, since it is not written yet;
    `read` returns the other files that it sums up.
    """
    files = {f"{summary.path}.json": encoded, f"{summary.path}.csv": encode_csv(summary)}
    total = sum(map(len, files.values()))
    for path in sorted(_needed(summary) - files.keys()):
        data = read(path)
        if data is None and path.startswith("summaries/"):
            continue  # a provider may have nothing on a day
        if data is None:
            return None
        total += len(data)
        if total > ARCHIVE_BYTES:
            return None
        files[path] = data
    manifest = {
        "title": "Terang",
        "summary": summary.path,
        "revision": summary.revision,
        "files": [
            {"path": path, "bytes": len(data), "sha256": sha256(data).hexdigest()}
            for path, data in sorted(files.items())
        ],
        "sets": [
            {"path": path, "sha256": digest}
            for digest in sorted(summary.numbers.sets)
            if (path := f"sets/{digest}.json") not in files
        ],
    }
    files["manifest.json"] = msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path)  # of 1980, the earliest date that a zip file can hold
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


def _needed(summary: Summary) -> set[str]:
    """Return the paths of the files that a summary sums up."""
    paths = {file.path for file in summary.journal}
    if summary.kind is not PeriodKind.DAY:
        paths |= {f"sets/{digest}.json" for digest in summary.numbers.sets}
    names = [summary.period, *(part.name for part in summary.days)]
    providers = [summary.provider, *(part.name for part in summary.providers)]
    stems = {summary_path(provider, name) for provider in providers for name in names}
    if summary.sentinel:
        stems |= {summary_path(SENTINEL, name) for name in names}
    earlier = {f"{summary.path}.r{summary.revision - 1}"}
    if summary.standing and (before := summary.standing.before):
        carried = [summary_path(provider, before.period) for provider in providers]
        earlier |= {*carried, *(f"{stem}.r{before.revision}" for stem in carried)}
    paths |= {f"{stem}.{kind}" for stem in stems for kind in ("json", "csv")}
    return paths | {f"{stem}.json" for stem in earlier}


ENTRIES = 40
"""The most entries: the newest days of all providers together, and each provider's months."""

DAYS = 31
"""Days of all providers together that may be entries."""


def feed_of(
    listed: Iterable[ListedProvider],
    published: Callable[[str, str], Summary | None],
    public_url: str,
) -> bytes:
    """Return the feed of all providers together, and of each provider's months.

    `published` returns the summary of a provider and period. Links are relative if `public_url` is
    empty.
    """
    names = [
        (one.provider, name)
        for one in listed
        for name in (
            *(one.days[-DAYS:] if one.provider == "all" else ()),
            *one.months[-2:],
            *one.campaigns[-2:],
        )
    ]
    found = [summary for name in names if (summary := published(*name))]
    closed = [summary for summary in found if not summary.provisional]
    closed.sort(key=lambda summary: (entry_date(summary), summary.path), reverse=True)
    shown = closed[:ENTRIES]
    base = f"{public_url}/" if public_url else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        "<title>Terang: new periods and corrections</title>",
        f"<id>{_id(public_url or 'terang')}</id>",
        f"<updated>{entry_date(shown[0]) if shown else '1970-01-01T00:00:00Z'}</updated>",
        "<author><name>Terang</name></author>",
        f'<link rel="self" href={quoteattr(base + "feed.xml")}/>',
        f"<link href={quoteattr(base + 'index.html')}/>",
        *(line for summary in shown for line in _entry(summary, base, public_url)),
        "</feed>",
    ]
    return ("\n".join(lines) + "\n").encode()


def entry_date(summary: Summary) -> str:
    """Return the date of a summary's entry, RFC 3339 in UTC."""
    end = datetime.fromisoformat(f"{summary.last_day}T00:00:00+00:00") + timedelta(days=1)
    moment = end + SETTLING + timedelta(seconds=summary.revision - 1)
    return moment.isoformat().replace("+00:00", "Z")


def _entry(summary: Summary, base: str, public_url: str) -> Iterable[str]:
    title = title_of(summary)
    words = " ".join(opening(summary))
    if summary.revision > 1:
        title = f"Correction: {title}, revision {summary.revision}"
        words = f"{summary.why_revised} {words}"
    yield "<entry>"
    yield f"<title>{escape(replace_controls(title))}</title>"
    yield f"<id>{_id(f'{public_url}/{summary.path}/{summary.revision}')}</id>"
    yield f"<updated>{entry_date(summary)}</updated>"
    yield f"<link href={quoteattr(f'{base}{summary.path}.html')}/>"
    yield f"<summary>{escape(replace_controls(words))}</summary>"
    yield "</entry>"


def _id(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, name)}"
