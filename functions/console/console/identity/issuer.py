"""The OpenID Connect issuer: its configuration, its keys, and the token for a code."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import OperatorError

KEPT_SECONDS = 3_600
"""How long the configuration and the keys are used before they are read again."""

FRESH_SECONDS = 60
"""How long the keys are not read again for a key that they lack: anybody can name one."""

MOST_BYTES = 256 * 1024
TIMEOUT_SECONDS = 5

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


class IssuerError(OperatorError):
    """The issuer did not answer, or not as OpenID Connect says."""


class CodeRefusedError(Exception):
    """The issuer does not take this code: it is used, too old, or not ours."""


type Fetch = Callable[[str, Mapping[str, str] | None], dict[str, Any]]
"""Gets an address, or posts a form to it, and returns the JSON object that it answers."""


def fetch_json(url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Get or post over HTTPS. Raises CodeRefusedError for a 400, IssuerError for other failures."""
    check_address(url)
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data, {"Accept": "application/json"})  # noqa: S310
    try:
        with _OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
            body = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if form is not None and error.code in {400, 401}:
            raise CodeRefusedError from None
        raise IssuerError(f"the issuer answered {error.code}") from None
    except OSError as error:
        raise IssuerError(f"the issuer did not answer: {type(error).__name__}") from None
    try:
        fields = json.loads(body) if len(body) <= MOST_BYTES else None
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise IssuerError("the issuer answered with no JSON object")
    return fields


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: an address of the issuer must not lead elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def check_address(url: str) -> None:
    """Raise IssuerError unless an address is HTTPS, or HTTP on loopback as on the local stack."""
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.rpartition("@")[2].partition(":")[0]
    is_loopback = host in _LOOPBACK or host.endswith(".localhost")
    if not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
        raise IssuerError("the issuer has an address without HTTPS")


@dataclass(slots=True)
class Issuer:
    """The issuer as its own configuration describes it, read once an hour.

    `discovery` is the address of the configuration; empty for the usual one under the issuer.
    Source: OpenID Connect Discovery 1.0, section 4; RFC 7636 (PKCE).
    """

    issuer: str
    client_id: str
    discovery: str = ""
    client_secret: Callable[[], str] | None = None
    fetch: Fetch = fetch_json
    now: Callable[[], float] = time.monotonic
    _configuration: tuple[float, dict[str, Any]] | None = field(default=None)
    _keys: tuple[float, dict[str, Any]] | None = field(default=None)

    def sign_in_address(self, redirect: str, state: str, nonce: str, challenge: str) -> str:
        """Return the address at the issuer where somebody signs in for this client."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._address('authorization_endpoint')}?{urllib.parse.urlencode(query)}"

    def sign_out_address(self, back: str) -> str:
        """Return the address that ends the session at the issuer; empty if it names none."""
        if not self.configuration().get("end_session_endpoint"):
            return ""
        # `logout_uri` is what Cognito asks for, the other is the standard's.
        query = {
            "client_id": self.client_id,
            "post_logout_redirect_uri": back,
            "logout_uri": back,
        }
        return f"{self._address('end_session_endpoint')}?{urllib.parse.urlencode(query)}"

    def exchange(self, code: str, verifier: str, redirect: str) -> str:
        """Return the identity token for a code. Raises CodeRefusedError."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        if self.client_secret is not None:
            form["client_secret"] = self.client_secret()
        token = self.fetch(self._address("token_endpoint"), form).get("id_token")
        if not isinstance(token, str):
            raise IssuerError("the issuer gave no identity token")
        return token

    def key(self, name: str) -> dict[str, Any] | None:
        """Return a public key of the issuer by its id, or None."""
        found = _key_of(self._key_set(KEPT_SECONDS), name)
        # The issuer may have changed its keys since they were read.
        return found or _key_of(self._key_set(FRESH_SECONDS), name)

    def configuration(self) -> dict[str, Any]:
        """Return the issuer's configuration. Raises IssuerError if it is another issuer's."""
        if self._configuration is None or self.now() - self._configuration[0] > KEPT_SECONDS:
            url = self.discovery or f"{self.issuer}/.well-known/openid-configuration"
            read = self.fetch(url, None)
            if read.get("issuer") != self.issuer:
                raise IssuerError("the configuration is another issuer's")
            self._configuration = self.now(), read
        return self._configuration[1]

    def _address(self, name: str) -> str:
        url = self.configuration().get(name)
        if not isinstance(url, str):
            raise IssuerError(f"the configuration names no {name}")
        check_address(url)
        return url

    def _key_set(self, kept: int) -> dict[str, Any]:
        if self._keys is None or self.now() - self._keys[0] > kept:
            self._keys = self.now(), self.fetch(self._address("jwks_uri"), None)
        return self._keys[1]


def _key_of(keys: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    listed = keys.get("keys")
    for key in listed if isinstance(listed, list) else ():
        if isinstance(key, dict) and key.get("kid") == name and key.get("use", "sig") == "sig":
            return key
    return None
