"""The messages in a file of a moderator, and an excerpt that is blurred."""

from pathlib import Path

import pytest

from ledger.codes import OperatorError
from terang.case_queue import read_messages
from terang.terminal import blur


def test_blurring_keeps_the_shape_of_wide_and_combining_text() -> None:
    assert blur("验证码 कि a\u0301") == "░░░░░░ ░░ ░"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param('{"id": "1"}', ["1"], id="one object"),
        pytest.param('[{"id": "1"},\n {"id": "2"}]', ["1", "2"], id="an array"),
        pytest.param('{"id": "1"}\n\n{"id": "2"}\n', ["1", "2"], id="lines"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_messages_are_read_in_each_of_their_shapes(
    tmp_path: Path, text: str, ids: list[str]
) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text)
    assert [one["id"] for one in read_messages(file)] == ids


@pytest.mark.parametrize("text", ["hello", '{"id": "1"}\n7', "[1]", "\xff"])
def test_a_file_that_holds_something_else_names_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "messages.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(OperatorError, match=r"messages\.json:[12]: not a JSON object"):
        read_messages(file)
    with pytest.raises(OperatorError, match="cannot read"):
        read_messages(tmp_path / "nowhere")
