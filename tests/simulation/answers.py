"""How AWS says no: the exceptions that boto3 raises, made of the codes that AWS documents."""

from typing import Any

from botocore.exceptions import ClientError, ParamValidationError


def refusal(code: str, operation: str, **more: Any) -> ClientError:
    """The error of a call that AWS refused."""
    return ClientError({"Error": {"Code": code, "Message": code}} | more, operation)  # type: ignore[arg-type]


def cancelled(codes: list[str]) -> ClientError:
    """The error of a transaction: a reason for each action, `None` for those that were well."""
    reasons = [{"Code": code} for code in codes]
    code = "TransactionCanceledException"
    return refusal(code, "TransactWriteItems", CancellationReasons=reasons)


def invalid(operation: str, what: str) -> ClientError:
    """The error of a call that breaks a documented limit."""
    error = refusal("ValidationException", operation)
    error.response["Error"]["Message"] = what
    return error


def unknown_parameters(operation: str, names: set[str]) -> ParamValidationError:
    """The error of a call with parameters that nobody taught this AWS."""
    return ParamValidationError(report=f"{operation} takes no {', '.join(sorted(names))} here")
