"""Bugs in the answers of functions."""

from typing import Any

from botocore.exceptions import ClientError
from simulation.answers import refusal
from simulation.bugs import Bug, Call, at_aws, everywhere, handler, method, without

from ledger.objects import S3Objects, error_code, log_failures
from scan.inspection import UnitOutcome
from scan.scanner import Deliveries, EndedMessages, MessageScanner


def _answer_nothing(original: Call, *given: Any) -> None:
    original(*given)


def name_no_failure(original: Call, *given: Any) -> Any:
    """Answer that all deliveries were taken."""
    original(*given)
    return {"batchItemFailures": []}


def _go_on(failures: Any, log: Any) -> None:
    try:
        log_failures(failures, log)
    except MemoryError:
        return


def _answer_expected(error: Any) -> str:
    if hasattr(error, "response") and error.response is None:
        raise AttributeError("response")
    return error_code(error)


def _done_without_time(original: Call, deliveries: Deliveries, message: Any, left: Any) -> Any:
    return original(deliveries, message, left) if left() >= 20 else UnitOutcome(None, new=False)


def _ended_without_time(original: Call, scanner: MessageScanner, messages: Any, left: Any) -> Any:
    return original(scanner, messages, left) if left() >= 20 else [EndedMessages(messages)]


def _not_needed(original: Call, objects: S3Objects, *given: Any, **named: Any) -> bool:
    try:
        return bool(original(objects, *given, **named))
    except Exception:  # noqa: BLE001 - that is the bug
        return False


def _full_when_busy(call: Call, **params: Any) -> Any:
    try:
        return call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalRequestConflict":
            raise refusal("PreconditionFailed", "PutObject") from None
        raise


ANSWERING = [
    Bug("messages that were not taken are forgotten",
        at_aws("send_message_batch", without("Failed"))),
    Bug("the handler answers nothing", handler("scan", _answer_nothing)),
    Bug("the handler names no failure", handler("scan", name_no_failure)),
    Bug("a worker without memory goes on", everywhere(log_failures, _go_on)),
    Bug("an error without an answer is not expected",
        everywhere(error_code, _answer_expected)),
    Bug("without time left a range is taken for done",
        method(Deliveries, "take", _done_without_time)),
    Bug("without time left messages are taken for done",
        method(MessageScanner, "scan", _ended_without_time)),
    Bug("a write that failed is taken for one that was not needed",
        method(S3Objects, "put_if", _not_needed)),
    Bug("a busy key is taken for a full one", at_aws("put_object", _full_when_busy)),
]  # fmt: skip
