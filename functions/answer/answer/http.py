"""A question as a function URL brings it: who asks, what, and why it is turned away."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.foreign_text import is_blank

MOST_BYTES = 100 * 1024
"""Bytes of a question. 20,000 code points of it are read, which no forwarded message exceeds."""


class Refused(Exception):  # noqa: N818 - an answer like others, not a fault
    """A question that gets no answer: the status of HTTP, and a code for programs."""

    def __init__(self, status: int, code: str):
        super().__init__(code)
        self.status, self.code = status, code


class Question(msgspec.Struct, frozen=True):
    """What somebody asks; `language` is that of the answer, by default that of the text."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of the event that are looked at; the asker's address is none of them."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    caller: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read an event of a function URL (payload format 2.0). Raises Refused.

        `caller` is the principal that signed the request, where the URL asks for that.
        """
        context = event.get("requestContext") or {}
        iam = (context.get("authorizer") or {}).get("iam") or {}
        text = event.get("body") or ""
        if not isinstance(text, str):
            raise Refused(400, "no_json")
        if len(text) > MOST_BYTES * 2:  # nothing that long is decoded only to be measured
            raise Refused(413, "too_large")
        return cls(
            method=str((context.get("http") or {}).get("method", "")),
            headers={str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()},
            body=_bytes(text, encoded=bool(event.get("isBase64Encoded"))),
            caller=principal_of(str(iam.get("userArn") or "")),
        )

    def question(self) -> Question:
        """The question. Raises Refused for what is none."""
        if self.method != "POST":
            raise Refused(405, "post_only")
        if len(self.body) > MOST_BYTES:
            raise Refused(413, "too_large")
        try:
            question = msgspec.json.decode(self.body, type=Question)
        except msgspec.ValidationError:
            raise Refused(400, "no_question") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Refused(400, "no_json") from None
        if is_blank(question.text):
            raise Refused(400, "no_text")
        return question


def principal_of(arn: str) -> str:
    """Return who stands behind a signature, by the ARN of the caller.

    Whoever assumes a role chooses the name of the session, and whoever asks for a federated user
    chooses its name. A quota by such a name would be as many quotas as there are names.

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
        raise Refused(400, "no_json") from None


def response(status: int, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """What a function URL sends back; nobody on the way keeps it."""
    told = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
    return {
        "statusCode": status,
        "headers": told | {name.replace("_", "-"): value for name, value in headers.items()},
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }
