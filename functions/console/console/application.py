"""The console over clients of AWS: the routes of the sign-in, and those of the desk behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities import parameters

from console.browser_session import ConsoleDoor, Sessions, TokenChecks, broken_page
from console.sign_in import Answer, Event, Grants, Issuer, IssuerError, Report, SignIn
from desk.asking import phrases_of
from desk.routes import DeskApplication
from desk.table_desk import PendingSender, SetExamples, TableDesk
from ledger.aws.desk_store import DynamoDesk
from ledger.aws.objects import S3Objects, Senders
from ledger.aws.store import DynamoStore
from ledger.texts import SystemClock, clock_from_setting


@dataclass(frozen=True, slots=True)
class Console:
    """Answers the events of the HTTP API."""

    sign_in: SignIn
    desk: DeskApplication

    def respond(self, event: Event) -> Answer:
        """Return the answer to a request, always with the security headers."""
        event = _with_cookies(event)
        place = event["requestContext"]["http"]["method"], event["rawPath"]
        route = self.sign_in.routes().get(place)
        if route is not None:
            try:
                return self.desk.secured(route(event))
            except IssuerError:
                self.sign_in.report("refused", {"code": "issuer_failed"})
                return self.failed(event, HTTPStatus.BAD_GATEWAY)
        if place[0] == "POST" and self.sign_in.door.session(event) is None:
            return self.desk.secured(self.sign_in.session_ended(event))
        return self.desk.respond(event)

    def failed(self, event: Event, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> Answer:
        """Return the page of a request that failed on our side."""
        headers, body = {"Content-Type": "text/html; charset=utf-8"}, broken_page(phrases_of(event))
        return self.desk.secured({"statusCode": int(status), "headers": headers, "body": body})


def _with_cookies(event: Event) -> Event:
    """Return the event with its cookies in a list, as AWS gives them.

    The local stack leaves them in the header.
    """
    headers = event.get("headers") or {}
    if "cookies" in event or "cookie" not in headers:
        return event
    return {**event, "cookies": [part.strip() for part in headers["cookie"].split(";")]}


def console_of(
    setting: Mapping[str, str], dynamodb: Any, s3: Any, sqs: Any, report: Report
) -> Console:
    """Build the console over clients of AWS. A missing setting raises KeyError."""
    clock = clock_from_setting(setting["TODAY"])
    # Tokens have the issuer's times, and the issuer knows nothing of the day of a trial.
    identity_clock = SystemClock()
    store = DynamoStore.of(dynamodb, setting["TABLE"], clock)
    senders = Senders(store, clock)
    rows = DynamoDesk(store.table, clock)
    issuer = Issuer(
        setting["CONSOLE_ISSUER"],
        setting["CONSOLE_CLIENT_ID"],
        setting["CONSOLE_DISCOVERY"],
        _client_secret(setting["CONSOLE_CLIENT_SECRET"]),
    )
    door = ConsoleDoor(
        setting["CONSOLE_URL"],
        Sessions(store.table, identity_clock),
        lambda provider: not senders.other_door(provider, "console"),
    )
    sign_in = SignIn(
        issuer=issuer,
        checks=TokenChecks(setting["CONSOLE_ISSUER"], setting["CONSOLE_CLIENT_ID"], issuer.key),
        grants=Grants(setting["CONSOLE_MODERATOR_CLAIM"], setting["CONSOLE_GROUPS_CLAIM"]),
        door=door,
        clock=identity_clock,
        report=report,
    )
    desk = TableDesk(
        store=store,
        desk=rows,
        sender=PendingSender(rows, sqs, setting["CONSOLE_QUEUE_URL"]),
        objects=S3Objects(s3),
        clock=clock,
        public_bucket=setting["PUBLIC_BUCKET"],
        public_url=setting["PUBLIC_URL"],
        out_bucket=setting["OUT_BUCKET"],
    )
    return Console(sign_in, DeskApplication(desk, door, SetExamples(desk.packs)))


def _client_secret(name: str) -> Any:
    """Return how to read the client's secret, or None for a public client with PKCE alone."""
    return (lambda: str(parameters.get_secret(name, max_age=300))) if name else None
