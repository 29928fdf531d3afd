"""An issuer in memory with a real key, and a console over moto that trusts it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from console.application import CodeRefusedError
from desk.desk_pages import CARE_COOKIE

ISSUER, CLIENT, ORIGIN = "https://issuer.example/pool", "client-1", "https://console.example"


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


KEY, OTHER_KEY = make_key(), make_key()


def jwk(key: rsa.RSAPrivateKey, name: str = "k1", **changes: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return public | {"kid": name, "use": "sig"} | changes


def claims_at(now: datetime, **changes: Any) -> dict[str, Any]:
    """The claims of a good token; `...` leaves one out."""
    seconds = int(now.timestamp())
    good = {
        "iss": ISSUER, "aud": CLIENT, "sub": "s-1", "iat": seconds, "exp": seconds + 300,
        "nonce": "n-1", "token_use": "id", "cognito:username": "m-7",
        "cognito:groups": ["acme/moderator"],
    }  # fmt: skip
    return {name: value for name, value in (good | changes).items() if value is not ...}


def signed(
    claims: Mapping[str, Any], key: Any = KEY, algorithm: str = "RS256", **header: Any
) -> str:
    return jwt.encode(dict(claims), key, algorithm, headers={"kid": "k1"} | header)


@dataclass
class Watch:
    """A clock of seconds that goes on when it is told."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class MemoryIssuer:
    """An issuer that signs in whoever comes; each code works once and wants its verifier."""

    now: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(KEY)])
    asked: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def authorize(self, address: str) -> str:
        """Somebody signs in at this address; the query that the browser comes back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return urlencode({"code": code, "state": query["state"]})

    def fetch(self, url: str, form: Mapping[str, str] | None) -> dict[str, Any]:
        self.asked.append(url)
        if url.endswith("/.well-known/openid-configuration"):
            return {"issuer": ISSUER, "authorization_endpoint": "https://issuer.example/authorize",
                    "token_endpoint": "https://issuer.example/token",
                    "jwks_uri": "https://issuer.example/keys",
                    "end_session_endpoint": "https://issuer.example/logout"}  # fmt: skip
        if url.endswith("/keys"):
            return {"keys": self.keys}
        return self._token(form or {})

    def _token(self, form: Mapping[str, str]) -> dict[str, Any]:
        asked = self.codes.pop(form["code"], None)
        self.secrets += [form["client_secret"]] if "client_secret" in form else []
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            raise CodeRefusedError
        challenge = jwt.utils.base64url_encode(
            sha256(form["code_verifier"].encode()).digest()
        ).decode()
        if challenge != asked["code_challenge"]:
            raise CodeRefusedError
        claims = claims_at(self.now, nonce=asked["nonce"]) | self.changes
        return {"id_token": signed({k: v for k, v in claims.items() if v is not ...})}


@dataclass
class Browser:
    """Holds cookies and asks the console, as an HTTP API would hand on what it asks."""

    respond: Any
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, query: str = "") -> dict[str, Any]:
        return self._ask("GET", path, query, "", {})

    def post(self, path: str, form: Mapping[str, str], origin: str = ORIGIN) -> dict[str, Any]:
        headers = {"origin": origin, "content-type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, "", urlencode(form), headers)

    def _ask(self, method: str, path: str, query: str, body: str,
             headers: dict[str, str]) -> dict[str, Any]:  # fmt: skip
        fields = {name: ",".join(values) for name, values in parse_qs(query).items()}
        event = {"version": "2.0", "rawPath": path, "rawQueryString": query,
                 "queryStringParameters": fields,
                 "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
                 "headers": self.headers | headers, "body": body, "isBase64Encoded": False,
                 "requestContext": {"http": {"method": method, "path": path},
                                    "stage": "$default"}}  # fmt: skip
        answer: dict[str, Any] = self.respond(event)
        for line in answer.get("cookies", ()):
            for name, morsel in SimpleCookie(line).items():
                if name == CARE_COOKIE:  # comfort: nothing that anybody may not know
                    continue
                assert name.startswith("__Host-")
                assert all((morsel["secure"], morsel["httponly"]))
                assert (morsel["path"], morsel["samesite"]) == ("/", "Lax")
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer
