"""Words for codes: reasons of refusal, verdicts, measures, causes, and the names of numbers."""

import msgspec

from ledger.records.refusal import Code
from phrases import to_translate
from phrases.categories import category_words
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers

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

MEASURES = {
    "DECISION_VISIBILITY_CONTENT_REMOVED": to_translate("Post removed"),
    "DECISION_VISIBILITY_CONTENT_DISABLED": to_translate("Access to the post disabled"),
    "DECISION_VISIBILITY_CONTENT_DEMOTED": to_translate("Post shown less"),
    "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED": to_translate("Post shown to adults only"),
    "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED": to_translate("Answers to it restricted"),
    "DECISION_VISIBILITY_CONTENT_LABELLED": to_translate("Label put on the post"),
    "DECISION_VISIBILITY_OTHER": to_translate("Post restricted in another way"),
    "DECISION_MONETARY_SUSPENSION": to_translate("Earnings suspended"),
    "DECISION_MONETARY_TERMINATION": to_translate("Earnings ended"),
    "DECISION_MONETARY_OTHER": to_translate("Earnings restricted"),
    "DECISION_PROVISION_PARTIAL_SUSPENSION": to_translate("A part of the service suspended"),
    "DECISION_PROVISION_TOTAL_SUSPENSION": to_translate("The service suspended"),
    "DECISION_PROVISION_PARTIAL_TERMINATION": to_translate("A part of the service ended"),
    "DECISION_PROVISION_TOTAL_TERMINATION": to_translate("The service ended"),
    "DECISION_ACCOUNT_SUSPENDED": to_translate("Account suspended"),
    "DECISION_ACCOUNT_TERMINATED": to_translate("Account closed"),
}
"""Measures in words, by the codes of the DSA."""

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
    return CASES.get(code) or MEASURES.get(code) or category_words(code)


def language_words(code: str) -> str:
    """Return the words for a count under a code that names no language, and "" for any other.

    >>> language_words("und"), language_words("id")
    ('No language was given', '')
    """
    return LANGUAGE_CODES.get(code, "")


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
