"""The application: one event in, one answer out, and the checks that hold for every request."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from desk.adopting import Adopter
from desk.pages.templating import error_page
from desk.ports import Desk
from desk.routes import card_routes, other_routes, queue_routes
from desk.routes.asking import HTML, Asking, phrases_of
from desk.session import DeskDoor, FormError, read_form

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer; only files of the pages are kept. Source: OWASP ASVS 5.0, 3.4."""


@dataclass(frozen=True, slots=True)
class DeskApplication:
    """Answers events of an HTTP API, one at a time: Powertools keeps the current one."""

    desk: Desk
    door: DeskDoor
    adopter: Adopter | None = None

    def respond(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to an event, always with the security headers."""
        answer = self.secured(self._checked(event))
        cookie = answer["headers"].pop("Set-Cookie", None)  # an answer lists its cookies apart
        cookies = [cookie] if cookie else []
        return answer | {"statusCode": int(answer["statusCode"]), "cookies": cookies}

    def secured(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return an answer with the security headers. Over HTTPS, browsers are asked to stay."""
        headers = SECURITY_HEADERS | answer.get("headers", {})
        if self.door.origin.startswith("https://"):
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return answer | {"headers": headers}

    def _checked(self, event: Mapping[str, Any]) -> dict[str, Any]:
        path, method = event["rawPath"], event["requestContext"]["http"]["method"]
        if method == "GET" and path.startswith("/static/"):
            return queue_routes.static_file(path.removeprefix("/static/"))
        session = self.door.session(event)
        if session is None:
            if method == "GET" and self.door.sign_in:
                return {
                    "statusCode": int(HTTPStatus.SEE_OTHER),
                    "headers": {"Location": self.door.sign_in},
                    "body": "",
                }
            return _error(event, HTTPStatus.UNAUTHORIZED)
        form: dict[str, list[str]] = {}
        if method == "POST":
            try:
                form = read_form(event, session, self.door.origin)
            except FormError as error:
                return _error(event, HTTPStatus.FORBIDDEN, str(error))
        app = _resolver()
        asking = Asking(self.desk, session, form, event, self.door.sign_out, adopter=self.adopter)
        app.append_context(asking=asking)  # type: ignore[no-untyped-call]
        return app.resolve(dict(event), LambdaContext())


@cache
def _resolver() -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver()
    for room in (queue_routes, card_routes, other_routes):
        app.include_router(room.router)

    @app.not_found
    def missing(_: Exception) -> Response[str]:
        asking: Asking = app.context["asking"]
        page = error_page(asking.phrases, HTTPStatus.NOT_FOUND)
        return Response(HTTPStatus.NOT_FOUND, HTML, page)

    return app


def _error(event: Mapping[str, Any], status: HTTPStatus, why: str = "") -> dict[str, Any]:
    words = phrases_of(event)
    page = error_page(words, status, words.gettext(why))
    return {"statusCode": int(status), "headers": {"Content-Type": HTML}, "body": page}
