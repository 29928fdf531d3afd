"""What a door of the tip line does. docs/ask.md says how to add one."""

from typing import Any, Protocol

from answer.messages import TipAnswer
from answer.request import Question, Request, RequestError


class AskDoor(Protocol):
    """One way to ask. It keeps nothing between its methods, which are called in this order."""

    def sender(self, request: Request) -> str:
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
