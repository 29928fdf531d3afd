"""The tip line: a text in, up to five published checks out. Nothing of the text is kept.

The answer says in the asker's language which checks there are, by whom, and where to read them.
`ask_routes` holds the ways to ask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

from claims.check_finder import CheckAnswer, ClaimIndex, Level, ask, open_index
from claims.fact_check import Check, Rating, days_between
from claims.text_words import ClaimText, guess_language
from ledger.closing import current_set, stored_set
from ledger.codes import OperatorError
from ledger.objects import S3Objects
from ledger.texts import Clock, is_blank
from phrases import LANGUAGES, Phrases, of
from rules.rule_set import SetError, read_set
from strangers import RateLimit, Request, RequestError, supported


class Question(msgspec.Struct, frozen=True):
    """A text to find checks for; `language` is that of the answer, by default the text's own."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class TipAnswer:
    """The published checks that a text may repeat, best first; empty if nobody checked it."""

    language: str
    checks: Sequence[CheckAnswer]
    today: str

    def is_old(self, check: Check) -> bool:
        """Return whether a check is more than a year old."""
        age = days_between(check.date, self.today)
        return age is not None and age > 365


def language_for(asked: str, text: str | ClaimText, answers: Sequence[CheckAnswer]) -> str:
    """Return the language of an answer: the one asked for, the text's, or the first check's.

    >>> language_for("id-ID", "Salt", []), language_for("fr", "Air yang dapat menyembuhkan", [])
    ('id', 'id')
    >>> language_for("", "Salt", [])
    'en'
    """
    first = [answer.check.language for answer in answers[:1]]
    return supported(asked, guess_language(text, set(LANGUAGES)), *first)


def answer_text(answer: TipAnswer) -> str:
    """Return the answer as plain text to forward. A claim with markup is shown as it is."""
    words = of(answer.language)
    if not answer.checks:
        return words.gettext("No published check was found.")
    return "\n\n".join(answer_parts(answer))


def answer_parts(answer: TipAnswer) -> list[str]:
    """Return the parts of the text: its opening, then one for each check."""
    words = of(answer.language)
    opening = words.gettext("Published checks that may be about this:")
    return [opening, *(_check_text(words, answer, found.check) for found in answer.checks)]


def _check_text(words: Phrases, answer: TipAnswer, check: Check) -> str:
    text = words.gettext(
        "%(rating)s: %(claim)s\n%(publisher)s, %(date)s\n%(url)s",
        rating=rating_words(words, check.rating),
        claim=check.claim,
        publisher=check.publisher,
        date=check.date or words.gettext("no date"),
        url=check.url,
    )
    return f"{text}\n{old_words(words)}" if answer.is_old(check) else text


def old_words(words: Phrases) -> str:
    """Return the warning that a check is old."""
    return words.gettext("This check is more than a year old.")


def rating_words(words: Phrases, rating: Rating) -> str:
    """Return the verdict of a check as words of a language."""
    _ = words.gettext
    return {
        Rating.FALSE: _("False"),
        Rating.MISLEADING: _("Misleading"),
        Rating.MISSING_CONTEXT: _("Missing context"),
        Rating.SATIRE: _("Satire"),
        Rating.TRUE: _("True"),
        Rating.UNCLEAR: _("Unclear"),
    }[rating]


def nothing_words(words: Phrases) -> str:
    """Return the sentence that nobody has checked a text."""
    return words.gettext("Nobody has checked this yet, as far as we know.")


def advice_words(words: Phrases) -> str:
    """Return what people can do about a text that nobody has checked."""
    return words.gettext(
        "That makes it neither true nor false. Before you pass it on, look who said it first and"
        " when, and whether anyone else reports it. Copy one whole sentence of it and ask again:"
        " a text of a few words is too short to compare. You can also send it to a fact-checker."
    )


def problem_words(words: Phrases, code: str) -> str:
    """Return why a request got no answer, and what the asker can do."""
    _ = words.gettext
    return {
        "no_text": _("There is no text to look up. Paste one, then try again."),
        "too_large": _("This text is too long. Paste the part with the claim."),
        "too_often": _("Too many questions came at once. Please ask again in a minute."),
        "no_index": _("There are no published checks here yet. Please come back another day."),
    }.get(code) or _("Something failed here. Please try again in a moment.")


class AskRoute(Protocol):
    """A way to ask; docs/ask.md says how to add one.

    It keeps nothing between its methods, which are called in this order.
    """

    def asker(self, request: Request) -> str:
        """Return whose questions are counted together: a partner, an address, a person.

        It is only counted, under a digest that lasts a minute; empty if nobody asks.
        Raises RequestError with 403 if the request does not come from where it should.
        """

    def question(self, request: Request) -> Question | None:
        """Return the question of a request; None if it asks nothing, such as for help.

        Raises RequestError if it should ask, and cannot be read.
        """

    def response(
        self, request: Request, outcome: TipAnswer | RequestError | None
    ) -> dict[str, Any]:
        """Return the HTTP response to an answer, to an error, or with help if nothing was asked."""


POINTER_SECONDS = 30
"""How long a worker uses the pointer before it reads it again."""


@dataclass(slots=True)
class IndexInForce:
    """The index of published checks that the set in force names; read again when it changes."""

    objects: S3Objects
    public_bucket: str
    now: Callable[[], float]
    _read_at: float = float("-inf")
    _set: str = ""
    _index: ClaimIndex | None = None

    def index(self) -> ClaimIndex | None:
        """Return the index in force, at most half a minute old; None if the set names none.

        Raises OperatorError if the set or the index is gone or damaged.
        """
        if self.now() - self._read_at > POINTER_SECONDS:
            digest = current_set(self.objects, self.public_bucket)
            if digest != self._set:
                self._index = self._index_of(digest)
                self._set = digest
            self._read_at = self.now()
        return self._index

    def _index_of(self, set_digest: str) -> ClaimIndex | None:
        try:
            digest = read_set(stored_set(self.objects, self.public_bucket, set_digest)).factchecks
        except SetError as error:
            raise OperatorError(f"the set {set_digest} cannot be read: {error}") from error
        if not digest or (self._index is not None and self._index.digest == digest):
            return self._index if digest else None
        return open_index(digest, partial(self.objects.get, self.public_bucket))


@dataclass(frozen=True, slots=True)
class TipLine:
    """Answers questions. `routes` are named by their key."""

    routes: Mapping[str, AskRoute]
    rate_limit: RateLimit
    in_force: IndexInForce
    clock: Clock

    def take(self, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the response to one event of a function URL or an HTTP API, and how it counts.

        It counts as `answered`, `not_found`, the code of an error, or "" if nothing was asked.
        Raises OperatorError if the index or its set is damaged.
        """
        request = Request.of(event)
        route, outcome = self.routes[request.route], None
        try:
            if asker := route.asker(request):
                self.rate_limit.count(f"{request.route} {asker}")
            if question := route.question(request):
                outcome = self._answer(question)
        except RequestError as error:
            return route.response(request, error), error.code
        counted = ("answered" if outcome.checks else "not_found") if outcome else ""
        return route.response(request, outcome), counted

    def failed(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response to a request at which `take` failed."""
        request = Request.of(event)
        return self.routes[request.route].response(request, RequestError(500, "failed"))

    def _answer(self, question: Question) -> TipAnswer:
        if is_blank(question.text):
            raise RequestError(400, "no_text")
        index, text = self.in_force.index(), ClaimText(question.text)
        if index is None:
            raise RequestError(503, "no_index")
        # For an unclear text, try the language that the asker wants; if that finds nothing, all.
        hint = "" if guess_language(text, set(index.totals)) else question.language
        answers = _near(index, text, hint) or (_near(index, text, "") if hint else [])
        language = language_for(question.language, text, answers)
        return TipAnswer(language, answers, self.clock.now().date().isoformat())


def _near(index: ClaimIndex, text: ClaimText, language: str) -> list[CheckAnswer]:
    return [answer for answer in ask(index, text, language) if answer.level is not Level.NONE]
