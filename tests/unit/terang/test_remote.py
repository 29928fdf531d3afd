"""A stack that cannot be reached: what somebody is told who has just installed this."""

from pathlib import Path

import boto3
import pytest

from ledger.errors import OperatorError
from terang.remote import Remote


def test_the_error_without_credentials_names_what_a_stack_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(OperatorError, match="needs credentials and AWS_DEFAULT_REGION") as told:
        Remote.find("terang")
    assert "terang run --keep" in str(told.value)
