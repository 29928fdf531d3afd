"""A request to the function URL: the asker, their quota, and the question."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from ledger.untrusted_text import is_blank

MOST_BYTES = 100 * 1024
"""The most bytes of a question. Only 20,000 code points of it are read."""
PARTNER, SECRET = "x-terang-partner", "x-terang-secret"
WINDOW_SECONDS = 60
_NO_DIGEST = "0" * 64


class RequestError(Exception):
    """A request that gets no answer, with the status of HTTP and a code for programs."""

    def __init__(self, status: int, code: str):
        super().__init__(code)
        self.status, self.code = status, code


class Question(msgspec.Struct, frozen=True):
    """A text to find checks for; `language` is that of the answer, by default the text's own."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of the event that are read. The asker's address is not one of them."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    caller: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read an event of a function URL (payload format 2.0). Raises RequestError.

        `caller` is the principal that signed the request, if the URL requires that.
        """
        context = event.get("requestContext") or {}
        iam = (context.get("authorizer") or {}).get("iam") or {}
        text = event.get("body") or ""
        if not isinstance(text, str):
            raise RequestError(400, "no_json")
        if len(text) > MOST_BYTES * 2:  # too long even in base64, so it need not be decoded
            raise RequestError(413, "too_large")
        return cls(
            method=str((context.get("http") or {}).get("method", "")),
            headers={str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()},
            body=_bytes(text, encoded=bool(event.get("isBase64Encoded"))),
            caller=principal_of(str(iam.get("userArn") or "")),
        )

    def question(self) -> Question:
        """Return the question. Raises RequestError if the request does not hold one."""
        if self.method != "POST":
            raise RequestError(405, "post_only")
        if len(self.body) > MOST_BYTES:
            raise RequestError(413, "too_large")
        try:
            question = msgspec.json.decode(self.body, type=Question)
        except msgspec.ValidationError:
            raise RequestError(400, "no_question") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RequestError(400, "no_json") from None
        if is_blank(question.text):
            raise RequestError(400, "no_text")
        return question


def principal_of(arn: str) -> str:
    """Return who signed a request, by the ARN of the caller.

    Sessions of an assumed role and federated users choose their own names. With a quota for each
    name, an asker could have any number of quotas.

    >>> principal_of("arn:aws:sts::123456789012:assumed-role/helpdesk/bot")
    'arn:aws:sts::123456789012:assumed-role/helpdesk'
    >>> principal_of("arn:aws:sts::123456789012:federated-user/anna")
    'arn:aws:sts::123456789012:federated-user'
    >>> principal_of("arn:aws:iam::123456789012:user/team/anna")
    'arn:aws:iam::123456789012:user/team/anna'
    """
    *account_parts, resource = arn.split(":", 5)
    account = ":".join(account_parts)
    kind, *names = resource.split("/")
    if kind == "assumed-role" and names:
        return f"{account}:{kind}/{names[0]}"
    return f"{account}:{kind}" if kind == "federated-user" else arn


def _bytes(text: str, *, encoded: bool) -> bytes:
    if not encoded:
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(400, "no_json") from None


def response(status: int, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """Return the response of a function URL. No cache may keep it."""
    always = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
    return {
        "statusCode": status,
        "headers": always | {name.replace("_", "-"): value for name, value in headers.items()},
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


@dataclass(frozen=True, slots=True)
class Partners:
    """Partners by id, each with the SHA-256 of its secret in hex; None if requests are signed.

    `secrets` is called for each request, and may cache its result.
    """

    secrets: Callable[[], Mapping[str, str]] | None

    def asker(self, request: Request) -> str:
        """Return who asks. Raises RequestError if they are unknown.

        An unknown partner and a wrong secret take the same time and get the same answer.
        """
        if self.secrets is None:
            if not request.caller:  # AWS lets nobody through without one
                raise RequestError(403, "not_known")
            return request.caller
        name = request.headers.get(PARTNER, "")
        given = sha256(request.headers.get(SECRET, "").encode()).hexdigest()
        known = self.secrets().get(name, _NO_DIGEST)
        if not hmac.compare_digest(given.encode(), known.encode()):
            raise RequestError(403, "not_known")
        return name


@dataclass(slots=True)
class RateLimit:
    """How often each asker may ask one worker within a minute.

    Nothing is stored, so the limit of all workers is up to `AnswerConcurrency` times as high.
    """

    most: int
    now: Callable[[], float]
    _began: float = 0.0
    _counted: dict[str, int] = field(default_factory=dict)

    def count(self, asker: str) -> None:
        """Count a request. Raises RequestError beyond the limit."""
        now = self.now()
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._counted = now, {}
        self._counted[asker] = self._counted.get(asker, 0) + 1
        if self._counted[asker] > self.most:
            raise RequestError(429, "too_often")
