"""Who sits at the desk: a moderator of one provider, and what the role allows."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do at the desk of one provider."""

    MODERATOR = "moderator"  # decides
    LEAD = "lead"  # decides, and reads how well rules and decisions hold
    AUDITOR = "auditor"  # judges the audit's sample, and reads everything else


class Door(StrEnum):
    """How a moderator came in. A provider's moderators use one door, so nobody is two people."""

    CONSOLE = "console"  # signed in at the deployed console
    FILE = "file"  # at home: the command writes a file
    QUEUE = "queue"  # at home: the command sends to the queue of cases


@dataclass(frozen=True, slots=True)
class Moderator:
    """A moderator who signed in. `name` is the provider's pseudonym, never an e-mail address.

    >>> Moderator("m-7", "acme-chat", Role.AUDITOR, Door.CONSOLE).may_decide
    False
    """

    name: str
    provider: str
    role: Role
    door: Door

    @property
    def may_decide(self) -> bool:
        """Return whether the moderator decides on findings, notices and complaints."""
        return self.role is not Role.AUDITOR

    @property
    def may_lead(self) -> bool:
        """Return whether the moderator reads the lead's page and edits the canned reasons."""
        return self.role is Role.LEAD
