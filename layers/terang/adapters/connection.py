"""The table of a connected tool, and what the adapters share: looking up, ids, messages.

A value of the tool that the table does not have is refused, with the keys that the table has.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from ledger.codes import CATEGORIES, Measures, Strict, TerangError
from ledger.findings import digest

type Message = dict[str, Any]

TURNED_AWAY = {
    "not_public": "the table does not say that everyone can read posts of this kind",
    "about_account": "about an account as such, and not about a post",
    "automated": "a machine decided, and not a person",
}
"""What is only counted: its codes, and their words."""


class AdapterError(TerangError):
    """A payload or a table that cannot be read: the provider must act."""

    def __init__(self, code: str, field: str = "", advice: str = "") -> None:
        advice = advice or TURNED_AWAY[code]
        super().__init__(f"{field}: {advice}" if field else advice)
        self.code, self.field, self.advice = code, field, advice

    def counted(self, source: str, provider: str, payload: bytes) -> Message | None:
        """Return the message that counts a payload without a word of it; None of other faults."""
        if self.code not in TURNED_AWAY:
            return None
        name = digest("turned away", provider, payload)
        return {"type": "turned_away", "id": name, "source": source, "code": self.code}


class Meaning(Strict, frozen=True):
    """What a policy, label or reason of the tool is: a category of the DSA, and the ground."""

    category: Annotated[str, Meta(pattern=f"^({'|'.join(CATEGORIES)})$")]
    ground: Literal["illegal", "terms"]
    ground_text: str
    ground_url: str | None = None
    keyword: str | None = None
    other: str | None = None

    @property
    def subject(self) -> Message:
        """What a post is about, as fields of a message."""
        return {"category": self.category, "keyword": self.keyword, "other": self.other}


class Action(Strict, frozen=True):
    """What an action of the tool does: measures, or it `restores` what another action did.

    `reason` is for people who write none, `moderator` for an answer that names nobody: a pseudonym
    of people who did not decide.
    """

    measures: Measures | None = None
    restores: str = ""
    reason: str = ""
    moderator: str = ""


class AdapterTable(Strict, frozen=True):
    """What the words of a tool mean at a provider.

    `public` are the item types or collections of posts that everyone can read, `accounts` those of
    accounts, and `machines` the names by which no person acts. `address` is that of a post, with
    `{id}` in it, and for Ozone `{did}`.
    """

    policies: dict[str, Meaning]
    actions: dict[str, Action]
    public: tuple[str, ...]
    address: Annotated[str, Meta(pattern=r"^https?://\S*\{id\}")]
    accounts: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()


def read_as[T](fields: Mapping[str, Any], shape: type[T], place: str = "") -> T:
    """Return the fields that a shape names, and no others of a payload.

    Raises AdapterError with the place of a field that is missing, or of another type.
    """
    try:
        return msgspec.convert(fields, shape)
    except msgspec.ValidationError as error:
        problem, _, at = str(error).partition(" - at `$")
        code = "field_missing" if "missing" in problem else "field_type"
        raise AdapterError(code, (place + at.strip("`")).strip("."), problem) from None


def read_table(table: Mapping[str, Any]) -> AdapterTable:
    """Return the table of a connection. Raises AdapterError, as `read_as` does."""
    return read_as(table, AdapterTable, "table")


@dataclass(frozen=True, slots=True)
class Connection:
    """A tool of a provider, with its table. `now` is empty if the time of arrival is unknown."""

    source: str
    provider: str
    table: AdapterTable
    pseudonym: Callable[[str], str]
    now: str

    def name(self, kind: str, *parts: str) -> str:
        """Return the id of a message: the same parts give the same id."""
        return f"{self.source}-{kind}-{digest(kind, *parts)[:24]}"

    def meaning(self, *values: str) -> Meaning:
        """Return the meaning of the first value that the table has. Raises AdapterError."""
        return _known(self.table.policies, "policies", values)

    def action(self, name: str) -> Action:
        """Return what an action does. Raises AdapterError if the table does not say it."""
        return _known(self.table.actions, "actions", [name])

    def about(self, post: str, **parts: str) -> Message:
        """Return the fields that name a post. Its address is filled by the table's pattern."""
        url = self.table.address
        for name, value in parts.items():
            url = url.replace(f"{{{name}}}", quote(value, safe=":"))
        return {"post": post, "url": url}

    def message(self, kind: str, name: str, at: Message, **fields: object) -> Message:
        """Return a message with the fields that are known; a time that is empty is that of now."""
        dated = {name: time or self.now for name, time in at.items()}
        known = {name: value for name, value in (fields | dated).items() if value not in (None, "")}
        return {"type": kind, "id": name, **known}

    def notice(self, name: str, about: Message, meaning: Meaning, at: str) -> Message:
        """Return the notice of a report: one of DSA Art. 16 if it says that a post is illegal."""
        said = {"trusted_flagger": False, "article_16": meaning.ground == "illegal"}
        fields = about | meaning.subject | said
        return self.message("notice", name, {"received_at": at}, **fields)

    def decisions(
        self,
        name: str,
        about: Message,
        meaning: Meaning,
        action: Action,
        notices: Sequence[str],
        moderator: str,
        reason: str | None,
        at: str = "",
    ) -> Iterator[Message]:
        """Yield a decision on each notice, the first with the measures.

        Without a notice it is the provider's own initiative, and names post and category.
        """
        says = {
            "verdict": "confirmed",
            "ground": meaning.ground,
            "ground_text": meaning.ground_text,
            "ground_url": meaning.ground_url,
            "reason": reason or action.reason,
            "moderator": self.pseudonym(moderator),
        }
        dated, done = {"decided_at": at}, msgspec.to_builtins(action.measures)
        first = {"notice": notices[0]} if notices else about | meaning.subject
        applied = dated | ({"applied_at": at} if done else {})
        yield self.message("decision", name, applied, **says, **first, measures=done)
        for number, notice in enumerate(notices[1:], 2):
            yield self.message("decision", f"{name}-{number}", dated, **says, notice=notice)


def _known[T](known: Mapping[str, T], part: str, values: Sequence[str]) -> T:
    found = next((known[value] for value in values if value in known), None)
    if found is None:
        has = f"{values[0][:100]!r} is not in the table, which has: {', '.join(known)}"
        raise AdapterError("unmapped", f"table.{part}", has)
    return found
