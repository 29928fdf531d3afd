"""The provider's own part of the report, as the fields of a small YAML file."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ledger.records.json_text import json_schema

Text = Annotated[str, Meta(max_length=5_000)]


class ServiceKind(StrEnum):
    """The kind of the service: it decides which rows stay blank. Larger kinds are not supported."""

    HOSTING = "hosting"
    PLATFORM = "platform"


class Qualitative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of part 11 that every provider writes, in the template's order."""

    summary: Annotated[
        Text, Meta(description="What you moderate of your own accord, and which restrictions.")
    ] = ""
    meaningful_information: Annotated[
        Text,
        Meta(
            description="How you find it, and how far it reached before: the share of views of"
            " violating content, if you measure it."
        ),
    ] = ""
    automated_means: Annotated[
        Text, Meta(description="The automated means and their parameters.")
    ] = ""
    accuracy: Annotated[
        Text, Meta(description="The indicators of accuracy and error, and how you measure them.")
    ] = ""
    purposes: Annotated[Text, Meta(description="What exactly the automated means are for.")] = ""
    safeguards: Annotated[Text, Meta(description="What protects people from their errors.")] = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider's own part of a report; every field may be left out of the file."""

    name: Annotated[Text, Meta(description="The legal name of the provider.")] = ""
    service: Annotated[
        Text, Meta(description="The service that the report is about: the column Service.")
    ] = ""
    kind: Annotated[
        ServiceKind,
        Meta(description="`platform`, or `hosting`: then rows for platforms only stay blank."),
    ] = ServiceKind.PLATFORM
    published: Annotated[
        date | None, Meta(description="The day on which this version is published.")
    ] = None
    previous: Annotated[
        date | None, Meta(description="The day on which the previous report was published.")
    ] = None
    correction: Annotated[
        Text,
        Meta(description="In a corrected version: why it was corrected, and by what method."),
    ] = ""
    qualitative: Annotated[
        Qualitative,
        Meta(description="Texts of part 11; a default text that is true of every stack, if empty."),
    ] = Qualitative()


def about_schema() -> dict[str, Any]:
    """Return the JSON Schema of the provider's file.

    >>> sorted(about_schema()["$defs"])
    ['About', 'Qualitative', 'ServiceKind']
    """
    return json_schema("What a provider says of itself in its yearly report", About)


TEXTS = {
    "summary": (
        "Public posts are inspected against published rules of words. A rule only proposes; a"
        " moderator decides, and each decision can be contested."
    ),
    "meaningful_information": (
        "Rules, their versions and what each found are published day by day, with decisions,"
        " complaints and overturned decisions. Share of views of violating content: not measured."
    ),
    "automated_means": (
        "A matcher of terms that sees through look-alike letters, separators and masked letters."
        " Every rule is published with its terms, examples and dates before it proposes anything."
    ),
    "accuracy": (
        "Precision: the share of decided findings that stand after complaints. Recall: estimated"
        " from an even sample of posts that no rule met. Both with their numbers in part 8."
    ),
    "purposes": "Finding public posts for people to look at. Nothing is restricted by a machine.",
    "safeguards": (
        "No rule on opinions; rules expire; a rule that hits too much proposes nothing more that"
        " day; one that is often wrong is paused; another moderator decides on a complaint."
    ),
}
"""The default texts of part 11, which are true of every stack."""
