"""Sets: one document for all providers, never changed, read once, and what runs of it when."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs
from support.sample_packs import CARD, PACK, SCORED

from ledger.texts import utc
from matcher import (
    FOLD_VERSION,
    Ground,
    Matcher,
    Mode,
    Pack,
    Paused,
    ProviderSettings,
    RuleSet,
    SetError,
    build_set,
    digest_of,
    load_set,
)
from rules import rule_set
from rules.law import deciding
from rules.pinned import FACTCHECKS, rule_digest
from rules.rule_set import Adopted, Evidence, KnownSets, read_set
from terang import ROOT

PUBLISHED = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 10, 12, tzinfo=UTC)


def pack_named(name: str, **more: object) -> Pack:
    pack = structs.replace(Pack.parse(PACK, "otp.yaml"), id=name, published_at=PUBLISHED)
    return structs.replace(pack, **more)


PACKS = [pack_named("law-b"), pack_named("law-a"), pack_named("house", ground=Ground.TERMS)]
PAUSE = Paused("law-a/asks-for-code", "2026-11-05T00:00:00Z", "Too many wrong hits.")
PROVIDERS = {"chosen": ProviderSettings(packs=("house", "law-a")),
             "paused": ProviderSettings(paused=(PAUSE,))}  # fmt: skip


def made() -> RuleSet:
    return load_set(build_set(PACKS, notice_hours=72, providers=PROVIDERS))


def ids(rule_set: RuleSet, provider: str) -> list[str]:
    return [pack.id for pack in rule_set.for_provider(provider, LATER, public=True).packs]


def test_a_set_comes_back_as_it_was_built() -> None:
    rule_set = made()
    assert rule_set.packs == tuple(sorted(PACKS, key=lambda pack: pack.id))
    assert rule_set.providers == PROVIDERS
    assert (rule_set.notice_hours, rule_set.fold) == (72, FOLD_VERSION)


def test_a_set_of_another_effort_proposes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a post may take decides what is found of it; a set that names none means the first."""
    with monkeypatch.context() as before:
        before.setattr(rule_set, "EFFORT_VERSION", 1)
        first = build_set(PACKS, notice_hours=0)
        assert b'"effort"' not in first
        assert not load_set(first).for_provider("any", LATER, public=True).shadowed
    second = build_set(PACKS, notice_hours=0)
    assert load_set(second).effort == 3
    assert not load_set(second).for_provider("any", LATER, public=True).shadowed
    shadowed = load_set(first).for_provider("any", LATER, public=True).shadowed
    assert set(shadowed.values()) == {"effort"}


def test_scores_of_a_set_of_another_law_run_in_shadow() -> None:
    """A law decides findings, so no adoption lifts that; a set that names none means the first."""
    unread = SCORED.replace("rules:\n", f"{CARD[: CARD.index('  read:')]}rules:\n")
    scored = structs.replace(Pack.parse(unread, "otp.yaml"), published_at=PUBLISHED)
    [rule] = scored.rules
    adopted = Adopted("one-time-codes/asks-for-code", 3, rule_digest(scored, rule), "all",
                      "2026-11-01T00:00:00Z", Evidence())  # fmt: skip
    here = {"acme": ProviderSettings(live_here=(adopted,))}
    data = build_set([scored], notice_hours=0, providers=here)
    assert load_set(data).law == 2
    assert not load_set(data).for_provider("acme", LATER, public=True).shadowed
    for other in (b'"law":3,', b""):
        changed = load_set(data.replace(b'"law":2,"matching"', other + b'"matching"'))
        selection = changed.for_provider("acme", LATER, public=True)
        assert selection.shadowed == {adopted.rule: "law"}
        assert {pack.mode_of(rule) for pack in selection.packs for rule in pack.rules} == {"shadow"}


def test_the_same_content_gives_the_same_bytes() -> None:
    again = dict(reversed(PROVIDERS.items()))
    assert build_set(PACKS, notice_hours=72, providers=PROVIDERS) == build_set(
        reversed(PACKS), notice_hours=72, providers=again
    )


def test_a_set_is_canonical_json_that_shows_its_packs() -> None:
    data = build_set(PACKS, notice_hours=72, providers=PROVIDERS)
    plain = json.loads(data)
    canonical = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert data.decode() == canonical
    [pack, *_] = plain["packs"]
    assert pack["published_at"] == "2026-11-01T12:00:00Z"
    assert pack["in_force"] == {"from": "2026-11-01", "until": "2027-04-30"}
    assert pack["rules"][0]["all"] == [["otp", "login code"], ["send me"]]
    assert pack["rules"][0]["except"] == ["otp bank"]
    paused = {"packs": None, "paused": [structs.asdict(PAUSE)], "factchecks": False,
              "live_here": []}  # fmt: skip
    assert plain["providers"]["paused"] == paused


def test_the_digest_is_checked() -> None:
    data = build_set(PACKS, notice_hours=72)
    assert load_set(data, digest_of(data)) == load_set(data)
    with pytest.raises(SetError, match="it was changed or mixed up"):
        load_set(data + b" ", digest_of(data))


BROKEN = {
    "another format": ('"format":1', '"format":3', "the set has format 3; this code reads 1 and 2"),
    "no format": ('"format":1,', "", "not a set"),
    "no notice": ('"notice_hours":72,', "", "not a set"),
    "no JSON": ("{", "[", "not a set"),
    "an unknown mode": ('"severity":"high"', '"severity":"urgent"', "not a set"),
    "no day of publication": (',"published_at":"2026-11-01T12:00:00Z"', "", "lacks `published_at`"),
}


@pytest.mark.parametrize(("old", "new", "message"), BROKEN.values(), ids=BROKEN)
def test_a_set_that_cannot_run_is_refused(old: str, new: str, message: str) -> None:
    data = build_set(PACKS, notice_hours=72).decode()
    assert old in data
    with pytest.raises(SetError, match=message):
        load_set(data.replace(old, new).encode())


@pytest.mark.parametrize(("old", "new"),
    [(b'"title":"', b'"title":"\x94'), (b'"format":1', b'"deep":' + b"[" * 100_000)],
    ids=["bytes that are no UTF-8", "brackets without end"])  # fmt: skip
def test_bytes_that_no_parser_takes_are_no_set(old: bytes, new: bytes) -> None:
    with pytest.raises(SetError, match="not a set"):
        load_set(build_set(PACKS, notice_hours=72).replace(old, new, 1))


def test_a_set_names_nothing_that_is_not_in_it() -> None:
    for choice in (ProviderSettings(packs=("other",)),
                   ProviderSettings(paused=(structs.replace(PAUSE, rule="law-a/x"),))):  # fmt: skip
        with pytest.raises(SetError, match="names packs or rules that the set lacks"):
            build_set(PACKS, notice_hours=72, providers={"p": choice})


def test_a_set_holds_no_id_twice_and_no_pack_that_was_not_published() -> None:
    with pytest.raises(SetError, match="occur twice: \\['house'\\]"):
        build_set([*PACKS, PACKS[-1]], notice_hours=72)
    with pytest.raises(SetError, match="lacks `published_at`"):
        build_set([pack_named("law-a", published_at=None)], notice_hours=72)


def test_who_is_not_named_runs_what_rests_on_the_law() -> None:
    assert ids(made(), "unnamed") == ["law-a", "law-b"]
    assert ids(made(), "paused") == ["law-a", "law-b"]


@pytest.mark.parametrize(("names", "factchecks", "wants_any"), [
    ((), True, False), ((FACTCHECKS,), False, False), ((FACTCHECKS,), True, True),
    (("law-a",), False, True),
])  # fmt: skip
def test_fact_checks_alone_are_rules_only_for_who_wants_them(names: tuple[str, ...],
        factchecks: bool, wants_any: bool) -> None:  # fmt: skip
    settings = ProviderSettings(factchecks=factchecks)
    assert settings.wants_any(map(pack_named, names)) is wants_any


def test_who_names_packs_runs_exactly_those() -> None:
    assert ids(made(), "chosen") == ["house", "law-a"]


@pytest.mark.parametrize(("at", "skipped"), [
    (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), True),
    (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), False),
    (datetime(2027, 4, 30, 23, 59, tzinfo=UTC), False),
    (datetime(2027, 5, 1, 0, 0, tzinfo=UTC), True),
    (datetime(2027, 5, 1, 1, 0, tzinfo=timezone(timedelta(hours=7))), False),
])  # fmt: skip
def test_a_pack_outside_its_dates_is_skipped_and_named(at: datetime, skipped: bool) -> None:
    selection = made().for_provider("unnamed", at, public=True)
    assert selection.skipped == (("law-a", "law-b") if skipped else ())
    assert len(selection.packs) == (0 if skipped else 2)


def test_a_new_version_runs_in_shadow_until_its_notice_is_over() -> None:
    rule_set = made()
    before = rule_set.for_provider("unnamed", PUBLISHED + timedelta(hours=71), public=True)
    after = rule_set.for_provider("unnamed", PUBLISHED + timedelta(hours=72), public=True)
    assert set(before.shadowed.values()) == {"notice"}
    assert Matcher(before.packs).find("send me the otp")[0].mode is Mode.SHADOW
    assert after.shadowed == {}
    assert Matcher(after.packs).find("send me the otp")[0].mode is Mode.LIVE


def test_what_cannot_be_read_runs_in_shadow() -> None:
    selection = made().for_provider("unnamed", LATER, public=False)
    assert set(selection.shadowed.values()) == {"not-public"}
    assert {hit.mode for hit in Matcher(selection.packs).find("send me the otp")} == {Mode.SHADOW}


def test_a_paused_rule_runs_in_shadow_for_its_provider_only() -> None:
    selection = made().for_provider("paused", LATER, public=True)
    hits = Matcher(selection.packs).find("send me the otp")
    assert selection.shadowed == {"law-a/asks-for-code": "paused"}
    assert [hit.mode for hit in hits] == [Mode.SHADOW, Mode.LIVE]
    assert made().for_provider("chosen", LATER, public=True).shadowed == {}


ADOPTED = Adopted(
    "law-a/asks-for-code", 1, "", "all", utc(LATER - timedelta(hours=72)), Evidence(30, 30)
)


@pytest.mark.parametrize(("changed", "settings", "hours", "mode"), [
    pytest.param({}, {}, 0, Mode.LIVE, id="as it was tried"),
    pytest.param({}, {}, -1, Mode.SHADOW, id="within the notice period"),
    pytest.param({"why": "Other words."}, {}, 0, Mode.LIVE, id="in other words"),
    pytest.param({"within": 5}, {}, 0, Mode.SHADOW, id="lapsed"),
    pytest.param({}, {"paused": (PAUSE,)}, 0, Mode.SHADOW, id="paused"),
])  # fmt: skip
def test_an_adopted_rule_proposes_while_it_is_as_it_was_tried(changed: dict[str, Any],
        settings: dict[str, Any], hours: int, mode: Mode) -> None:  # fmt: skip
    tried = pack_named("law-a", mode=Mode.SHADOW)
    adopted = structs.replace(ADOPTED, matching=rule_digest(tried, tried.rules[0]))
    rule = structs.replace(tried.rules[0], **changed)
    lapses = rule_digest(tried, rule) != adopted.matching
    provider = {"acme": ProviderSettings(live_here=(adopted,), **settings)}
    now = structs.replace(tried, rules=(rule, *tried.rules[1:]))
    rule_set = load_set(build_set([now], notice_hours=72, providers=provider))
    at = LATER + timedelta(hours=hours)
    [ran] = rule_set.for_provider("acme", at, public=True).packs
    assert ran.mode_of(ran.rules[0]) is mode
    assert (rule_set.settings_of("acme").live_here == ()) is lapses
    [other] = rule_set.for_provider("other", at, public=True).packs
    assert other.mode_of(other.rules[0]) is Mode.SHADOW


def test_more_pauses_change_nothing_else_of_a_set() -> None:
    """A pause replaces an earlier pause of its rule, and a provider without an entry gets one."""
    again = structs.replace(PAUSE, since="2026-11-09T00:00:00Z", why="Still too many.")
    before = made()
    after = load_set(rule_set.with_notes(before, [("paused", again), ("new", PAUSE)]))
    assert after.settings_of("paused").paused == (again,)
    assert after.settings_of("new") == ProviderSettings(paused=(PAUSE,))
    assert structs.replace(after, providers=before.providers) == before


def test_a_rule_that_a_set_lacks_cannot_be_paused() -> None:
    with pytest.raises(SetError, match="names packs or rules that the set lacks"):
        rule_set.with_notes(made(), [("new", structs.replace(PAUSE, rule="law-a/other"))])


def test_a_set_of_another_form_is_shown_and_not_run() -> None:
    other = build_set(PACKS, notice_hours=72).replace(b'"format":1', b'"format":3')
    assert read_set(other).packs == made().packs
    with pytest.raises(SetError, match="format 3"):
        load_set(other)


@pytest.mark.parametrize(("weights", "threshold", "decided"), [
    pytest.param([("slot", 5), ("gacor", 7)], 12, ("slot", "gacor"), id="each is needed"),
    pytest.param([("slot", 5), ("gacor", 7)], 7, ("gacor",), id="one is enough alone"),
    pytest.param([("slot", 9), ("gacor", 9)], 9, (), id="each is enough"),
    pytest.param([("slot", 5), ("kakak", -2)], 3, ("slot",), id="one that speaks against it"),
    pytest.param([("slot", 5)], 6, (), id="no finding at all"),
    pytest.param([], 1, (), id="nothing"),
    pytest.param([("{link}", 9), ("slot", 1), ("{phone}", 9)], 8, ("slot",), id="the only word"),
    pytest.param([("{link}", 9), ("{rare-han}", 1)], 9, ("{link}", "{rare-han}"), id="a dress"),
    pytest.param([("{link}", 9), ("{phone}", 9)], 9, (), id="without a word, by the first law"),
])  # fmt: skip
def test_a_term_decided_if_the_score_without_it_is_too_low(weights: list[tuple[str, int]],
        threshold: int, decided: tuple[str, ...]) -> None:  # fmt: skip
    score = sum(weight for _, weight in weights)
    assert deciding(weights, threshold, score) == decided


def shipped(paths: list[Path]) -> bytes:
    published_at = datetime(2026, 11, 1, tzinfo=UTC)
    packs = [Pack.parse(path.read_text(), path.name) for path in paths]
    return build_set([msgspec.structs.replace(pack, published_at=published_at) for pack in packs],
                     notice_hours=12)  # fmt: skip


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


def test_sets_are_as_if_each_was_parsed_as_a_whole(stored: dict[str, bytes]) -> None:  # fmt: skip
    found = KnownSets().read(stored, stored.__getitem__)
    assert found == {digest: read_set(data) for digest, data in stored.items()}
    assert list(found) == list(stored)


def test_a_pack_is_kept_once_however_many_sets_hold_it(stored: dict[str, bytes]) -> None:
    found = KnownSets().read(stored, stored.__getitem__)
    kept = {id(pack) for published in found.values() for pack in published.packs}
    assert len(kept) == len({pack.id for pack in found["00000000"].packs}) > 10


def test_a_set_is_asked_for_once_and_one_that_is_gone_is_none(stored: dict[str, bytes]) -> None:
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
