"""What docs/cases.md tells an engineer is what the code does."""

import json
import re
from pathlib import Path

import msgspec

from cases.kinds import MESSAGE_TYPES, read_case_message
from ledger.codes import CaseCode, CaseRefusal

PAGE = (Path(__file__).parents[3] / "docs/cases.md").read_text("utf-8")


def first_cells() -> list[str]:
    return re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE)


def test_the_docs_list_every_type_and_every_code() -> None:
    assert sorted(first_cells()) == sorted(["type", *MESSAGE_TYPES, *map(str, CaseCode)])


def test_every_example_is_read() -> None:
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        said = json.loads(block)
        for message in said if isinstance(said, list) else [said]:
            assert not isinstance(read_case_message(msgspec.json.encode(message)), CaseRefusal)
