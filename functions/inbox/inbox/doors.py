"""What programs of a provider send and read by HTTP: posts, messages about cases, and receipts.

The provider is taken from the secret alone, or from the signature of a tool that can send none.
Bodies go into the queues as they would come by SQS, so the same content is the same unit, and a
repeat changes nothing. Nothing is kept here. A record that is not marked public goes no further: an
empty one takes its place, which scan refuses and counts as not public.

Source: RFC 9457 (problems), RFC 6750 (bearer secrets).
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from adapters import SOURCES, AdapterError, translate
from cases.kinds import read_case_message
from ledger.cases import CaseMarker
from ledger.codes import CaseRefusal, Code, Refusal
from ledger.findings import digest, is_id, unit_id
from ledger.keys import SCOPES, findings_key, http_secret, message_receipt_key, signing_secret
from ledger.objects import S3Objects
from ledger.posts import read_line
from ledger.store import DynamoStore
from ledger.texts import Clock, decode_object, lines_of_body, nests_too_deep, utc
from ledger.units import Marker
from strangers import (
    NOBODY,
    WINDOW_SECONDS,
    RateLimit,
    Request,
    RequestError,
    Secrets,
    holds,
    response,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MOST_BYTES, QUEUED_BYTES = 1_000_000, 1_040_000
"""The most bytes of a body, and of what SQS takes of it: 1 MiB with the attributes."""

MOST_RECORDS = 10_000
"""Records of a body: so many are read within the function's time."""

MOST_SHOWN = 100
"""Refusals that an answer names."""

RECEIPT_DAYS = 19
"""Days in which the receipt of a message about a case is looked for: it may lie in the queue for 4
days, be repeated as a dead letter within 14, or wait for its case for 14."""

DETAILS = {
    "not_known": "No such secret. Send the header Authorization: Bearer PROVIDER.SECRET, as"
    " `terang providers add` printed it, or the signature that was agreed on.",
    "too_often": f"Too many requests. Wait {WINDOW_SECONDS} seconds.",
    "too_large": f"At most {MOST_BYTES} bytes, and {MOST_RECORDS} records. Send the rest apart.",
    "no_json": "A body is UTF-8: one JSON object, an array of objects, or one object a line.",
    "refused": "No record of the body was accepted. `refused` names the line and code of each.",
    "not_there": "There is no receipt of this digest here. What was accepted has one as soon as it"
    " was read, mostly within a minute.",
    "failed": "Something failed here. Send the same again: a repeat changes nothing.",
}
"""What a problem says to people, by its code."""


class Record(NamedTuple):
    """A record: the line that goes on, if any; its id if it was accepted, or why it was refused."""

    line: bytes
    id: str = ""
    refused: Mapping[str, Any] = MappingProxyType({})


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
        try:
            provider = self._provider(request, scope)
            self.rate_limit.count(provider)
            if scope == "receipts":
                return response(200, self._receipt(provider, request.path.get("digest", ""))), scope
            source = request.query.get("from", "") if scope == "cases" else ""
            read = self._translator(provider, source) if source else READERS[scope]
            records: list[Record] = []
            for number, line in enumerate(_lines(request), 1):
                records += read(number, line) if line.strip() else [Record(line)]
            answer = self._forward(scope, provider, records)
            return answer, scope if answer["statusCode"] == 202 else "refused"
        except RequestError as error:
            return problem(error), error.code

    def failed(self, event: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - as of `Forms`
        """Return the answer to a request at which `take` failed."""
        return problem(RequestError(500, "failed"))

    def _provider(self, request: Request, scope: str) -> str:
        """Return whose secret or signature a request shows.

        Raises RequestError if there is none, or if it does not serve for this scope. Where the key
        of a tool is registered, what comes from that tool must be signed, with a secret or without.
        """
        known, source = self.secrets(), request.query.get("from", "") if scope == "cases" else ""
        bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
        provider = bearer.partition(".")[0] or request.query.get("provider", "")
        digests = {each: known.get(http_secret(provider, each), NOBODY) for each in SCOPES}
        granted = [each for each in SCOPES if holds(digests[each], bearer)]
        keys = known.get(signing_secret(provider, source), "")
        signed = is_signed(request, source, keys)
        if not (granted if bearer else signed) or (keys and not signed):
            raise RequestError(401, "not_known")
        if bearer and scope not in granted:
            has = f"This secret has the scopes {', '.join(granted)}; {scope} is needed."
            raise RequestError(403, "no_scope", has)
        return provider

    def _translator(self, provider: str, source: str) -> Reader:
        """Return what makes messages of the payloads of a tool. Of a payload all go on, or none.

        What is only counted is accepted as that: a code, and not a word of the payload.
        """
        known = self.store.provider(provider)
        table = known.connections.get(source) if known and source in SOURCES else None
        if table is None:
            has = f"from={source[:40]!r} is not connected here. There can be: {', '.join(SOURCES)}."
            raise RequestError(422, "not_connected", has)

        def pseudonym(person: str) -> str:
            return self.store.pseudonym(f"{provider}/{person}")

        def read(number: int, line: bytes) -> list[Record]:
            payload = Code.JSON_DEPTH if nests_too_deep(line) else decode_object(line)
            if isinstance(payload, Code):
                return [Record(b"", refused=_refusal(number, Refusal(payload)))]
            try:
                now = utc(self.clock.now())
                made = translate(source, payload, provider, table, pseudonym, now)
            except AdapterError as error:
                counted = error.counted(source, provider, msgspec.json.encode(payload)) or {}
                sent = msgspec.json.encode(counted) if counted else b""
                return [Record(sent, counted.get("id", ""), _refusal(number, error))]
            records = [one for each in made for one in _message(number, msgspec.json.encode(each))]
            return [record for record in records if record.refused] or records

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
        if door == "posts":
            digests = [unit_id(provider, body.encode())]
        else:
            digests = [digest("message", provider, name) for name in accepted]
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


def is_signed(request: Request, source: str, keys: str) -> bool:
    """Return whether a tool signed the body with one of its keys, with blanks between them.

    Source: docs.joinmastodon.org/admin/webhooks (HMAC), and docs/development/api-auth.md of Coop
    (RSASSA-PKCS1-v1_5 with SHA-256; the key is DER in base64).
    """
    if source == "mastodon":
        given = request.headers.get("x-hub-signature", "").encode("utf-8", "replace")
        body = request.read(MOST_BYTES)
        made = (hmac.new(key.encode(), body, "sha256").hexdigest() for key in keys.split())
        return any(hmac.compare_digest(b"sha256=" + each.encode(), given) for each in made)
    if source == "coop":
        signature, body = request.headers.get("coop-signature", ""), request.read(MOST_BYTES)
        return any(_verifies(key, signature, body) for key in keys.split())
    return False


def _verifies(key: str, signature: str, body: bytes) -> bool:
    """Return whether the signature of the body is that of a public key of RSA."""
    from cryptography.exceptions import InvalidSignature  # only signed requests pay for it
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    public = cast("RSAPublicKey", load_der_public_key(base64.b64decode(key)))
    try:
        public.verify(base64.b64decode(signature), body, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def problem(error: RequestError, **more: Any) -> dict[str, Any]:
    """Return an error in the form of RFC 9457, with its code for programs."""
    status = HTTPStatus(error.status)
    body = {"type": "about:blank", "title": status.phrase, "status": int(status)}
    body |= {"detail": error.detail or DETAILS[error.code], "code": error.code}
    headers = {"content_type": "application/problem+json"}
    headers |= {"retry_after": str(WINDOW_SECONDS)} if status == 429 else {}
    headers |= {"www_authenticate": "Bearer"} if status == 401 else {}
    return response(status, body | more, **headers)


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
    return lines.split(b"\n")


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
