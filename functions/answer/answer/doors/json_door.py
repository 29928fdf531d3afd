"""The door for programs, at the function URL: JSON in, JSON out."""

from dataclasses import dataclass
from typing import Any

import msgspec

from answer.askers import Partners
from answer.request import WINDOW_SECONDS, Question, Request, RequestError, response
from answer.wording import TipAnswer, answer_text, rating_words
from claims.asking import CheckAnswer
from phrases import Phrases, of

PARTNER, SECRET = "x-terang-partner", "x-terang-secret"


@dataclass(frozen=True, slots=True)
class JsonDoor:
    """Answers partners by their secrets; with None, callers whose signature AWS has checked."""

    partners: Partners | None

    def asker(self, request: Request) -> str:
        """Return the partner or the caller. Raises RequestError if they are unknown."""
        if self.partners is not None:
            name = request.headers.get(PARTNER, "")
            self.partners.admit(name, request.headers.get(SECRET, ""))
            return name
        if not request.caller:  # AWS lets nobody through without one
            raise RequestError(403, "not_known")
        return request.caller

    def question(self, request: Request) -> Question:
        """Return the question. Raises RequestError if the request does not hold one."""
        if request.method != "POST":
            raise RequestError(405, "post_only")
        try:
            return msgspec.json.decode(request.body, type=Question)
        except msgspec.ValidationError:
            raise RequestError(400, "no_question") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RequestError(400, "no_json") from None

    def response(
        self,
        request: Request,  # noqa: ARG002 - a door's method
        outcome: TipAnswer | RequestError | None,
    ) -> dict[str, Any]:
        """Return the answer, or the code of what went wrong."""
        if not isinstance(outcome, TipAnswer):
            error = outcome or RequestError(400, "no_question")
            later = {"retry_after": str(WINDOW_SECONDS)} if error.status == 429 else {}
            return response(error.status, {"code": error.code}, **later)
        words = of(outcome.language)
        return response(
            200,
            {
                "language": outcome.language,
                "message": answer_text(outcome),
                "checks": [_row(found, words) for found in outcome.checks],
            },
        )


def _row(found: CheckAnswer, words: Phrases) -> dict[str, Any]:
    check = found.check
    return {
        "url": check.url,
        "claim": check.claim,
        "rating": str(check.rating),
        "rating_words": rating_words(words, check.rating),
        "publisher": check.publisher,
        "date": check.date,
        "score": found.score,
        "level": str(found.level),
    }
