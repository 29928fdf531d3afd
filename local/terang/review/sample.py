"""The month's random sample of posts that no rule hit, which moderators audit."""

from collections.abc import Iterable, Mapping
from typing import Any

from ledger.privacy.audit_sample import SampleLine
from terang import InputError
from terang.case_messages import decode_lines


def read_sample(data: bytes | None, name: str) -> list[str]:
    """Return the posts of a sample, by rank. Raises InputError if it cannot be read."""
    if data is None:
        raise InputError(f"there is no sample at {name}: publish draws it with each day")
    return [line.post for line in decode_lines(data, SampleLine, name)]


def judged_posts(messages: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Return month and post of each audit among these messages."""
    return {
        (str(message.get("month")), str(message.get("post")))
        for message in messages
        if message.get("type") == "audit"
    }
