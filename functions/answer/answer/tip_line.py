"""The tip line: a text in, up to five published checks out. Nothing of the text is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from answer.messages import MESSAGE_TEXTS, language_for, message_of
from answer.request import (
    WINDOW_SECONDS,
    Partners,
    Question,
    RateLimit,
    Request,
    RequestError,
    response,
)
from claims.asking import CheckAnswer, Level, ask
from claims.index.index import ClaimIndex
from claims.text.languages import guess
from claims.text.words import ClaimText
from ledger.clock import Clock
from ledger.errors import OperatorError
from ledger.keys import factchecks_key
from ledger.pointer import current_set, stored_set
from ledger.ports import Objects
from rules.rule_set import SetError
from rules.set_reader import read_set

POINTER_SECONDS = 30
"""How long a worker uses the pointer before it reads it again."""


@dataclass(slots=True)
class IndexInForce:
    """The index of published checks that the set in force names; read again when it changes."""

    objects: Objects
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
    """The response, and how it is counted: `answered`, `not_found`, or the code of an error."""

    response: dict[str, Any]
    outcome: str


@dataclass(frozen=True, slots=True)
class TipLine:
    """Answers questions over the ports."""

    partners: Partners
    rate_limit: RateLimit
    in_force: IndexInForce
    clock: Clock

    def take(self, event: Mapping[str, Any]) -> Reply:
        """Return the reply to one event of a function URL.

        Raises OperatorError if the index or its set is damaged.
        """
        try:
            request = Request.of(event)
            self.rate_limit.count(self.partners.asker(request))
            return self._answer(request.question())
        except RequestError as error:
            later = {"retry_after": str(WINDOW_SECONDS)} if error.status == 429 else {}
            return Reply(response(error.status, {"code": error.code}, **later), error.code)

    def _answer(self, question: Question) -> Reply:
        index, text = self.in_force.index(), ClaimText(question.text)
        if index is None:
            raise RequestError(503, "no_index")
        hint = "" if guess(text, set(index.totals)) else question.language
        answers = [answer for answer in ask(index, text, hint) if answer.level is not Level.NONE]
        language = language_for(question.language, text, answers)
        today = self.clock.now().date().isoformat()
        body = {
            "language": language,
            "message": message_of(answers, language, today),
            "checks": [_row(answer, language) for answer in answers],
        }
        return Reply(response(200, body), "answered" if answers else "not_found")


def _row(answer: CheckAnswer, language: str) -> dict[str, Any]:
    check = answer.check
    return {
        "url": check.url,
        "claim": check.claim,
        "rating": str(check.rating),
        "rating_words": MESSAGE_TEXTS[language].ratings[check.rating],
        "publisher": check.publisher,
        "date": check.date,
        "score": answer.score,
        "level": str(answer.level),
    }
