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

import msgspec
from jinja2 import Environment
from markupsafe import Markup

from cases.kinds import CaseNumbers
from ledger.codes import Code
from ledger.texts import replace_controls
from phrases import LANGUAGES, NAMES, Phrases, category_words, of, page_engine, to_translate
from publish.folding import Numbers
from publish.precision import FEW, REMOVED
from publish.summary import NO_ADDRESS, PeriodKind, Standing, Summary

REFUSALS = {
    Code.NOT_PUBLIC: to_translate("Not marked as public, so it was not read"),
    Code.ENCODING: to_translate("Not valid UTF-8"),
    Code.LINE_LONG: to_translate("A line longer than 2 MiB"),
    Code.JSON_SYNTAX: to_translate("Not valid JSON"),
    Code.JSON_DEPTH: to_translate("JSON nested too deeply"),
    Code.JSON_DUPLICATE_KEY: to_translate("The same key twice in one object"),
    Code.NOT_AN_OBJECT: to_translate("JSON, but not an object"),
    Code.FIELD_MISSING: to_translate("A required field is missing"),
    Code.FIELD_TYPE: to_translate("A field of the wrong type"),
    Code.FIELD_LENGTH: to_translate("A field too short or too long"),
    Code.FIELD_RANGE: to_translate("A field out of its range"),
    Code.TIME_SYNTAX: to_translate("A time that cannot be read"),
    Code.TIME_OFFSET: to_translate("A time without its offset from UTC"),
    Code.MSG_SYNTAX: to_translate("A message that cannot be read"),
    Code.SENDER_UNKNOWN: to_translate("A sender that is not registered for the provider"),
    Code.PROVIDER_UNKNOWN: to_translate("A provider that is not registered"),
    Code.OBJECT_CHANGED: to_translate("A file that was replaced while it was read"),
    Code.OBJECT_GONE: to_translate("A file that was deleted before it was read"),
    Code.OBJECT_UNREADABLE: to_translate("A file that the storage did not return"),
    Code.EMPTY: to_translate("A file without a record"),
    Code.FORMAT_UNKNOWN: to_translate("A file in an unknown format"),
    Code.TOO_LARGE_FOR_FORMAT: to_translate("A file too large for its format"),
    Code.BOMB: to_translate("A file that becomes too large when it is unpacked"),
    Code.GZIP_TRUNCATED: to_translate("A gzip file that ends too early"),
    Code.GZIP_BROKEN: to_translate("A gzip file that cannot be unpacked"),
    Code.ZIP_BROKEN: to_translate("A zip file that cannot be unpacked"),
    Code.ZIP_ENCRYPTED: to_translate("An encrypted zip file"),
    Code.ZIP_METHOD: to_translate("A zip file with an unknown compression method"),
    Code.ZIP_NESTED: to_translate("An archive inside a zip file"),
    Code.ZIP_LINK: to_translate("A link inside a zip file"),
    Code.ZIP_OVERLAP: to_translate("A zip file whose members overlap"),
    Code.CSV_HEADER: to_translate("A CSV file without the needed columns"),
    Code.CSV_NO_AUDIENCE: to_translate("A CSV file that does not say what is public"),
    Code.CSV_ROW: to_translate("A CSV row that does not fit its header"),
    Code.CHANNEL_NOT_OPEN: to_translate("A channel that is not known to be open to everyone"),
    Code.NOT_A_POST: to_translate("An item that is not a post, such as a service notice"),
}

CASES = {
    "confirmed": to_translate("Confirmed"),
    "dismissed": to_translate("Dismissed"),
    "escalated": to_translate("Threat to life or abuse of a child"),
    "skipped": to_translate("Skipped for now"),
    "upheld": to_translate("Decision upheld"),
    "partly_reversed": to_translate("Partly reversed"),
    "reversed": to_translate("Reversed"),
    "omitted": to_translate("No decision"),
    "contested": to_translate("contested"),
    "refused": to_translate("refused"),
    "impossible": to_translate("not possible"),
    "all": to_translate("All"),
}
"""Verdicts and outcomes in words."""

CAUSES = {
    "complaint": to_translate("a complaint"),
    "dispute": to_translate("a dispute"),
    "court": to_translate("a court"),
    "own_initiative": to_translate("the provider's own initiative"),
    "corrected": to_translate("corrected"),
    "withdrawn": to_translate("withdrawn"),
    "author": to_translate("author"),
    "notifier": to_translate("notifier"),
}
"""Why something was overturned, came back or changed."""

LANGUAGE_CODES = {
    "und": to_translate("No language was given"),
    "other": to_translate("The code given is not a known language"),
}
"""What the numbers by language count in addition to languages."""


def case_words(code: str) -> str:
    """Return a verdict, an outcome, a measure or a category in words.

    >>> case_words("partly_reversed"), case_words("DECISION_VISIBILITY_CONTENT_REMOVED")
    ('Partly reversed', 'Post removed')
    """
    return CASES.get(code) or category_words(code)


def cause_words(cause: str) -> str:
    """Return why something was overturned, came back or changed, in words.

    >>> cause_words("court"), cause_words("new_cause")
    ('a court', 'new cause')
    """
    return CAUSES.get(cause) or cause.replace("_", " ")


def refusal_words(code: str) -> str:
    """Return the meaning of a code of refusal; "" if it is unknown.

    >>> refusal_words("not_public")
    'Not marked as public, so it was not read'
    """
    return REFUSALS[Code(code)] if code in set(Code) else ""


def meanings() -> dict[str, str]:
    """Return the meaning of each number by name, as the schema describes it."""
    _, records = msgspec.json.schema_components((Numbers, CaseNumbers))
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
    if not numbers.findings:
        none = say.gettext("%(when)s Terang read %(posts)s of %(of)s so far.", **values)
        if not summary.provisional:
            none = say.gettext("%(when)s Terang read %(posts)s of %(of)s.", **values)
        met = say.gettext("None of them met a rule.")
        return f"{none}{say.gap}{met}" if numbers.inspected else none
    if summary.kind is PeriodKind.CAMPAIGN:
        if summary.provisional:
            return say.gettext(
                "%(when)s Terang read %(posts)s of %(of)s so far and recorded %(findings)s of its"
                " rules.",
                **values,
            )
        return say.gettext(
            "%(when)s Terang read %(posts)s of %(of)s and recorded %(findings)s of its rules.",
            **values,
        )
    if summary.provisional:
        return say.gettext(
            "%(when)s Terang read %(posts)s of %(of)s so far and recorded %(findings)s.", **values
        )
    return say.gettext(
        "%(when)s Terang read %(posts)s of %(of)s and recorded %(findings)s.", **values
    )


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
    if proposed == numbers.findings:
        return say.ngettext(
            "It was proposed for people to look at.",
            "All of them were proposed for people to look at.",
            proposed,
        )
    if numbers.held == numbers.findings:
        return say.ngettext(
            "It was held back by the flood guard.",
            "All of them were held back by the flood guard.",
            numbers.held,
        )
    if numbers.shadow == numbers.findings:
        return say.ngettext(
            "It was only counted, by rules in shadow.",
            "All of them were only counted, by rules in shadow.",
            numbers.shadow,
        )
    values = {"held": numbers.held, "shadow": numbers.shadow}
    if not proposed:
        return say.ngettext(
            "Of these, %(num)s was held back by the flood guard and %(shadow)s only counted, by"
            " rules in shadow.",
            "Of these, %(num)s were held back by the flood guard and %(shadow)s only counted, by"
            " rules in shadow.",
            numbers.held,
            **values,
        )
    if not numbers.held:
        return say.ngettext(
            "Of these, %(num)s was proposed for people to look at and %(shadow)s only counted, by"
            " rules in shadow.",
            "Of these, %(num)s were proposed for people to look at and %(shadow)s only counted, by"
            " rules in shadow.",
            proposed,
            **values,
        )
    if not numbers.shadow:
        return say.ngettext(
            "Of these, %(num)s was proposed for people to look at and %(held)s held back by the"
            " flood guard.",
            "Of these, %(num)s were proposed for people to look at and %(held)s held back by the"
            " flood guard.",
            proposed,
            **values,
        )
    return say.ngettext(
        "Of these, %(num)s was proposed for people to look at, %(held)s held back by the flood"
        " guard and %(shadow)s only counted, by rules in shadow.",
        "Of these, %(num)s were proposed for people to look at, %(held)s held back by the flood"
        " guard and %(shadow)s only counted, by rules in shadow.",
        proposed,
        **values,
    )


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
    """Return the measures that left the post in place, and what came back; "" for neither."""
    removed, disabled, labelled = (cases.by_measure.get(code, 0) for code in SHOWN_MEASURES)
    other = sum(cases.by_measure.values()) - removed - disabled - labelled
    counts = [
        (disabled, phrases.gettext("%(count)s blocked", count=disabled)),
        (labelled, phrases.gettext("%(count)s labelled", count=labelled)),
        (other, phrases.gettext("%(count)s restricted in another way", count=other)),
    ]
    said = listed([words for count, words in counts if count], phrases)
    sentences = [phrases.gettext("Also: %(said)s.", said=said)] if said else []
    fell = sum(
        count for key, count in cases.overturned_measures.items() if key.endswith(f"/{REMOVED}")
    )
    if restored := sum(cases.reinstated.values()):
        sentences.append(
            phrases.ngettext(
                "%(num)s post came back in this period.",
                "%(num)s posts came back in this period.",
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
    found, notices = sum(waiting.open_findings.values()), waiting.open_notices
    came, disputed, ordered = waiting.open_complaints, waiting.open_disputes, waiting.open_orders
    counts = [
        (found, phrases.ngettext("%(num)s finding", "%(num)s findings", found)),
        (notices, phrases.ngettext("%(num)s notice", "%(num)s notices", notices)),
        (came, phrases.ngettext("%(num)s complaint", "%(num)s complaints", came)),
        (disputed, phrases.ngettext("%(num)s dispute", "%(num)s disputes", disputed)),
        (ordered, phrases.ngettext("%(num)s order", "%(num)s orders", ordered)),
    ]
    said = listed([words for count, words in counts if count], phrases)
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
        "severities": {
            "low": phrases.gettext(to_translate("low severity")),
            "medium": phrases.gettext(to_translate("medium severity")),
            "high": phrases.gettext(to_translate("high severity")),
        },
        "kinds": PeriodKind,
    }
    engine.filters["say"] = phrases.gettext
    return engine
