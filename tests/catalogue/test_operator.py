"""Row O4: code that went back does not guess at what a later release wrote."""

from collections.abc import Callable

import pytest
from support.erased_world import publish_all
from support.sample_messages import decision
from support.sample_posts import OTP, lines
from support.world import World

from ledger.codes import SchemaNewerError

FILE = lines(OTP, "The market opens at nine", "It is dry", OTP)


def published(world: World) -> dict[str, bytes]:
    """What everybody can read, by its key."""
    keys = world.objects.keys(world.public, "")
    return {key: world.objects.get(world.public, key) or b"" for key in keys}


def write_a_later_form(patched: pytest.MonkeyPatch) -> None:
    """Read and write all records as a later release may do."""
    patched.setattr("ledger.table.SCHEMA", 2)


def test_o4_code_that_went_back_waits_for_the_later_release(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever meets a row of the other form fails and comes again; then all is as if never."""
    straight = new_world(range_bytes=200)
    straight.scan(*straight.take_in(FILE))
    publish_all(straight)
    world = new_world(range_bytes=200)
    units = world.take_in(FILE)
    with monkeypatch.context() as patched:
        write_a_later_form(patched)
        world.scan(units[0])
    [finding] = world.open_findings()
    before = published(world)
    for work in (
        lambda: world.scan(units[0]),
        lambda: world.scan(*units[1:]),
        lambda: world.decide(decision(finding)),
        lambda: publish_all(world),
    ):
        with pytest.raises(SchemaNewerError, match="form 2, and this release reads forms up to 1"):
            work()
    assert published(world) == before
    write_a_later_form(monkeypatch)
    world.scan(*units)
    publish_all(world)
    assert published(world) == published(straight)
