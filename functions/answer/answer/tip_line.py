"""The tip line: a text in, up to five published checks out. Nothing of the text is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from answer.ask_routes import JsonRoute, PageRoute, TelegramRoute
from answer.question import (
    Partners,
    Question,
    RateLimit,
    Request,
    RequestError,
    TipAnswer,
    language_for,
)
from claims.check_finder import CheckAnswer, ClaimIndex, Level, ask
from claims.text_words import ClaimText, guess_language
from ledger.aws.objects import S3Objects
from ledger.closing import current_set, stored_set
from ledger.keys import factchecks_key
from ledger.refusals import OperatorError
from ledger.texts import Clock, is_blank
from rules.rule_set import SetError, read_set


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
        data = self.objects.get(self.public_bucket, factchecks_key(digest))
        if data is None:
            raise OperatorError(f"the index of checks {digest} is not in the public bucket")
        index = ClaimIndex(data)
        if index.digest != digest:
            raise OperatorError(f"the index of checks {digest} has another digest: it was changed")
        return index


@dataclass(frozen=True, slots=True)
class Reply:
    """The response, and how it is counted.

    `outcome` is `answered`, `not_found`, the code of an error, or empty if nothing was asked.
    """

    response: dict[str, Any]
    outcome: str


@dataclass(frozen=True, slots=True)
class TipLine:
    """Answers questions. `routes` are named by their key."""

    routes: Mapping[str, AskRoute]
    rate_limit: RateLimit
    in_force: IndexInForce
    clock: Clock

    def take(self, event: Mapping[str, Any]) -> Reply:
        """Return the reply to one event of a function URL or an HTTP API.

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
            return Reply(route.response(request, error), error.code)
        counted = ("answered" if outcome.checks else "not_found") if outcome else ""
        return Reply(route.response(request, outcome), counted)

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
    answers = ask(index, text, language)
    return [answer for answer in answers if answer.level is not Level.NONE]


def routes_of(
    *, secrets: Callable[[], Mapping[str, str]], asks_for_secret: bool, bot: str
) -> dict[str, AskRoute]:
    """Return each way to ask by the key of its route. The template says which routes there are."""
    partners, page = Partners(secrets), PageRoute()
    return {
        "$default": JsonRoute(partners if asks_for_secret else None),
        "GET /": page,
        "POST /": page,
        "POST /telegram": TelegramRoute(bot, partners),
    }
