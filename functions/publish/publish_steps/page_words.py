"""The words of the pages: of codes, in titles and in sentences, and the template engine.

The first sentences say what was read, found and decided; those of the first screen what was done,
what turned out wrong and what is open. The engine says what every template may call, and how it
prints a value.
"""

import base64
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from cases.kinds import CaseNumbers
from ledger.texts import replace_controls
from phrases import LANGUAGES, NAMES, Phrases, category_words, of, package_words, page_engine
from publish.day_facts import described
from publish.folding import Numbers
from publish.precision import FEW, REMOVED
from publish.summary import NO_ADDRESS, PeriodKind, Standing, Summary

_WORDS = package_words(Path(__file__).parent)

REFUSALS: dict[str, str] = _WORDS["refusals"]
"""The codes with which records are refused."""

REFUSED_CHECKS: dict[str, str] = _WORDS["refused_checks"]
"""Why a fact-check is not in the index."""

CASES: dict[str, str] = _WORDS["cases"]
"""Verdicts and outcomes in words."""

CAUSES: dict[str, str] = _WORDS["causes"]
"""Why something was overturned, came back, changed or was turned away."""

LANGUAGE_CODES: dict[str, str] = _WORDS["languages"]
"""What the numbers by language count in addition to languages."""

CHARTS: dict[str, str] = _WORDS["charts"]
"""The titles of the charts of months and of days."""

READ: dict[str, str] = _WORDS["read"]
"""What was read, and found in a campaign or in another period; or that nothing was found."""

BECAME: dict[str, tuple[str, str]] = _WORDS["became"]
"""What became of findings, by all that became of any of them. It counts the first of these."""

WAITING: dict[str, tuple[str, str]] = _WORDS["waiting"]
"""How many of what wait for people."""


def case_words(code: str) -> str:
    """Return a verdict, an outcome, a measure or a category in words.

    >>> case_words("partly_reversed"), case_words("DECISION_VISIBILITY_CONTENT_REMOVED")
    ('Partly reversed', 'Post removed')
    """
    return CASES.get(code) or category_words(code)


def cause_words(cause: str) -> str:
    """Return why something was overturned, came back, changed or was turned away, in words.

    >>> cause_words("court"), cause_words("new_cause")
    ('a court', 'new cause')
    """
    return CAUSES.get(cause) or cause.replace("_", " ")


def meanings() -> dict[str, str]:
    """Return the meaning of each number by name, as the schema describes it."""
    _, records = described(Numbers, CaseNumbers)
    fields = [field for record in records.values() for field in record["properties"].items()]
    return {name: field["description"] for name, field in fields}


def title_of(summary: Summary, phrases: Phrases | None = None) -> str:
    """Return the title of a summary: provider and period, in English if no language is given.

    >>> title_of(Summary(provider="all", kind=PeriodKind.MONTH, period="2026-11", notice_hours=24,
    ...     first_day="2026-11-01", last_day="2026-11-30", provisional=False, numbers=Numbers()))
    'All providers, November 2026'
    """
    say = phrases or of("en")
    whose = say.gettext("All providers") if summary.provider == "all" else summary.provider
    return say.gettext("%(whose)s, %(period)s", whose=whose, period=_period(summary, say))


def opening(summary: Summary, phrases: Phrases | None = None) -> list[str]:
    """Return the first sentences of a page: posts read, findings, proposals and decisions."""
    say = phrases or of("en")
    numbers = summary.numbers
    sentences = [read_words(summary, say)]
    if numbers.findings:
        sentences.append(_became(numbers, say))
    if decided := decided_words(summary.cases, say):
        sentences.append(decided)
    if numbers.refused:
        sentences.append(
            say.ngettext(
                "%(num)s other record was refused and not checked by any rule.",
                "%(num)s other records were refused and not checked by any rule.",
                numbers.refused,
            )
        )
    return sentences


def read_words(summary: Summary, say: Phrases) -> str:
    """Return the sentence on what was read and found in a period."""
    numbers = summary.numbers
    values = {
        "when": _when(summary, say),
        "posts": say.ngettext("%(num)s public post", "%(num)s public posts", numbers.inspected),
        "of": summary.provider
        if summary.provider != "all"
        else say.ngettext("%(num)s provider", "%(num)s providers", len(summary.providers)),
        "findings": say.ngettext("%(num)s finding", "%(num)s findings", numbers.findings),
    }
    kind = "campaign" if summary.kind is PeriodKind.CAMPAIGN else "found"
    kind = kind if numbers.findings else "none"
    words = say.gettext(READ[f"{kind} so far" if summary.provisional else kind], **values)
    if numbers.findings or not numbers.inspected:
        return words
    return f"{words}{say.gap}{say.gettext('None of them met a rule.')}"


def _period(summary: Summary, say: Phrases) -> str:
    if summary.kind is PeriodKind.CAMPAIGN:
        return say.gettext("campaign %(name)s", name=summary.period)
    is_month = summary.kind is PeriodKind.MONTH
    return say.month(summary.period) if is_month else say.day(summary.period)


def _when(summary: Summary, say: Phrases) -> str:
    if summary.kind is PeriodKind.DAY:
        return say.gettext("On %(day)s", day=say.day(summary.period))
    if summary.kind is PeriodKind.MONTH:
        return say.gettext("In %(month)s", month=say.month(summary.period))
    return say.gettext("In the days of the campaign %(name)s", name=summary.period)


def _became(numbers: Numbers, say: Phrases) -> str:
    """Return how many findings were proposed, held back or in shadow; zeros are left out."""
    proposed = numbers.live - numbers.held
    became = {"proposed": proposed, "held": numbers.held, "shadow": numbers.shadow}
    counts = {name: count for name, count in became.items() if count}
    one, many = BECAME[" ".join(counts)]
    return say.ngettext(one, many, next(iter(counts.values())), **counts)


def decided_words(cases: CaseNumbers, say: Phrases) -> str:
    """Return how many decisions people made, and how many were overturned; "" for none."""
    if not cases.decisions and not cases.overturned:
        return ""
    made = say.ngettext(
        "People made %(num)s decision", "People made %(num)s decisions", cases.decisions
    )
    if not cases.overturned:
        return say.gettext("%(made)s; none was overturned.", made=made)
    fell = say.ngettext(
        "%(num)s decision was overturned", "%(num)s decisions were overturned", cases.overturned
    )
    return say.gettext("%(made)s; %(fell)s.", made=made, fell=fell)


DISABLED = "DECISION_VISIBILITY_CONTENT_DISABLED"
LABELLED = "DECISION_VISIBILITY_CONTENT_LABELLED"
SHOWN_MEASURES = (REMOVED, DISABLED, LABELLED)


def listed(parts: Sequence[str], phrases: Phrases) -> str:
    """Return parts as a list in a sentence.

    >>> listed(["1 a", "2 b", "3 c"], of("en"))
    '1 a, 2 b and 3 c'
    >>> listed(["1 a", "2 b"], of("en")), listed(["1 a"], of("en"))
    ('1 a and 2 b', '1 a')
    """
    if len(parts) < 2:
        return "".join(parts)
    first = phrases.comma.join(parts[:-1])
    return phrases.gettext("%(parts)s and %(last)s", parts=first, last=parts[-1])


def done_words(cases: CaseNumbers, phrases: Phrases) -> str:
    """Return the measures that left the post in place, and those taken back; "" for neither."""
    removed, disabled, labelled = (cases.by_measure.get(code, 0) for code in SHOWN_MEASURES)
    other = sum(cases.by_measure.values()) - removed - disabled - labelled
    counts = [
        (disabled, phrases.gettext("%(count)s blocked", count=disabled)),
        (labelled, phrases.gettext("%(count)s labelled", count=labelled)),
        (other, phrases.gettext("%(count)s restricted in another way", count=other)),
    ]
    said = listed([words for count, words in counts if count], phrases)
    sentences = [phrases.gettext("Also: %(said)s.", said=said)] if said else []
    fell = sum(n for key, n in cases.overturned_measures.items() if key.endswith(f"/{REMOVED}"))
    if restored := sum(cases.reinstated.values()):
        sentences.append(
            phrases.ngettext(
                "%(num)s measure was taken back in this period.",
                "%(num)s measures were taken back in this period.",
                restored,
            )
        )
    elif fell:
        sentences.append(
            phrases.ngettext(
                "The removal overturned in this period was not restored.",
                "None of the %(num)s removals overturned in this period was restored.",
                fell,
            )
        )
    return phrases.gap.join(sentences)


def open_words(waiting: Standing, phrases: Phrases) -> str:
    """Return what waited for people, in one sentence; kinds without a case are left out."""
    counts = {
        "findings": sum(waiting.open_findings.values()),
        "notices": waiting.open_notices,
        "complaints": waiting.open_complaints,
        "disputes": waiting.open_disputes,
        "orders": waiting.open_orders,
    }
    parts = [phrases.ngettext(*WAITING[kind], count) for kind, count in counts.items() if count]
    said = listed(parts, phrases)
    day = phrases.day(waiting.day)
    if not said:
        return phrases.gettext("Nothing was waiting on %(day)s.", day=day)
    return phrases.gettext("On %(day)s these waited for people: %(said)s.", day=day, said=said)


TEMPLATES = Path(__file__).parent / "templates"


def page_path(path: str, language: str) -> str:
    """Return the path of a page in a language: English has no ending of its own.

    >>> page_path("summaries/all/2026-11", "en"), page_path("index", "id")
    ('summaries/all/2026-11.html', 'index.id.html')
    """
    return f"{path}{html_ending(language)}"


def html_ending(language: str) -> str:
    """Return how the pages of a language end."""
    return ".html" if language == "en" else f".{language}.html"


def render(template: str, path: str, language: str, **context: object) -> str:
    """Return a page: the template with the values that it names, and a last newline.

    `path` is the page's path below the public address, without its ending.
    """
    place = {"root": "../" * path.count("/"), "page": path.rpartition("/")[2], "path": path}
    return environment(language).get_template(template).render(place | context) + "\n"


def _named(text: str) -> str:
    """Return how a Content-Security-Policy names a stylesheet or script: by its digest."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def environment(language: str = "en") -> Environment:
    """Return the template engine of a language. An unknown name is an error."""
    phrases = of(language)
    engine = page_engine(TEMPLATES, phrases, replace_controls, separators=True)
    stylesheet, script = (
        (TEMPLATES / name).read_text("utf-8") for name in ("page.css", "check.js")
    )
    # The policy allows this stylesheet alone, by the digest of its bytes, and no script: only the
    # page that checks others adds its own to it.
    style = f"default-src 'none'; style-src {_named(stylesheet)}"
    engine.globals |= {
        "stylesheet": Markup(stylesheet),  # noqa: S704 # nosec B704
        "script": Markup(script),  # noqa: S704 # nosec B704
        "policy": f"{style}; base-uri 'none'; form-action 'none'",
        "script_policy": f"script-src {_named(script)}; connect-src 'self'",
        "meanings": meanings(),
        "no_address": NO_ADDRESS,
        "few": FEW,
        "languages": [(name, NAMES[name], html_ending(name)) for name in LANGUAGES],
        "html": html_ending(language),
        "say": phrases.gettext,  # for messages that come as data: they are escaped
        "gap": phrases.gap,
        "comma": phrases.comma,
        "month_words": phrases.month,
        "hours_words": phrases.duration,
        "case_words": lambda code: phrases.gettext(case_words(code)),
        "cause_words": lambda cause: phrases.gettext(cause_words(cause)),
        "severities": {code: phrases.gettext(said) for code, said in _WORDS["severities"].items()},
        "kinds": PeriodKind,
    }
    engine.filters["say"] = phrases.gettext
    return engine
