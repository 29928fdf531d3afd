"""Check an identity token: who issued it, for whom, until when, and that it answers our request."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384")
"""Signatures with a public key. Never `none`, and never a shared secret: the key is public."""

LEEWAY_SECONDS = 60
TOKEN_LETTERS = 16_384

type Claims = Mapping[str, Any]


class TokenError(Exception):
    """A token that proves nothing. `code` says why, for the log; it holds nothing of the token."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class TokenChecks:
    """Checks identity tokens of one issuer for one client. `key` returns a public key by its id.

    Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725 (best practices for JWT).
    """

    issuer: str
    client_id: str
    key: Callable[[str], dict[str, Any] | None]

    def claims(self, token: str, nonce: str, now: datetime) -> Claims:
        """Return the claims of a token that answers the request with this nonce.

        Raises TokenError. `now` decides whether it has ended.
        """
        if len(token) > TOKEN_LETTERS:
            raise TokenError("too_long")
        claims = self._signed(token)
        seconds = now.timestamp()
        if not _number(claims.get("exp")) or claims["exp"] + LEEWAY_SECONDS <= seconds:
            raise TokenError("expired")
        if not _number(claims.get("iat")) or claims["iat"] - LEEWAY_SECONDS > seconds:
            raise TokenError("not_yet")
        if claims.get("token_use", "id") != "id":  # Cognito signs access tokens with the same keys
            raise TokenError("wrong_kind")
        if claims.get("azp", self.client_id) != self.client_id:
            raise TokenError("wrong_audience")
        given = claims.get("nonce")
        if not (isinstance(given, str) and hmac.compare_digest(given.encode(), nonce.encode())):
            raise TokenError("wrong_nonce")
        return claims

    def _signed(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise TokenError("wrong_algorithm")
            if str(header.get("typ", "JWT")).lower() not in {"jwt", "id_token+jwt"}:
                raise TokenError("wrong_kind")
            key = self.key(str(header.get("kid", "")))
            if key is None:
                raise TokenError("unknown_key")
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm=algorithm),
                algorithms=[algorithm],
                audience=self.client_id,
                issuer=self.issuer,
                # The time is checked above, by the stack's clock.
                options={
                    "require": ["exp", "iat", "iss", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidAudienceError:
            raise TokenError("wrong_audience") from None
        except jwt.InvalidIssuerError:
            raise TokenError("wrong_issuer") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenError("forged") from None
        return claims


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
