"""The next set is made from the bytes that the pointer names, and from no others."""

from typing import Any

import msgspec
import pytest
from support.publish_world import MemoryObjects
from support.sample_posts import StandingClock

from ledger.closing import POINTER_KEY, put_in_force, set_key
from ledger.codes import OperatorError

IN_FORCE = "0" * 64


@pytest.mark.parametrize("stored", [{}, {set_key(IN_FORCE): b"{}"}], ids=["gone", "changed"])
def test_a_set_that_is_gone_or_changed_has_no_successor(stored: dict[str, bytes]) -> None:
    pointer = msgspec.json.encode({"set": IN_FORCE, "since": ""})
    objects: Any = MemoryObjects({POINTER_KEY: pointer, **stored})
    with pytest.raises(OperatorError, match="is gone"):
        put_in_force(objects, "public", lambda before: before or b"", StandingClock().now())
    assert objects.stored[POINTER_KEY] == pointer
