"""Clients with the methods of boto3's, over services in memory; each call passes a transport."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

TOKENS = {"query": ("LastEvaluatedKey", "ExclusiveStartKey"),
          "scan": ("LastEvaluatedKey", "ExclusiveStartKey"),
          "list_objects_v2": ("NextContinuationToken", "ContinuationToken"),
          "list_object_versions": ("NextKeyMarker", "KeyMarker")}  # fmt: skip
"""What an answer with more pages carries, and how the next page is asked for."""


class Transport(Protocol):
    """What carries calls from a worker to AWS, and may lose them."""

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        """The answer to a call."""


class DirectTransport:
    """Carries every call without a fault."""

    def call(self, operation: str, perform: Callable[..., Any], params: dict[str, Any]) -> Any:
        return perform(**params)


class Client:
    """A client of one service. What the service cannot do is an AttributeError."""

    def __init__(self, service: Any, transport: Transport) -> None:
        self._service, self._transport = service, transport

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("__"):  # a copy asks before it has a service
            raise AttributeError(operation)
        perform = getattr(self._service, operation)

        def call(**params: Any) -> Any:
            return self._transport.call(operation, perform, params)

        return call

    def get_paginator(self, operation: str) -> "Paginator":
        return Paginator(getattr(self, operation), *TOKENS[operation])


@dataclass(frozen=True, slots=True)
class Paginator:
    """Pages of an operation, each a call of its own."""

    ask: Callable[..., Any]
    given: str
    asked: str

    def paginate(self, **params: Any) -> Iterator[Any]:
        page = self.ask(**params)
        yield page
        while self.given in page:
            page = self.ask(**params | {self.asked: page[self.given]})
            yield page
