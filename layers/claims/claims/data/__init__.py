"""The published lists and weights, as JSON and text files.

They import nothing; `read` and `read_json` load them. Start with `topics.json`.
"""

import json
from importlib import resources
from typing import Any


def read(name: str) -> bytes:
    """Return the bytes of a file in this folder."""
    return resources.files(__name__).joinpath(name).read_bytes()


def read_json(name: str) -> Any:
    """Return the decoded content of a JSON file in this folder."""
    return json.loads(read(name))
