"""What a run says to people."""

from pathlib import Path

import pytest
from support.publish_world import sample_receipt

from terang.cli.run import print_run
from terang.console import Screen
from terang.trial.trial import RunResult


@pytest.mark.parametrize(("found", "shown"), [({"a/1/r/live": 2}, True), ({}, False)])
def test_a_table_is_shown_where_something_was_found(
    found: dict[str, int], shown: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_run(RunResult("acme", [sample_receipt(by_rule=found)], [], [], None), Screen(), tmp_path)
    told = capsys.readouterr().out
    assert ("what was found" in told) == shown
    assert "posts inspected" in told
