"""The tip line: a text in, up to five published checks out. Nothing of the text is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from answer.index_in_force import IndexInForce
from answer.messages import LANGUAGES, language_for, message_of
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
from claims.text.languages import guess
from claims.text.words import ClaimText
from ledger.clock import Clock


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
        "rating_words": LANGUAGES[language].ratings[check.rating],
        "publisher": check.publisher,
        "date": check.date,
        "score": answer.score,
        "level": str(answer.level),
    }
