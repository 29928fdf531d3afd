"""The DSA Transparency Database's API for statements of reasons, as a provider meets it.

Source: the database's API, schema of 2025-07-01: 201 when all of a batch was taken, else 422 and
nothing was; `errors` by `statement_<n>`, or `existing_puids`.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import urllib3

from ledger.errors import OperatorError

TRIES = 6
"""Tries of one request that was held back (429) or got no answer; each waits twice as long."""

_LONGEST_PAUSE_SECONDS = 120.0
_TIMEOUT = urllib3.Timeout(connect=10, read=60)


class ApiError(OperatorError):
    """The database will not take anything now: the token, the address, or the database itself."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch.

    `taken` are the database's records by puid. Where it is empty nothing was taken: `existing`
    puids had come before, `refused` says by place in the batch (from 0) which fields were wrong.
    """

    taken: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    existing: frozenset[str] = frozenset()
    refused: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SorApi:
    """Sends batches to one address; waits out 429 and faults of the network."""

    address: str
    token: str = field(repr=False)
    pause: Callable[[float], None] = time.sleep
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT)
    )

    def send(self, batch: Sequence[Mapping[str, Any]]) -> Answer:
        """Send 1 to 100 statements, as long as it takes; whether they were taken, or why not.

        A try whose answer was lost is safe to repeat: the database knows puids that it has.

        Raises ApiError where another try makes no sense, or after TRIES of them.
        """
        body = msgspec.json.encode({"statements": batch})
        for attempt in range(TRIES):
            try:
                response = self._post(body)
            except urllib3.exceptions.HTTPError as error:
                said, wait = type(error).__name__, None
            else:
                if response.status in (201, 422):
                    return _answer(batch, response.status, response.data)
                said, wait = f"HTTP {response.status}", response.headers.get("Retry-After")
                if response.status != 429 and response.status < 500:
                    raise ApiError(f"{self.address} answered {said}: {_why(response.status)}")
            if attempt + 1 < TRIES:
                self.pause(_seconds(wait, attempt))
        raise ApiError(f"{self.address} took nothing in {TRIES} tries; the last said {said}")

    def _post(self, body: bytes) -> urllib3.BaseHTTPResponse:
        return self.pool.request(
            "POST",
            f"{self.address.rstrip('/')}/api/v1/statements",
            body=body,
            redirect=False,  # a redirect would carry the token elsewhere
            headers={
                "Authorization": f"Bearer {self.token}",
                "Accept": "application/json",
                "Content-Type": "application/json",
            },
        )


def _answer(batch: Sequence[Mapping[str, Any]], status: int, data: bytes) -> Answer:
    try:
        said = msgspec.json.decode(data, type=dict[str, Any])
        if status == 201:
            return Answer(taken={str(one["puid"]): one for one in said["statements"]})
        errors = dict(said.get("errors") or {})
        existing = frozenset(map(str, errors.pop("existing_puids", ())))
        if "existing" in said:
            existing |= {str(said["existing"]["puid"])}
            errors.pop("puid", None)
        refused = {int(key.removeprefix("statement_")): value for key, value in errors.items()}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise ApiError(f"HTTP {status} with a body that is none of the API's") from error
    known = {str(one["puid"]) for one in batch}
    if not (refused or existing & known) or not all(0 <= n < len(batch) for n in refused):
        raise ApiError(f"HTTP {status} that names no statement of the batch")
    return Answer(existing=existing, refused=refused)


def _why(status: int) -> str:
    reasons = {401: "it does not know the token", 403: "the token may not send statements"}
    return reasons.get(status, "is this the address of the API?")


def _seconds(wait: str | None, attempt: int) -> float:
    """How long to wait: what was asked for, else doubling with jitter."""
    if wait and wait.isdigit():
        return min(float(wait), _LONGEST_PAUSE_SECONDS)
    longest = min(2.0**attempt, _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter keeps no secret
