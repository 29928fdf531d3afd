"""The table of a connected tool, and what the adapters share: looking up, ids, addresses.

A value of the tool that the table does not have is refused, with the keys that the table has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta, to_builtins

from ledger.codes import CATEGORIES, Measures, Strict, TerangError
from ledger.findings import digest

type Message = dict[str, Any]

AWAY = {
    "not_public": "a post of which nothing says that everyone can read it",
    "about_account": "about an account as such, and not about a post",
    "automated": "a machine decided, and not a person",
}
"""What is only counted: its codes, and their words."""


class AdapterError(TerangError):
    """A payload or a table that cannot be read: the provider must act."""

    def __init__(self, code: str, field: str, advice: str) -> None:
        self.code, self.field, self.advice = code, field, advice
        super().__init__(f"{field}: {advice}")


class Meaning(Strict, frozen=True):
    """What a policy of the tool is: a category of the DSA, and the ground."""

    category: Annotated[str, Meta(pattern=f"^({'|'.join(CATEGORIES)})$")]
    ground: Literal["illegal", "terms"]
    ground_text: str
    ground_url: str | None = None
    keyword: str | None = None
    other: str | None = None

    def subject(self) -> Message:
        """Return the fields of a message that say what a post is about."""
        return {"category": self.category, "keyword": self.keyword, "other": self.other}

    def noticed(self) -> Message:
        """Return the fields of a notice that say what it is about, and whether it is of Art. 16."""
        return self.subject() | {"trusted_flagger": False, "article_16": self.ground == "illegal"}

    def grounds(self) -> Message:
        """Return the fields of a decision that say on what it rests."""
        return {name: getattr(self, name) for name in ("ground", "ground_text", "ground_url")}


class Action(Strict, frozen=True):
    """What an action of the tool does: measures, or it `restores` what another action did.

    `reason` is for people who write none, `moderator` for an answer that names nobody: a pseudonym
    of people who did not decide.
    """

    measures: Measures | None = None
    restores: str = ""
    reason: str = ""
    moderator: str = ""

    def done(self, at: str) -> Message:
        """Return the fields of a decision that say what was done when, if anything was."""
        return {"measures": to_builtins(self.measures), "applied_at": at} if self.measures else {}


class AdapterTable(Strict, frozen=True):
    """What the words of a tool mean at a provider.

    `public` are the types of posts that everyone can read, `accounts` those of accounts, in tools
    that have types. `address` is that of a post, with `{id}` or other parts of it. `machines` are
    tools and accounts that decide by themselves.
    """

    policies: dict[str, Meaning]
    actions: dict[str, Action]
    address: Annotated[str, Meta(pattern=r"^https?://\S*\{[a-z]+\}")]
    public: tuple[str, ...] = ()
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
    """A tool, its table, and what is known of an arrival: `now` is empty if its time is not."""

    source: str
    table: AdapterTable
    pseudonym: Callable[[str], str]
    now: str

    def meaning(self, *values: str) -> Meaning:
        """Return the meaning of the first value that the table has. Raises AdapterError."""
        return _known(self.table.policies, "policies", values)

    def action(self, name: str) -> Action:
        """Return what an action does. Raises AdapterError if the table does not say it."""
        return _known(self.table.actions, "actions", [name])

    def about(self, post: str, **parts: str) -> Message:
        """Return the fields of a message that name a post, by its id and what the address wants."""
        url = self.table.address
        for part, value in {"id": post, **parts}.items():
            url = url.replace(f"{{{part}}}", quote(value, safe=":"))
        return {"post": post, "url": url}

    def turned_away(self, code: str, *parts: str) -> Message:
        """Return the message that counts what goes no further: a code, and an id of the parts."""
        away = name(f"{self.source}-away", code, *parts)
        return message("turned_away", away, source=self.source, code=code)


def name(kind: str, *parts: str) -> str:
    """Return the id of a message: the same parts give the same id."""
    return f"{kind}-{digest(kind, *parts)[:24]}"


def message(kind: str, name: str, **fields: object) -> Message:
    """Return a message with those fields that are known."""
    known = {field: value for field, value in fields.items() if value not in (None, "")}
    return {"type": kind, "id": name, **known}


def _known[T](known: Mapping[str, T], part: str, values: Sequence[str]) -> T:
    found = next((known[value] for value in values if value in known), None)
    if found is None:
        has = f"{values[0][:100]!r} is not in the table, which has: {', '.join(known)}"
        raise AdapterError("unmapped", f"table.{part}", has)
    return found
