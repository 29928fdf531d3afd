"""A set and a pack are read once, and are what they would be if each was read anew."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matcher import Pack, build_set
from rules.rule_set import KnownSets, SetError, read_set
from terang import ROOT


def shipped(paths: list[Path]) -> bytes:
    published_at = datetime(2026, 11, 1, tzinfo=UTC)
    packs = [Pack.parse(path.read_text(), path.name) for path in paths]
    return build_set(
        [msgspec.structs.replace(pack, published_at=published_at) for pack in packs],
        notice_hours=12,
    )


def with_providers(data: bytes, number: int) -> bytes:
    """The same packs under another digest, as each feed and each pause makes one."""
    made: dict[str, Any] = msgspec.json.decode(data)
    terms = {"packs": ["advance-fee"], "paused": [], "factchecks": True}
    made["providers"][f"acme-{number}"] = terms
    made["factchecks"] = f"{number:064x}"
    return msgspec.json.encode(made, order="sorted")


@pytest.fixture(scope="module")
def stored() -> dict[str, bytes]:
    """Many sets of the shipped packs, and one with fewer packs."""
    paths = sorted((ROOT / "packs").glob("*.yaml"))
    whole = shipped(paths)
    sets = {f"{number:08x}": with_providers(whole, number) for number in range(20)}
    return sets | {"first": shipped(paths[:3])}


def test_sets_are_what_they_would_be_if_each_was_parsed_as_a_whole(
    stored: dict[str, bytes],
) -> None:
    found = KnownSets().read(stored, stored.__getitem__)
    assert found == {digest: read_set(data) for digest, data in stored.items()}
    assert list(found) == list(stored)


def test_a_pack_is_kept_once_however_many_sets_hold_it(stored: dict[str, bytes]) -> None:
    found = KnownSets().read(stored, stored.__getitem__)
    kept = {id(pack) for published in found.values() for pack in published.packs}
    assert len(kept) == len({pack.id for pack in found["00000000"].packs}) > 10


def test_a_set_is_asked_for_once_and_one_that_is_gone_is_not_returned(
    stored: dict[str, bytes],
) -> None:
    known, asked = KnownSets(), list[str]()

    def get(digest: str) -> bytes:
        asked.append(digest)
        return stored[digest]

    known.read(["00000001", "first"], get)
    assert known.read(["00000002", "00000001"], get).keys() == {"00000001", "00000002"}
    assert asked == ["00000001", "first", "00000002"]


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"packs": 3}', b'{"packs": [{"id": "x"}]}', b'{"packs": [1'],
    ids=["nothing", "no object", "no packs", "half a pack", "broken off"],
)  # fmt: skip
def test_data_that_is_not_a_set_is_refused(data: bytes) -> None:
    with pytest.raises(SetError, match="not a set"):
        KnownSets().one("00000001", lambda _: data)
    with pytest.raises(SetError, match="not a set"):
        read_set(data)
