"""What the provider says of itself in the report: a small YAML file that it keeps."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

VALUE_LENGTH = 5_000
"""Characters of one text of part 11."""

_Text = Annotated[str, Meta(max_length=VALUE_LENGTH)]


class ServiceKind(StrEnum):
    """What the service is: it decides which rows may stay blank. Larger ones are not served."""

    HOSTING = "hosting"
    PLATFORM = "platform"


class Qualitative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of part 11 that every provider writes, in the template's order."""

    summary: _Text = ""
    meaningful_information: _Text = ""
    automated_means: _Text = ""
    accuracy: _Text = ""
    purposes: _Text = ""
    safeguards: _Text = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The provider's own part of a report; all of it may be left out of the file.

    `name` is its legal name, `service` the column "Service", `published` the day of publication and
    `previous` that of the report before. `correction` says why and how a report was corrected.
    """

    name: str = ""
    service: str = ""
    kind: ServiceKind = ServiceKind.PLATFORM
    published: date | None = None
    previous: date | None = None
    correction: _Text = ""
    qualitative: Qualitative = Qualitative()


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
"""What part 11 says where the provider has written nothing: what is true of every stack."""
