"""`terang erase` where there is nothing to erase from."""

from typing import NoReturn

import pytest

from terang import InputError
from terang.cli import main
from terang.remote import Remote


def test_a_stack_that_cannot_be_found_is_not_taken_for_work_half_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was done, and repeating it does not help: a mistyped name is wrong usage."""

    def find(name: str) -> NoReturn:
        raise InputError(f"cannot read the stack {name}: it does not exist")

    monkeypatch.setattr(Remote, "find", find)
    asked = ["erase", "--provider", "acme", "--account", "zzz-account", "--stack", "nosuch"]
    assert main(asked) == 2
    told = capsys.readouterr().err
    assert "cannot read the stack nosuch" in told
    assert "repeat" not in told
    assert "zzz-account" not in told


@pytest.mark.parametrize(
    ("provider", "account", "told"),
    [
        ("Big Co", "ana", 'Invalid value "Big Co" for --provider'),
        ("acme", "", "--account has 0 characters; allowed: 1 to 200"),
        ("acme", "zzz" * 99, "--account has 297 characters; allowed: 1 to 200"),
    ],
    ids=["provider", "nobody", "too long"],
)
def test_arguments_that_contradict_each_other_are_named(
    capsys: pytest.CaptureFixture[str], provider: str, account: str, told: str
) -> None:
    """The message gives the length of the account, which must not be on a screen or in a log."""
    assert main(["erase", "--provider", provider, "--account", account]) == 2
    found = capsys.readouterr().err
    assert told in found
    assert "zzz" not in found
