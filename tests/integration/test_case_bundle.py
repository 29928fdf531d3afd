"""A bundle of a decision: what is in it, what is left out, and the line in the journal."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from support.sample_messages import bundle, complaint, decision, outcome
from support.sample_posts import OTP, lines
from support.world import World

from cases.kinds import case_line
from ledger.cases import case_id
from terang.cli.review import bundle_files, case_history

WORDS = "It asks readers for a one-time code."


@pytest.fixture
def finding(world: World) -> str:
    world.scan(*world.take_in(lines(OTP)))
    name = world.open_findings()[0]
    world.decide(decision(name), complaint(), outcome())
    return name


def bundled(world: World, name: str, *, words: bool = False) -> dict[str, str]:
    outputs = {"OutBucket": world.out, "PublicBucket": world.public}
    remote: Any = SimpleNamespace(
        store=world.store, clock=world.clock, objects=world.objects, outputs=outputs
    )
    history = case_history(world.store, name)
    assert history is not None
    return {key: data.decode() for key, data in bundle_files(remote, history, words=words).items()}


@pytest.mark.parametrize("kind", ["finding", "decision", "complaint"])
def test_it_holds_everything_from_whichever_id_one_begins(
    world: World, finding: str, kind: str
) -> None:
    names = {"decision": "d-1", "complaint": "c-1"}
    files = bundled(world, case_id(kind, "acme", names[kind]) if kind in names else finding)
    made = case_id("decision", "acme", "d-1")
    expected = {f"acme/notices/{made}.{language}.txt" for language in ("en", "id", "zh")}
    expected |= {"index.html", "timeline.json"}
    assert expected <= files.keys()
    [statement] = [name for name in files if name.startswith("acme/decisions/")]
    assert json.loads(files[statement])["puid"] == made
    said = [entry["message"] for entry in json.loads(files["timeline.json"])]
    assert said == ["d-1", "c-1", "o-1"]
    page = files["index.html"]
    for word in ("codes/asks-for-code, version 3", "confirmed", "overturned", finding):
        assert word in page


def test_the_pack_as_it_was_published_and_its_page_are_in_it(world: World, finding: str) -> None:
    for kind in ("html", "yaml"):
        world.objects.put(world.public, f"packs/codes/3.{kind}", b"as published")
    files = bundled(world, finding)
    assert {"packs/codes/3.html", "packs/codes/3.yaml"} <= files.keys()
    assert 'href="packs/codes/3.html#asks-for-code"' in files["index.html"]


@pytest.mark.parametrize("words", [False, True])
def test_words_are_in_it_only_if_asked_for(world: World, finding: str, *, words: bool) -> None:
    files = bundled(world, finding, words=words)
    for name in ("index.html", "timeline.json"):
        assert (WORDS in files[name]) is words, name
    assert ("SEND ME" in files["index.html"].upper()) is words


def test_what_cannot_be_proved_says_why(world: World, finding: str) -> None:
    assert "None: there is no log/checkpoint here" in bundled(world, finding)["index.html"]


def test_a_reason_cannot_become_markup(world: World) -> None:
    world.scan(*world.take_in(lines(OTP)))
    name = world.open_findings()[0]
    world.decide(decision(name, reason="<script>alert(1)</script>"))
    page = bundled(world, name, words=True)["index.html"]
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_journal_has_a_line_without_a_number_and_names_no_reader(
    world: World, finding: str
) -> None:
    [taken] = world.decide(bundle())
    assert taken.status == "taken"
    day = world.clock.now().date().isoformat()
    [entry] = [each for each in world.store.journal_entries("acme", day) if each.type == "bundle"]
    assert (entry.made_by, entry.decision) == ("m-9", case_id("decision", "acme", "d-1"))
    line = case_line(1, entry, {"m-9": "a"})
    assert (line.type, line.moderator, line.about) == ("bundle", "", "")
    history = case_history(world.store, finding)
    assert history is not None
    assert "bundle" not in [each.journal_entry.type for each in history.entries]


def test_a_bundle_of_an_unknown_decision_waits(world: World) -> None:
    assert [each.status for each in world.decide(bundle(decision="d-9"))] == ["waiting"]
