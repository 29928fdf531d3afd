"""What waits after a run, and the next set: packs change one by one, and promises are kept."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.review_world import WHO, desk_of, found, four_findings, run_folder
from support.sample_messages import complaint, decision, notice, order, outcome
from support.sample_packs import pack_of

import matcher
from desk import ItemKind
from ledger.codes import OperatorError
from rules.pack import Translation
from rules.rule_set import with_factchecks
from terang.cli import main
from terang.next_set import ReplacedSet, SetRequest, going_back, next_set
from terang.run_table import findings_of_run

KEYS = {each.finding.post: each.finding.finding for each in four_findings()}
PRIZE = "Win a prize today at our shop in the old town, only 7 are left"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return run_folder(tmp_path / "run")


def waiting(folder: Path, *messages: dict[str, Any]) -> list[tuple[ItemKind, str]]:
    """The kind and the key of what waits for another moderator."""
    return [(item.kind, item.key) for item in desk_of(folder, *messages).items(WHO)]


def answer(what: str, **changes: Any) -> dict[str, Any]:
    """The answer to the question about the held rule."""
    times = {"opened_at": "2026-11-25T13:00:00Z", "decided_at": "2026-11-25T13:01:00Z"}
    return {"type": "flood_answer", "id": "f-1", "day": "2026-11-25", "moderator": "m-1",
            "held_rule": "codes/asks-for-code", "verdict": what, **times, **changes}  # fmt: skip


def test_findings_wait_by_severity_and_reach_and_a_held_rule_asks(folder: Path) -> None:
    for path in (folder, folder / "findings.jsonl"):
        *found_ones, (kind, _) = waiting(path)
        assert [key for _, key in found_ones] == [KEYS[post] for post in ("p3", "p2", "p1")]
        assert kind is ItemKind.HELD_RULE
        dossier = desk_of(path).dossier(WHO, KEYS["p3"])
        assert dossier.excerpt == "send me"
        [(_, facts)] = dossier.rules
        assert (facts.rule.why, facts.page) == (
            "Asks for a code.", "/public/packs/codes/3.html#asks-for-code")  # fmt: skip


@pytest.mark.parametrize(("verdict", "waits"), [("left_held", 3), ("opened", 4)])
def test_held_findings_wait_once_they_are_opened(folder: Path, verdict: str, waits: int) -> None:
    kinds = [kind for kind, _ in waiting(folder, answer(verdict))]
    assert kinds == [ItemKind.FINDING] * waits


def test_what_decide_took_no_longer_waits_and_what_it_would_refuse_does(folder: Path) -> None:
    decided = decision(KEYS["p1"], verdict="dismissed")
    early = decision(KEYS["p2"], id="d-2", verdict="dismissed", decided_at="2026-11-24T12:30:00Z",
                     opened_at="2026-11-24T12:29:00Z")  # fmt: skip
    (folder / "cases.jsonl").write_text(json.dumps(decided))
    keys = {key for _, key in waiting(folder, early, {"type": "decision"})}
    assert (KEYS["p1"] in keys, KEYS["p2"] in keys) == (False, True)


def test_an_order_a_notice_and_a_complaint_wait_until_they_are_answered(folder: Path) -> None:
    sent = [
        order(), notice(post="p9"), notice(id="n-2", post="p2", finding=KEYS["p2"]),
        decision(KEYS["p1"]), complaint(),
    ]  # fmt: skip
    kinds = [kind for kind, _ in waiting(folder, *sent)]
    others = [ItemKind.NOTICE, ItemKind.ORDER, ItemKind.COMPLAINT, ItemKind.HELD_RULE]
    assert [kind for kind in kinds if kind is not ItemKind.SECOND_REVIEW] == [
        ItemKind.FINDING, ItemKind.FINDING, *others]  # fmt: skip
    desk = desk_of(folder, *sent)
    card = desk.dossier(WHO, KEYS["p2"])
    assert [each.message for each in card.notices] == ["n-2"]
    [contest] = [item for item in desk.items(WHO) if item.kind is ItemKind.COMPLAINT]
    assert contest.not_for == ("m-1",)
    ends = [outcome(), order(id="q-2", follows="q-1", outcome="complied"),
            decision(id="d-2", notice="n-1", category=..., verdict="dismissed")]  # fmt: skip
    left = {kind for kind, _ in waiting(folder, *sent, *ends)} - {ItemKind.SECOND_REVIEW}
    assert left == {ItemKind.FINDING, ItemKind.HELD_RULE}


def test_posts_with_nearly_the_same_words_are_copies(tmp_path: Path) -> None:
    posts = {
        "p1": PRIZE, "p2": PRIZE.upper().replace("7", "12"), "p3": "send it",
        "p6": PRIZE.replace("p", "р").replace("W", "Ｗ"), "p7": "SEND  me", "p8": "send me",
    }  # fmt: skip
    findings = [found(post, "asks-for-code", text) for post, text in posts.items()]
    desk = desk_of(run_folder(tmp_path / "run", *findings, found("p9", "asks-for-code", None)))

    def copies(place: int) -> set[str]:
        dossier = desk.dossier(WHO, findings[place].finding.finding)
        return {copy.findings[0].finding.post for copy in dossier.copies}

    assert [copies(place) for place in (0, 2, 5)] == [{"p2", "p6"}, set(), {"p7"}]
    marked = {item.key for item in desk.items(WHO) if item.has_copies}
    assert marked == {findings[place].finding.finding for place in (0, 1, 3, 4, 5)}


def test_a_finding_of_an_unknown_set_is_shown(folder: Path) -> None:
    for file in (folder / "public/sets").iterdir():
        file.write_text("{}")
    dossier = desk_of(folder, decision(KEYS["p1"])).dossier(WHO, KEYS["p1"])
    assert (dossier.rules, dossier.excerpt) == ((), "send me")


def test_a_file_of_something_else_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot read"):
        findings_of_run(tmp_path)
    (tmp_path / "findings.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(OperatorError, match="no findings"):
        findings_of_run(tmp_path)


@pytest.mark.parametrize(("words", "code", "said"), [
    pytest.param(["run", "--moderator", "Jane Doe"], 2, "--moderator", id="a name"),
    pytest.param(["--moderator", "m-7"], 2, "a run's folder", id="nothing to review"),
])  # fmt: skip
def test_wrong_usage_says_why(words: list[str], code: int, said: str,
                              capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert main(["review", *words]) == code
    assert said in capsys.readouterr().err


T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = tuple(
    matcher.Rule(id=name, severity=matcher.Severity.LOW, why="why", groups=((f"{name} term",),))
    for name in ("first", "second")
)


def pack(name: str, version: int = 1, **changes: Any) -> matcher.Pack:
    """A pack whose digest is that of its id and version; each version expects another share."""
    changes = {"expected_per_mille": version, **changes}
    made = pack_of(*RULES)
    digest = f"{name}/{version}"
    return msgspec.structs.replace(made, id=name, version=version, digest=digest, **changes)


def follow(
        before: matcher.RuleSet | None, *packs: matcher.Pack, at: datetime = T0,
        earlier: Sequence[ReplacedSet] = (), **order: Any) -> matcher.RuleSet:  # fmt: skip
    """The set that follows."""
    return matcher.load_set(next_set(before, SetRequest(packs, at, 24, **order), earlier))


def versions(rule_set: matcher.RuleSet) -> dict[str, int]:
    return {one.id: one.version for one in rule_set.packs}


def published(rule_set: matcher.RuleSet, name: str) -> datetime | None:
    return next(one.published_at for one in rule_set.packs if one.id == name)


ALL = follow(None, pack("aaa"), pack("bbb"), pack("ccc"), chosen={"acme": ["aaa", "bbb"]})


def test_a_folder_of_one_pack_takes_no_other_out_of_force() -> None:
    after = follow(ALL, pack("new"), at=T0 + DAY)
    assert versions(after) == {"aaa": 1, "bbb": 1, "ccc": 1, "new": 1}
    assert after.providers == ALL.providers
    assert published(after, "aaa") == T0
    assert published(after, "new") == T0 + DAY


def test_the_same_again_is_the_same_set() -> None:
    assert follow(ALL, pack("aaa"), pack("bbb"), at=T0 + 9 * DAY) == ALL


def test_a_higher_version_replaces_and_gives_notice() -> None:
    after = follow(ALL, pack("aaa", 2), at=T0 + DAY)
    assert versions(after) == {"aaa": 2, "bbb": 1, "ccc": 1}
    assert published(after, "aaa") == T0 + DAY


def test_a_version_that_changes_only_words_keeps_its_notice_and_its_pauses() -> None:
    """The digest of the matching part, which each set publishes, is that of the version before."""
    translations = {"id": Translation(title="Judul")}
    words = {"title": "Other", "translations": translations, "expected_per_mille": 1}
    after = follow(PAUSED, pack("aaa", 2, **words), at=T0 + DAY)
    assert published(after, "aaa") == T0
    assert after.providers["acme"].paused == (PAUSE,)
    assert after.matching
    assert PAUSED.matching
    assert after.matching["aaa"] == PAUSED.matching["aaa"]
    more = follow(after, pack("aaa", 3, title="Other"), at=T0 + DAY)
    assert published(more, "aaa") == T0 + DAY
    assert more.providers["acme"].paused == ()


def test_a_published_version_stays_as_unprotected_as_it_was() -> None:
    """A release that ships sentences in its language makes only a higher version live."""
    first = follow(None, pack("aaa", unprotected=("de",)))
    [again] = follow(first, pack("aaa"), at=T0 + DAY).packs
    [higher] = follow(first, pack("aaa", 2, expected_per_mille=1), at=T0 + DAY).packs
    assert (again.unprotected, again.published_at) == (("de",), T0)
    assert (higher.unprotected, higher.published_at) == (msgspec.UNSET, T0 + DAY)


def test_a_lower_version_is_refused_and_says_how_to_go_back() -> None:
    newer = follow(ALL, pack("aaa", 2))
    with pytest.raises(OperatorError, match=r"version 2 is in force.*packs rollback"):
        follow(newer, pack("aaa"))


def test_only_a_pack_that_is_named_is_removed() -> None:
    after = follow(ALL, removed=["bbb"])
    assert versions(after) == {"aaa": 1, "ccc": 1}
    assert after.providers["acme"].packs == ("aaa",)


@pytest.mark.parametrize(("removed", "fault"), [
    ("zzz", "--remove zzz: the set in force has no such pack"),
    ("aaa", "--remove aaa: the folder holds it too"),
    ("factchecks", "--remove factchecks: it belongs to the index of checks"),
])  # fmt: skip
def test_a_removal_that_fits_nothing_is_refused(removed: str, fault: str) -> None:
    with pytest.raises(OperatorError, match=fault):
        follow(ALL, pack("aaa"), removed=[removed])


def test_a_provider_cannot_name_what_the_set_lacks() -> None:
    with pytest.raises(matcher.SetError,
                       match="provider acme names packs or rules that the set lacks"):  # fmt: skip
        follow(ALL, chosen={"acme": ["aaa", "typo"]})


@pytest.mark.parametrize(("days", "keeps"), [(1, True), (30, True), (30.01, False)])
def test_a_pack_that_returns_within_thirty_days_keeps_its_notice(days: float, keeps: bool) -> None:
    """By the set in which it was, and until when that was in force: nothing is counted."""
    left = T0 + 5 * DAY
    without = follow(ALL, removed=["bbb"], at=left)
    back = left + timedelta(days=days)
    after = follow(without, pack("bbb"), at=back, earlier=[ReplacedSet(ALL, left)])
    assert published(after, "bbb") == (T0 if keeps else back)


def test_a_pack_of_which_nobody_knows_when_it_left_begins_again() -> None:
    without = follow(ALL, removed=["bbb"])
    after = follow(without, pack("bbb"), at=T0 + DAY, earlier=[ReplacedSet(ALL, None)])
    assert published(after, "bbb") == T0 + DAY


def test_a_provider_gets_a_pack_back_that_left_the_set() -> None:
    without = follow(ALL, removed=["bbb"])
    after = follow(without, pack("bbb"), earlier=[ReplacedSet(ALL, T0)])
    assert after.providers["acme"].packs == ("aaa", "bbb")


def test_packs_that_left_one_after_the_other_all_come_back() -> None:
    one = follow(ALL, removed=["aaa"])
    none = follow(one, removed=["bbb"])
    earlier = [ReplacedSet(one, T0), ReplacedSet(ALL, T0)]
    after = follow(none, pack("aaa"), pack("bbb"), earlier=earlier)
    assert set(after.providers["acme"].packs or ()) == {"aaa", "bbb"}


def test_a_pack_that_the_provider_gave_up_does_not_come_back_to_it() -> None:
    narrowed = follow(ALL, chosen={"acme": ["aaa"]})
    without = follow(narrowed, removed=["bbb"])
    earlier = [ReplacedSet(narrowed, T0), ReplacedSet(ALL, T0)]
    after = follow(without, pack("bbb"), earlier=earlier)
    assert after.providers["acme"].packs == ("aaa",)


def test_publishing_again_repairs_a_provider_that_was_left_with_nothing() -> None:
    """One pack put all others out of force, then all came again."""
    lost = {"acme": matcher.ProviderSettings(packs=())}
    only = msgspec.structs.replace(follow(None, pack("new")), providers=lost)
    damaged = msgspec.structs.replace(ALL, providers=lost)
    earlier = [ReplacedSet(only, None), ReplacedSet(ALL, None)]
    after = follow(damaged, pack("aaa"), pack("bbb"), pack("ccc"), earlier=earlier)
    assert after.providers["acme"].packs == ("aaa", "bbb")


def test_publishing_again_gives_a_provider_of_no_choice_the_packs_of_the_law_back() -> None:
    emptied = follow(ALL, chosen={"others": []}, without_rules=["others"])
    after = follow(emptied, pack("new"), earlier=[ReplacedSet(emptied, T0), ReplacedSet(ALL, T0)])
    assert after.providers["others"].packs is None


def test_a_provider_that_may_be_without_rules_stays_so() -> None:
    damaged = msgspec.structs.replace(ALL, providers={"acme": matcher.ProviderSettings(packs=())})
    earlier = [ReplacedSet(ALL, T0)]
    after = follow(damaged, pack("aaa"), earlier=earlier, without_rules=["acme"])
    assert after.providers["acme"].packs == ()


PAUSE = matcher.Paused("aaa/first", "2026-11-01T00:00:00Z", "wrong too often")
PAUSED = msgspec.structs.replace(
    ALL, providers={"acme": matcher.ProviderSettings(("aaa", "bbb"), (PAUSE,))}
)


def test_a_pause_ends_with_a_higher_version_and_only_so() -> None:
    assert follow(PAUSED, pack("new")).providers["acme"].paused == (PAUSE,)
    assert follow(PAUSED, pack("aaa", 2)).providers["acme"].paused == ()


def test_leaving_the_set_and_returning_lifts_no_pause() -> None:
    without = follow(PAUSED, removed=["aaa"])
    assert without.providers["acme"].paused == ()
    earlier = [ReplacedSet(PAUSED, None)]
    assert follow(without, pack("aaa"), earlier=earlier).providers["acme"].paused == (PAUSE,)
    assert follow(without, pack("aaa", 2), earlier=earlier).providers["acme"].paused == ()


def back(before: matcher.RuleSet, target: matcher.RuleSet, at: datetime,
         *earlier: ReplacedSet) -> matcher.RuleSet:  # fmt: skip
    """The set after going back to another."""
    return matcher.load_set(next_set(before, going_back(before, target, at, 24, ()), earlier))


def test_going_back_gives_the_earlier_set_itself() -> None:
    later = follow(ALL, pack("aaa", 2), pack("new"), removed=["ccc"], chosen={"acme": ["new"]})
    assert back(later, ALL, T0 + DAY, ReplacedSet(ALL, T0 + DAY)) == ALL


def test_a_late_rollback_starts_a_new_notice_period() -> None:
    later = follow(ALL, pack("aaa", 2))
    at = T0 + 60 * DAY
    after = back(later, ALL, at, ReplacedSet(ALL, T0))
    assert (published(after, "aaa"), published(after, "bbb")) == (at, T0)


def test_going_back_lifts_no_pause_and_keeps_who_wants_fact_checks() -> None:
    later = follow(ALL, pack("aaa", 2))
    choice = msgspec.structs.replace(later.providers["acme"], paused=(PAUSE,))
    others = matcher.ProviderSettings(("ccc",), factchecks=True)
    changed = later.providers | {"acme": choice, "others": others}
    later = msgspec.structs.replace(later, providers=changed)
    after = back(later, ALL, T0, ReplacedSet(ALL, T0))
    assert after.providers["acme"].paused == (PAUSE,)
    assert after.providers["others"] == matcher.ProviderSettings(factchecks=True)


def test_rollback_undoes_a_choice_for_a_provider_without_an_entry() -> None:
    emptied = follow(ALL, chosen={"others": []}, without_rules=["others"])
    assert back(emptied, ALL, T0, ReplacedSet(ALL, T0)) == ALL


def test_the_index_of_checks_stays() -> None:
    checked = matcher.load_set(with_factchecks(ALL, "f" * 64, ["en"], T0, 24))
    assert follow(checked, pack("new")).factchecks == checked.factchecks
    assert back(checked, ALL, T0).factchecks == checked.factchecks


def test_packs_of_another_fold_are_not_carried_on_unchecked() -> None:
    old = msgspec.structs.replace(ALL, fold="0")
    with pytest.raises(OperatorError, match=r"fold 0.*the folder lacks bbb, ccc"):
        follow(old, pack("aaa"))
    whole = follow(old, pack("aaa"), pack("bbb"), removed=["ccc"])
    assert whole.fold == matcher.FOLD_VERSION
    with pytest.raises(OperatorError, match="publish its packs again"):
        going_back(ALL, old, T0, 24, ())
    assert matcher.load_set(with_factchecks(old, "f" * 64, ["en"], T0, 24)).fold == "0"
