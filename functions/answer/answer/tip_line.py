"""The tip line: a text in, up to five published checks out. Nothing of the text is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from answer.http import Question, Refused, Request, response
from answer.index_in_force import IndexInForce
from answer.partners import WINDOW_SECONDS, Partners, Window
from answer.words import LANGUAGES, language_for, message_of
from claims.asking import CheckAnswer, Level, ask
from claims.text.languages import guess
from ledger.clock import Clock


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent back, and how it is counted: `answered`, `not_found`, or a code of refusal."""

    response: dict[str, Any]
    outcome: str


@dataclass(frozen=True, slots=True)
class TipLine:
    """Answers questions over the ports."""

    partners: Partners
    window: Window
    in_force: IndexInForce
    clock: Clock

    def take(self, event: Mapping[str, Any]) -> Told:
        """The answer to one event of a function URL.

        Raises OperatorError where the index or its set is broken.
        """
        try:
            request = Request.of(event)
            self.window.let_through(self.partners.asker(request))
            return self._answer(request.question())
        except Refused as refused:
            later = {"retry_after": str(WINDOW_SECONDS)} if refused.status == 429 else {}
            return Told(response(refused.status, {"code": refused.code}, **later), refused.code)

    def _answer(self, question: Question) -> Told:
        index, text = self.in_force.index(), question.text
        if index is None:
            raise Refused(503, "no_index")
        hint = "" if guess(text, set(index.totals)) else question.language
        found = [one for one in ask(index, text, hint) if one.level is not Level.NONE]
        language = language_for(question.language, text, found)
        today = self.clock.now().date().isoformat()
        body = {
            "language": language,
            "message": message_of(found, language, today),
            "checks": [_row(one, language) for one in found],
        }
        return Told(response(200, body), "answered" if found else "not_found")


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
