"""What functions share that anybody may call: requests, limits, and forms without a script.

A request comes from a function URL or an HTTP API. Who sends it is a partner with a secret, or is
only counted. Nothing of it is kept here. Pages are in the language of the browser.
"""

import base64
import hmac
import json
import os
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import blake2b, sha256
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from jinja2 import Environment
from markupsafe import Markup

from ledger.codes import logged
from ledger.texts import replace_controls
from phrases import LANGUAGES, NAMES, of, page_engine

MOST_BYTES = 100 * 1024
"""The most bytes of a request."""
WINDOW_SECONDS = 60
"""How long somebody waits after too many requests."""

MOST_FIELDS = 20

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "stranger.css").read_text("utf-8")
_STYLE_DIGEST = base64.b64encode(sha256(STYLE.encode()).digest()).decode()

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Sent with every page. Source: OWASP ASVS 5.0, 3.4."""


class RequestError(Exception):
    """A request that gets no answer, with the status of HTTP and a code for programs.

    `detail` is for people: what was received, and what is allowed.
    """

    def __init__(self, status: int, code: str, detail: str = ""):
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of an event (payload format 2.0) that are read.

    `route` is the key of the API's route, `$default` for the function URL, and `path` has its
    parameters. `caller` is the principal that signed the request, if AWS requires that. `address`
    only serves to count requests. None of it is kept.
    """

    route: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: Mapping[str, str]
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
            path=event.get("pathParameters") or {},
            caller=principal_of(str(iam.get("userArn") or "")),
            address=network_of(str(http.get("sourceIp") or "")),
            raw_body=event.get("body") or "",
            is_encoded=bool(event.get("isBase64Encoded")),
        )

    @property
    def body(self) -> bytes:
        """Return at most `MOST_BYTES`. Raises RequestError if it is longer or cannot be decoded."""
        return self.read(MOST_BYTES)

    def read(self, most: int) -> bytes:
        """Return the body. Raises RequestError for more bytes, or if it cannot be decoded."""
        text = self.raw_body
        if not isinstance(text, str):
            raise RequestError(400, "no_json")
        if len(text) > most * 2:  # too long even in base64, so it need not be decoded
            raise RequestError(413, "too_large")
        data = text.encode("utf-8", "surrogatepass")
        if self.is_encoded:
            try:
                data = base64.b64decode(text, validate=True)
            except ValueError:
                raise RequestError(400, "no_json") from None
        if len(data) > most:
            raise RequestError(413, "too_large")
        return data

    @property
    def form(self) -> dict[str, str]:
        """Return the fields of a form, of each name the first. Raises RequestError."""
        try:
            pairs = parse_qsl(
                self.body.decode(), keep_blank_values=True, errors="strict",
                max_num_fields=MOST_FIELDS,
            )  # fmt: skip
        except ValueError:
            raise RequestError(400, "no_text") from None
        return dict(reversed(pairs))

    @property
    def language(self) -> str:
        """Return the language that somebody chose, else the first that the browser wants.

        The tags of Accept-Language are read in their order: the preferred one comes first.
        """
        wanted = self.headers.get("accept-language", "")[:200].split(",")
        chosen = str(self.query.get("language", ""))
        return supported(chosen, *(tag.partition(";")[0] for tag in wanted))


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


type Secrets = Callable[[], Mapping[str, str]]
"""Returns the SHA-256 of each partner's secret in hex, by the partner's id.

A provider's secrets for HTTP are there too, by names with a slash (`ledger.keys`).
"""

NOBODY = "0" * 64
"""A digest that no secret has."""


def partners_in(secret: str) -> dict[str, str]:
    """Return the partners that a secret of Secrets Manager holds, at most five minutes old."""
    known: dict[str, str] = parameters.get_secret(secret, transform="json", max_age=300)
    return known


def holds(known: str, secret: str) -> bool:
    """Return whether one of these digests, with blanks between them, is that of the secret."""
    given = sha256(secret.encode("utf-8", "surrogatepass")).hexdigest().encode()
    return any(hmac.compare_digest(given, each.encode()) for each in known.split())


def admit(secrets: Secrets, partner: str, secret: str) -> None:
    """Raise RequestError unless the partner is known and the secret is its own.

    An unknown partner and a wrong secret take the same time and get the same answer. A provider's
    secret for HTTP makes nobody a partner.
    """
    known = NOBODY if "/" in partner else secrets().get(partner, NOBODY)
    if not holds(known, secret):
        raise RequestError(403, "not_known")


@dataclass(slots=True)
class RateLimit:
    """How often each asker may call one worker within a minute.

    An asker is counted under a digest whose key is drawn each minute and never leaves the
    worker. Nothing is stored, so the limit of all workers together is higher.
    """

    most: int
    now: Callable[[], float]
    _began: float = float("-inf")
    _key: bytes = b""
    _counted: dict[bytes, int] = field(default_factory=dict)

    def count(self, asker: str) -> None:
        """Count a request. Raises RequestError beyond the limit."""
        now = self.now()
        if now - self._began >= WINDOW_SECONDS:
            self._began, self._key, self._counted = now, os.urandom(16), {}
        name = asker.encode("utf-8", "surrogatepass")
        digest = blake2b(name, key=self._key, digest_size=16).digest()
        self._counted[digest] = self._counted.get(digest, 0) + 1
        if self._counted[digest] > self.most:
            raise RequestError(429, "too_often")


def supported(*tags: str) -> str:
    """Return the first language of these tags that has phrases, else English.

    >>> supported("fr", "zh-Hans", "id"), supported("")
    ('zh', 'en')
    """
    primary = (tag.strip().lower().replace("_", "-").partition("-")[0] for tag in tags)
    return next((language for language in primary if language in LANGUAGES), "en")


def page_response(request: Request, page: str, error: RequestError | None = None) -> dict[str, Any]:
    """Return a page as a response, with the status of the error that it tells of."""
    later = {"retry-after": str(WINDOW_SECONDS)} if error and error.status == 429 else {}
    if request.headers.get("x-forwarded-proto") == "https":
        later["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return {
        "statusCode": error.status if error else 200,
        "headers": HEADERS | {"content-language": request.language} | later,
        "body": page,
        "isBase64Encoded": False,
    }


def log_failure(error: Exception, logger: Logger, metrics: Metrics, metric: str) -> None:
    """Log the kind of an error and its place, never its words, which could quote somebody."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    logger.error("failed", extra={**logged(error), "at_line": place})
    metrics.add_metric(metric, MetricUnit.Count, 1)


@cache
def form_pages(templates: Path, language: str) -> Environment:
    """Return the template engine of a language: everything that a stranger wrote is escaped."""
    words = of(language)
    clean = partial(replace_controls, keep="\r\n\t")
    engine = page_engine([templates, TEMPLATES], words, clean)
    engine.globals |= {
        "languages": {code: NAMES[code] for code in LANGUAGES},
        "style": Markup(STYLE),  # noqa: S704 # nosec B704 - our own file
    }
    return engine
