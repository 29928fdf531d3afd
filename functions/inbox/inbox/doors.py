"""What programs of a provider send and read by HTTP: posts, messages about cases, and receipts.

The provider is taken from the secret alone.
Bodies go into the queues as they would come by SQS, so the same content is the same unit, and a
repeat changes nothing. Nothing is kept here. A record that is not marked public goes no further: an
empty one takes its place, which scan refuses and counts as not public.

Source: RFC 9457 (problems), RFC 6750 (bearer secrets).
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters import AWAY, SOURCES, AdapterError, translate
from cases.kinds import read_case_message
from ledger.cases import CaseMarker
from ledger.codes import CaseRefusal, Code, Refusal
from ledger.findings import digest, is_id, unit_id
from ledger.keys import SCOPES, findings_key, message_receipt_key, secret_name
from ledger.objects import S3Objects
from ledger.posts import read_line
from ledger.store import DynamoStore
from ledger.texts import Clock, decode_object, lines_of_body, nests_too_deep, utc
from ledger.units import Marker
from strangers import (  # fmt: skip
    NOBODY,
    WINDOW_SECONDS,
    RateLimit,
    Request,
    RequestError,
    Secrets,
    holds,
    response,
)

MOST_BYTES, QUEUED_BYTES = 1_000_000, 1_040_000
"""The most bytes of a body, and of what SQS takes of it: 1 MiB with the attributes."""

MOST_RECORDS, MOST_SHOWN = 10_000, 100
"""Records that are read within the function's time, and refusals that an answer names."""

RECEIPT_DAYS = 19
"""Days in which the receipt of a message about a case is looked for: it may lie in the queue for 4
days, be repeated as a dead letter within 14, or wait for its case for 14."""

DETAILS = msgspec.json.decode(Path(__file__).with_name("problems.json").read_bytes())
"""What a problem says to people, by its code."""


class Record(NamedTuple):
    """A record: the line that goes on, if any; its id if it was accepted, or why it was refused."""

    line: bytes
    id: str = ""
    refused: Mapping[str, Any] | None = None


type Reader = Callable[[int, bytes], list[Record]]
"""Returns what becomes of one line, by its number."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Answers requests of programs. `send` puts a body into the queue of a door, for a provider."""

    store: DynamoStore
    objects: S3Objects
    out_bucket: str
    send: Callable[[str, str, str], None]
    secrets: Secrets
    rate_limit: RateLimit
    clock: Clock

    def take(self, event: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """Return the answer to one event of an HTTP API, and how it counts."""
        request = Request.of(event)
        scope = request.route.split("/")[2]
        source = request.query.get("from", "") if scope == "cases" else ""
        try:
            provider = self._provider(request, scope, source)
            self.rate_limit.count(provider)
            if scope == "receipts":
                return response(200, self._receipt(provider, request.path.get("digest", ""))), scope
            read = self._translator(provider, source) if source else READERS[scope]
            lines = enumerate(_lines(request), 1)
            records = [
                one for at, line in lines for one in (read(at, line) if line else [Record(line)])
            ]
            answer = self._forward(scope, provider, records)
            return answer, scope if answer["statusCode"] == 202 else "refused"
        except RequestError as error:
            return problem(error), error.code

    def failed(self, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - as of `Forms`
        """Return the answer to a request at which `take` failed."""
        return problem(RequestError(500, "failed"))

    def _provider(self, request: Request, scope: str, source: str) -> str:
        """Return whose secret a request shows. Raises RequestError if it does not serve for this.

        Where Coop's key is registered, what comes from Coop must also be signed. Mastodon shows no
        secret, and only signs.
        """
        known, header = self.secrets(), request.headers.get("authorization", "")
        if source == "mastodon" and not header:
            return signer(request, known)
        bearer = header.partition(" ")[2].strip()
        name = bearer.partition(".")[0]
        digests = [known.get(secret_name("http", name, each), NOBODY) for each in SCOPES]
        granted = [each for each, own in zip(SCOPES, digests, strict=True) if holds(own, bearer)]
        keys = known.get(secret_name("signed", name, source), "").split()
        if not granted or (source == "coop" and keys and not is_signed(request, keys)):
            raise RequestError(401, "not_known")
        if scope not in granted:
            has = f"This secret has the scopes {', '.join(granted)}; {scope} is needed."
            raise RequestError(403, "no_scope", has)
        return name

    def _translator(self, provider: str, source: str) -> Reader:
        """Return what makes messages of the payloads of a tool. Of a payload all go on, or none.

        What is only counted is accepted as that: a code, and not a word of the payload.
        """
        known = self.store.provider(provider)
        table = known.connections.get(source) if known else None
        if source not in SOURCES or table is None:
            has = f"from={source[:40]!r} is not connected here. There can be: {', '.join(SOURCES)}."
            raise RequestError(422, "not_connected", has)

        def read(number: int, line: bytes) -> list[Record]:
            payload = Code.JSON_DEPTH if nests_too_deep(line) else decode_object(line)
            if isinstance(payload, Code):
                return [Record(b"", refused=_refusal(number, Refusal(payload)))]
            try:
                made = translate(source, payload, table, pseudonym, utc(self.clock.now()))
            except AdapterError as error:
                return [Record(b"", refused=_refusal(number, error))]
            if not made:
                why = AdapterError("unmapped", "payload", "nothing in it is a report or a decision")
                return [Record(b"", refused=_refusal(number, why))]
            records = []
            for each in made:
                [record] = _message(number, msgspec.json.encode(each))
                if each["type"] == "turned_away":
                    why = AdapterError(each["code"], "", AWAY[each["code"]])
                    record = record._replace(refused=_refusal(number, why))
                records.append(record)
            return [record for record in records if not record.line] or records

        def pseudonym(person: str) -> str:
            return self.store.pseudonym(f"{provider}/{person}")

        return read

    def _forward(self, door: str, provider: str, records: list[Record]) -> dict[str, Any]:
        """Put the records into the queue, and answer with the digests of their receipts."""
        accepted = [record.id for record in records if record.id]
        refused = [record.refused for record in records if record.refused]
        told: dict[str, Any] = {"messages": len(accepted), "refused_records": len(refused)}
        told["refused"] = refused[:MOST_SHOWN]
        if not accepted:
            is_json = any("field" in refusal for refusal in refused)
            return problem(RequestError(422 if is_json else 400, "refused"), **told)
        body = b"\n".join(record.line for record in records).decode()
        # SQS refuses these two, which JSON may hold as they are.
        body = body.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
        if len(body.encode()) > QUEUED_BYTES:
            raise RequestError(413, "too_large")
        self.send(door, provider, body)
        digests = [digest("message", provider, name) for name in accepted]
        digests = [unit_id(provider, body.encode())] if door == "posts" else digests
        return response(202, {"digest": digests[0], "digests": digests, **told})

    def _receipt(self, provider: str, name: str) -> dict[str, Any]:
        """Return what became of a message, by its digest. Raises RequestError if nobody knows."""
        found = is_id(name) and (self.store.marker(name) or self.store.case_marker(name))
        marker = found or Marker(name, provider if is_id(name) else "", "")
        if marker.provider != provider:  # and nobody learns that it is another's
            raise RequestError(404, "not_there")
        told: dict[str, Any] = {"message": name, "status": "taken", "day": marker.day}
        if isinstance(found, CaseMarker):
            return told
        if found:
            told |= {"status": "inspected", "findings_file": findings_key(found)}
        today = self.clock.now().date()
        days = [str(today - timedelta(days=each)) for each in range(RECEIPT_DAYS)]
        for day in [marker.day] if found else days:
            key = message_receipt_key(provider, day, name)
            if data := self.objects.get(self.out_bucket, key):
                return msgspec.json.decode(data, type=dict[str, Any]) | (told if found else {})
        if not found:
            raise RequestError(404, "not_there")
        return told


def signer(request: Request, known: Mapping[str, str]) -> str:
    """Return whose Mastodon signed the body, of all that have a webhook. Raises RequestError.

    Source: admin/webhooks.md of Mastodon's documentation; W3C WebSub, section 7 (HMAC).
    """
    body, given = request.read(MOST_BYTES), request.headers.get("x-hub-signature", "")
    signature = given.removeprefix("sha256=").encode("utf-8", "surrogatepass")
    signers = {
        name.split("/")[1]
        for name, secrets in known.items()
        if name.startswith("signed/") and name.endswith("/mastodon")
        for each in secrets.split()
        if hmac.compare_digest(hmac.digest(each.encode(), body, "sha256").hex().encode(), signature)
    }
    if len(signers) != 1:
        raise RequestError(401, "not_known")
    return signers.pop()


def is_signed(request: Request, keys: list[str]) -> bool:
    """Return whether Coop signed the body with one of these keys: RSA, in DER and base64.

    Source: docs/development/api-auth.md of Coop (RSASSA-PKCS1-v1_5 with SHA-256).
    """
    from cryptography.exceptions import InvalidSignature  # only signed requests pay for it
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    body, signature = request.read(MOST_BYTES), request.headers.get("coop-signature", "")
    for key in keys:
        public: Any = load_der_public_key(base64.b64decode(key))
        with suppress(InvalidSignature, ValueError):
            public.verify(base64.b64decode(signature), body, PKCS1v15(), SHA256())
            return True
    return False


def problem(error: RequestError, **more: Any) -> dict[str, Any]:
    """Return an error in the form of RFC 9457, with its code for programs."""
    status, detail = HTTPStatus(error.status), error.detail or DETAILS[error.code]
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    headers = {429: {"retry_after": str(WINDOW_SECONDS)}, 401: {"www_authenticate": "Bearer"}}
    kind = {"content_type": "application/problem+json"} | headers.get(error.status, {})
    return response(error.status, body | {"code": error.code} | more, **kind)


def _lines(request: Request) -> list[bytes]:
    """Return the records of a body. Raises RequestError if it is too large, or no JSON at all."""
    try:
        lines = lines_of_body(request.read(MOST_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise RequestError(400, "no_json") from None
    if isinstance(lines, Refusal):
        raise RequestError(400, "no_json")
    if lines.count(b"\n") > MOST_RECORDS:
        raise RequestError(413, "too_large")
    return [line.strip() for line in lines.split(b"\n")]


def _post(number: int, line: bytes) -> list[Record]:
    """Return a post; an empty one in place of what is not marked public."""
    read = read_line(line)
    if isinstance(read, tuple):
        return [Record(line, read[0].id)]
    is_public = read.field and read.code is not Code.NOT_PUBLIC
    return [Record(line if is_public else b"{}", refused=_refusal(number, read))]


def _message(number: int, line: bytes) -> list[Record]:
    """Return a message about a case. Nothing goes on of a refused one."""
    read = read_case_message(line)
    if isinstance(read, CaseRefusal):
        return [Record(b"", refused=_refusal(number, read))]
    return [Record(line, read.id)]


READERS: dict[str, Reader] = {"posts": _post, "cases": _message}


def _refusal(number: int, refusal: Refusal | CaseRefusal | AdapterError) -> dict[str, Any]:
    named = {name: getattr(refusal, name, "") for name in ("code", "field", "advice")}
    return {"line": number} | {name: str(value) for name, value in named.items() if value}
