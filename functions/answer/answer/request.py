"""A request of a function URL or an HTTP API, and what is read from it."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any

import msgspec

MOST_BYTES = 100 * 1024
"""The most bytes of a question. Only 20,000 code points of it are read."""
WINDOW_SECONDS = 60
"""How long an asker waits after too many questions."""


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
    """The parts of an event (payload format 2.0) that are read.

    `route` is the key of the API's route, `$default` for the function URL. `caller` is the
    principal that signed the request, if AWS requires that. `address` only serves to count
    requests. None of it is kept.
    """

    route: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    caller: str
    address: str
    raw_body: Any
    is_encoded: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Request":
        """Read an event. It holds what AWS says, and strings that anyone may have written."""
        context = event.get("requestContext") or {}
        http = context.get("http") or {}
        iam = (context.get("authorizer") or {}).get("iam") or {}
        return cls(
            route=str(event.get("routeKey") or "$default"),
            method=str(http.get("method", "")),
            headers={str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()},
            query=event.get("queryStringParameters") or {},
            caller=principal_of(str(iam.get("userArn") or "")),
            address=network_of(str(http.get("sourceIp") or "")),
            raw_body=event.get("body") or "",
            is_encoded=bool(event.get("isBase64Encoded")),
        )

    @property
    def body(self) -> bytes:
        """Return at most `MOST_BYTES`. Raises RequestError if it is longer or cannot be decoded."""
        text = self.raw_body
        if not isinstance(text, str):
            raise RequestError(400, "no_json")
        if len(text) > MOST_BYTES * 2:  # too long even in base64, so it need not be decoded
            raise RequestError(413, "too_large")
        try:
            data = (
                base64.b64decode(text, validate=True)
                if self.is_encoded
                else text.encode("utf-8", "surrogatepass")
            )
        except (binascii.Error, ValueError):
            raise RequestError(400, "no_json") from None
        if len(data) > MOST_BYTES:
            raise RequestError(413, "too_large")
        return data


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


def network_of(address: str) -> str:
    """Return an IPv4 address, or the /64 of an IPv6 address: a household has all of those.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3::4"), network_of("")
    ('192.0.2.7', '2001:db8:1:2::', '')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address


def response(status: int, body: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    """Return a response of JSON. No cache may keep it."""
    always = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
    always["x-content-type-options"] = "nosniff"
    return {
        "statusCode": status,
        "headers": always | {name.replace("_", "-"): value for name, value in headers.items()},
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }
