"""Words of the pages: sentences, names of categories, meanings of codes."""

import msgspec

from ledger.records.refusal import Code
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers
from publish.periods import PeriodKind
from publish.summary import Summary, period_of

CATEGORIES = {
    "SCAMS_AND_FRAUD": "Scams and fraud",
    "VIOLENCE": "Violence",
    "RISK_FOR_PUBLIC_SECURITY": "Risk for public security",
    "UNSAFE_AND_PROHIBITED_PRODUCTS": "Unsafe or prohibited products",
    "CYBER_VIOLENCE": "Cyber violence",
    "SELF_HARM": "Self-harm",
    "OTHER_VIOLATION_TC": "Other breach of terms",
}
"""The categories that a pack may carry, in the order in which charts stack them."""

REFUSALS = {
    Code.NOT_PUBLIC: "Not marked as public, so it was not read",
    Code.ENCODING: "Not valid UTF-8",
    Code.LINE_LONG: "A line longer than 2 MiB",
    Code.JSON_SYNTAX: "Not valid JSON",
    Code.JSON_DEPTH: "JSON nested too deeply",
    Code.JSON_DUPLICATE_KEY: "The same key twice in one object",
    Code.NOT_AN_OBJECT: "JSON, but not an object",
    Code.FIELD_MISSING: "A required field is missing",
    Code.FIELD_TYPE: "A field of the wrong type",
    Code.FIELD_LENGTH: "A field too short or too long",
    Code.FIELD_RANGE: "A field out of its range",
    Code.TIME_SYNTAX: "A time that cannot be read",
    Code.TIME_OFFSET: "A time without its offset from UTC",
    Code.MSG_SYNTAX: "A message that cannot be read",
    Code.SENDER_UNKNOWN: "A sender that is not registered for the provider",
    Code.PROVIDER_UNKNOWN: "A provider that is not registered",
    Code.OBJECT_CHANGED: "A file that was replaced while it was read",
    Code.OBJECT_GONE: "A file that was deleted before it was read",
    Code.OBJECT_UNREADABLE: "A file that the storage did not return",
    Code.FORMAT_UNKNOWN: "A file in an unknown format",
    Code.TOO_LARGE_FOR_FORMAT: "A file too large for its format",
    Code.BOMB: "A file that becomes too large when it is unpacked",
    Code.GZIP_TRUNCATED: "A gzip file that ends too early",
    Code.GZIP_BROKEN: "A gzip file that cannot be unpacked",
    Code.ZIP_BROKEN: "A zip file that cannot be unpacked",
    Code.ZIP_ENCRYPTED: "An encrypted zip file",
    Code.ZIP_METHOD: "A zip file with an unknown compression method",
    Code.ZIP_NESTED: "An archive inside a zip file",
    Code.ZIP_LINK: "A link inside a zip file",
    Code.ZIP_OVERLAP: "A zip file whose members overlap",
    Code.CSV_HEADER: "A CSV file without the needed columns",
    Code.CSV_NO_AUDIENCE: "A CSV file that does not say what is public",
    Code.CSV_ROW: "A CSV row that does not fit its header",
    Code.CHANNEL_NOT_OPEN: "A channel that is not known to be open to everyone",
    Code.NOT_A_POST: "An item that is not a post, such as a service notice",
}

CASES = {
    "confirmed": "Confirmed",
    "dismissed": "Dismissed",
    "escalated": "Passed on to an authority",
    "skipped": "Skipped for now",
    "upheld": "Decision upheld",
    "partly_reversed": "Partly reversed",
    "reversed": "Reversed",
    "omitted": "No decision",
    "contested": "contested",
    "refused": "refused",
    "impossible": "not possible",
    "all": "All",
}
"""Verdicts and outcomes in words."""

CHECK_COMMAND = "terang recount DIR"


def category_words(category: str) -> str:
    """Return a category in words.

    >>> category_words("SELF_HARM"), category_words("NEW_ONE")
    ('Self-harm', 'New one')
    """
    return CATEGORIES.get(category) or category.replace("_", " ").capitalize()


def case_words(code: str) -> str:
    """Return a verdict, an outcome, a measure or a category in words.

    >>> case_words("partly_reversed"), case_words("DECISION_VISIBILITY_CONTENT_REMOVED")
    ('Partly reversed', 'Visibility: content removed')
    """
    if code.startswith("DECISION_"):
        field, _, measure = code.removeprefix("DECISION_").partition("_")
        return f"{field.capitalize()}: {measure.replace('_', ' ').lower()}"
    return CASES.get(code) or category_words(code)


def share_words(share: float | None) -> str:
    """Return a share in per cent, with a decimal only below 10 %.

    >>> [share_words(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0.4567, 0.0012, None)]
    ['46 %', '0.1 %', '']
    """
    if share is None:
        return ""
    whole = 100 * share
    digits = 0 if whole == 0 or whole >= 10 else 1
    return f"{whole:.{digits}f}\N{NO-BREAK SPACE}%"


def hours_words(hours: float | None) -> str:
    """Return a duration in words.

    >>> hours_words(0.25), hours_words(5.04), hours_words(80.0), hours_words(None)
    ('15 minutes', '5.0 hours', '3.3 days', '')
    """
    if hours is None:
        return ""
    if hours < 1:
        return counted(round(hours * 60), "minute")
    return f"{hours:.1f} hours" if hours < 72 else f"{hours / 24:.1f} days"


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


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "finding"), counted(1200, "finding")
    ('1 finding', '1,200 findings')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def title_of(summary: Summary) -> str:
    """Return the title of a summary: provider and period.

    >>> from publish.summary import Errors
    >>> title_of(Summary(provider="all", kind=PeriodKind.MONTH, period="2026-11", notice_hours=24,
    ...     first_day="2026-11-01", last_day="2026-11-30", provisional=False, numbers=Numbers(),
    ...     errors=Errors()))
    'All providers, November 2026'
    """
    return f"{_whose(summary)}, {period_of(summary).words}"


def opening(summary: Summary) -> list[str]:
    """Return the first sentences of a page: posts read, findings, proposals and decisions."""
    numbers = summary.numbers
    of = f"{len(summary.providers)} providers" if summary.provider == "all" else summary.provider
    if summary.provider == "all" and len(summary.providers) == 1:
        of = "1 provider"
    posts = counted(numbers.inspected, "public post")
    sentences = [f"{_when(summary)} Terang read {posts} of {of}{_found(summary)}."]
    if numbers.findings:
        sentences.append(_became(numbers))
    if summary.cases.decisions or summary.cases.overturned:
        sentences.append(_decided(summary.cases))
    if numbers.refused:
        refused = counted(numbers.refused, "other record was", "other records were")
        sentences.append(f"{refused} refused and not checked by any rule.")
    return sentences


def _when(summary: Summary) -> str:
    words = period_of(summary).words
    if summary.kind is PeriodKind.DAY:
        return f"On {words}"
    if summary.kind is PeriodKind.MONTH:
        return f"In {words}"
    return f"In the days of the campaign {summary.period}"


def _found(summary: Summary) -> str:
    so_far = " so far" if summary.provisional else ""
    rules = " of its rules" if summary.kind is PeriodKind.CAMPAIGN else ""
    if not summary.numbers.findings:
        return f"{so_far}. None of them met a rule"
    return f"{so_far} and recorded {counted(summary.numbers.findings, 'finding')}{rules}"


def _became(numbers: Numbers) -> str:
    """Return how many findings were proposed, held back or in shadow; zeros are left out."""
    proposed = numbers.live - numbers.held
    parts = [
        (proposed, "proposed for people to look at"),
        (numbers.held, "held back by the flood guard"),
        (numbers.shadow, "only counted, by rules in shadow"),
    ]
    said = [f"{count:,} {what}" for count, what in parts if count]
    first = next(count for count, _ in parts if count)
    were = "was" if first == 1 else "were"
    if len(said) == 1:
        every = "It" if first == 1 else "All of them"
        return f"{every} {were} {said[0].partition(' ')[2]}."
    said[0] = said[0].replace(" ", f" {were} ", 1)
    return f"Of these, {', '.join(said[:-1])} and {said[-1]}."


def _decided(cases: CaseNumbers) -> str:
    """Return how many decisions people made, and how many were overturned."""
    fell = counted(cases.overturned, "decision was", "decisions were") if cases.overturned else ""
    done = f"People made {counted(cases.decisions, 'decision')}"
    return f"{done}; {fell or 'none was'} overturned."


def _whose(summary: Summary) -> str:
    return "All providers" if summary.provider == "all" else summary.provider
