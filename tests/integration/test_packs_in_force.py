"""`terang packs publish`, `list` and `rollback` on a stack's bucket and table."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.sample_posts import OTP, PACK, SHADOW, StandingClock, lines
from support.world import World

from authoring.advice import PLACEHOLDER
from ledger.closing import POINTER_KEY, RETURN_DAYS, read_pointer, set_key
from ledger.codes import OperatorError
from ledger.findings import FloodQuestion
from ledger.keys import Provider
from matcher import Pack, ProviderSettings, RuleSet, load_packs, load_set
from terang.case_queue import MessageResult
from terang.cli import main
from terang.remote import Remote
from terang.set_publishing import PackBucket, SetChange

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
type Command = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the packs `codes` and `prizes`, with examples enough to be published."""
    for name, text, match in (("codes", PACK, "Send me the one-time code"), ("prizes", SHADOW, "")):
        write(tmp_path, name, text, match or "The grand prize")
    return tmp_path


def write(folder: Path, name: str, text: str, match: str = "Send me the one-time code") -> None:
    whole = text.replace(f"[{match}]", f"[{match}, {match} now]")
    path = folder / f"{name}.yaml"
    path.write_text(whole.replace("[Nothing]", "[No one, Not here]"))


def one_pack(folder: Path, name: str, ground: str = "illegal") -> Path:
    """A folder of its own with one pack like `codes`, under another id."""
    alone = folder / name
    alone.mkdir(exist_ok=True)
    text = PACK.replace("id: codes", f"id: {name}")
    text = text.replace("\nground: illegal", f"\nground: {ground}")
    write(alone, name, text)
    return alone


@pytest.fixture
def stack(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A stack on which nothing is published yet, as `--stack` finds it."""
    world.clients.s3.delete_object(Bucket=world.public, Key="sets/current.json")
    world.clock = StandingClock(NOW)

    def find(name: str) -> Remote:
        assert name == "terang"
        outputs = {"PublicBucket": world.public, "Table": world.table}
        found = Remote(name, outputs, notice_hours=24, today="2026-11-25")
        found.__dict__["store"], found.__dict__["objects"] = world.store, world.objects
        found.__dict__["clock"] = world.clock
        return found

    monkeypatch.setattr(Remote, "find", find)
    return world


def packs(*words: object) -> int:
    return main(["packs", *map(str, words)])


def in_force(world: World) -> RuleSet:
    pointer = read_pointer(world.objects, world.public)
    return load_set(world.objects.get(world.public, set_key(pointer.set)) or b"", pointer.set)


def ids(world: World) -> list[str]:
    return [pack.id for pack in in_force(world).packs]


def test_a_first_set_and_an_addition_need_no_flag_and_say_what_they_do(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert packs("publish", folder) == 0
    out, err = capsys.readouterr()
    pointer = read_pointer(stack.objects, stack.public)
    assert out.strip() == pointer.set
    assert "+ codes version 3: 1 rule, proposes from 2026-11-26 12:00 UTC" in err
    assert "+ prizes version 1: 1 rule, in shadow" in err
    assert packs("publish", one_pack(folder, "later")) == 0
    err = capsys.readouterr().err
    assert "+ later version 3" in err
    assert "= 2 packs stay" in err
    assert "acme: codes, later, prizes (new: later)" in err
    assert ids(stack) == ["codes", "later", "prizes"]


def test_an_unprotected_pack_is_published_as_such_and_proposes_nothing(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    [file] = one_pack(folder, "later").glob("*.yaml")
    file.write_text(file.read_text("utf-8").replace("languages: [en]", "languages: [de]"), "utf-8")
    assert packs("publish", file) == 0
    assert "+ later version 3: 1 rule, in shadow, unprotected" in capsys.readouterr().err
    selection = in_force(stack).for_provider("acme", NOW + timedelta(days=2), public=True)
    assert selection.shadowed == {"later/asks-for-code": "unprotected"}


def test_a_provider_gets_a_pack_besides_its_own(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder, "--provider", "acme=codes")
    capsys.readouterr()
    packs("publish", one_pack(folder, "house", "terms"))
    assert "publish it with --provider acme=+house" in capsys.readouterr().err
    assert packs("publish", "--provider", "acme=+house,+codes") == 0
    assert "acme: codes, house (new: house)" in capsys.readouterr().err
    assert packs("publish", "--provider", "acme=house") == 0
    assert "to add to what it runs, write --provider acme=+PACK" in capsys.readouterr().err
    assert in_force(stack).settings_of("acme").packs == ("house",)


def test_a_text_that_nobody_wrote_is_not_published(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    write(folder, "codes", PACK.replace("why: For trials", f"why: {PLACEHOLDER} why it is harmful"))
    assert packs("publish", folder) == 1
    assert "codes still has a text that begins with 'Put here'" in capsys.readouterr().err
    assert read_pointer(stack.objects, stack.public) is None
    write(folder, "codes", PACK.replace("why: For trials", 'why: Says "Put here your money" a lot'))
    assert packs("publish", folder) == 0


def test_the_same_folder_again_moves_nothing(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder)
    before = read_pointer(stack.objects, stack.public)
    first = capsys.readouterr().out
    stack.clock.move(days=3)
    assert packs("publish", folder) == 0
    output = capsys.readouterr()
    assert output.out == first
    assert "nothing changes" in output.err
    assert read_pointer(stack.objects, stack.public) == before


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1), ("", 1)])
def test_a_replacement_is_confirmed_at_a_terminal(stack: World, folder: Path,
        monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:  # fmt: skip
    packs("publish", folder)
    before = in_force(stack)
    write(folder, "codes", PACK.replace("version: 3", "version: 4"))
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert packs("publish", folder) == code
    assert (in_force(stack) == before) is (code == 1)
    keys = stack.objects.keys(stack.public, "packs/codes/")
    assert ("packs/codes/4.yaml" in keys) is (code == 0)


@pytest.mark.parametrize("words", [("--yes",), ()])
def test_a_replacement_is_not_asked_about_in_a_script_or_with_yes(stack: World, folder: Path,
        monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:  # fmt: skip
    packs("publish", folder)
    write(folder, "codes", PACK.replace("version: 3", "version: 4"))
    terminal = io.StringIO()
    terminal.isatty = lambda: bool(words)  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert packs("publish", folder, *words) == 0
    assert [pack.version for pack in in_force(stack).packs] == [4, 1]


def test_a_removal_is_its_own_consent(stack: World, folder: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder)
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert packs("publish", "--remove", "prizes") == 0
    assert "- prizes version 1: removed" in capsys.readouterr().err
    assert ids(stack) == ["codes"]


def test_a_provider_left_with_no_rule_is_refused_unless_it_is_said(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder, "--provider", "acme=prizes")
    before = in_force(stack)
    assert packs("publish", "--remove", "prizes") == 1
    assert "acme would run no rule" in capsys.readouterr().err
    assert in_force(stack) == before
    assert packs("publish", "--remove", "prizes", "--allow-no-rules", "acme") == 0
    assert "acme: NO RULE" in capsys.readouterr().err
    assert packs("list") == 0
    assert "NO RULE" in capsys.readouterr().out
    # What others add later leaves it as it is only while that is said; else it is mended.
    assert packs("publish", one_pack(folder, "later"), "--allow-no-rules", "acme") == 0
    assert in_force(stack).providers["acme"].packs == ()
    assert packs("publish", folder) == 0
    assert in_force(stack).providers["acme"].packs == ("prizes",)


def test_a_registered_provider_that_would_run_nothing_is_a_provider_without_rules(stack: World,
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Packs that rest on terms run only where they are named."""
    stack.store.put_provider(Provider("later-chat", ()))
    terms = one_pack(folder, "only-terms", ground="terms")
    assert packs("publish", terms) == 1
    assert "acme, later-chat would run no rule" in capsys.readouterr().err
    chosen = ["--provider", "acme=only-terms", "--provider", "later-chat=only-terms"]
    assert packs("publish", terms, *chosen) == 0


def test_a_provider_that_lost_all_packs_is_mended(stack: World, folder: Path) -> None:
    """The sets have no history: one pack alone in force, then all again, and `packs: []`."""
    bucket = PackBucket(stack.objects, stack.public)
    both = load_packs(folder, date(2026, 11, 25))
    bucket.publish(folder, both, {"acme": ["codes", "prizes"]}, notice_hours=24, now=NOW)
    whole = in_force(stack)
    damaged = msgspec.structs.replace(whole, providers={"acme": ProviderSettings(packs=())})
    alone = msgspec.structs.replace(damaged, packs=whole.packs[:1])
    for rule_set in (alone, damaged):
        stack.publish(*rule_set.packs, **rule_set.providers)
    pointer = read_pointer(stack.objects, stack.public)
    assert pointer.earlier == ()
    assert packs("publish", folder) == 0
    assert in_force(stack).providers["acme"].packs == ("codes", "prizes")


def test_rollback_makes_the_earlier_set_the_one_in_force_again(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder)
    first = capsys.readouterr().out.strip()
    stack.clock.move(days=2)
    write(folder, "codes", PACK.replace("version: 3", "version: 4"))
    packs("publish", folder, "--yes")
    packs("publish", one_pack(folder, "later"))
    capsys.readouterr()
    assert packs("rollback", first[:12]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == first
    assert "- later version 3: removed" in err
    assert "~ codes version 4 -> 3: 1 rule (0 new, 0 changed, 0 gone), proposes at once" in err
    assert packs("rollback", first) == 0
    assert "nothing changes" in capsys.readouterr().err
    for wrong in ("abc", "0" * 64, "../current"):
        assert packs("rollback", wrong) == 2
        assert "no set begins with it" in capsys.readouterr().err


def test_absence_is_told_by_the_pointers_history(stack: World, folder: Path) -> None:
    for days, keeps in ((RETURN_DAYS - 1, True), (RETURN_DAYS + 1, False)):
        packs("publish", folder)
        published = {pack.id: pack.published_at for pack in in_force(stack).packs}
        packs("publish", "--remove", "prizes")
        stack.clock.move(days=days)
        packs("publish", one_pack(folder, "later"))
        packs("publish", folder)
        back = {pack.id: pack.published_at for pack in in_force(stack).packs}
        assert (back["prizes"] == published["prizes"]) is keeps
        assert back["codes"] == published["codes"]


def test_the_history_forgets_what_ended_long_ago(stack: World, folder: Path) -> None:
    packs("publish", folder)
    for name in ("second", "third"):
        stack.clock.move(days=RETURN_DAYS + 1)
        packs("publish", one_pack(folder, name))
    pointer = read_pointer(stack.objects, stack.public)
    [only] = pointer.earlier
    assert datetime.fromisoformat(only.until) == datetime.fromisoformat(pointer.since)


def test_a_sample_of_posts_shows_what_is_newly_hit(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    posts = folder / "posts.jsonl"
    posts.write_bytes(lines(OTP, "Nothing here"))
    packs("publish", folder, "--posts", posts)
    assert "2 posts: 1 newly hit, 0 no longer" in capsys.readouterr().err
    packs("publish", one_pack(folder, "later"), "--remove", "codes", "--posts", posts)
    err = capsys.readouterr().err
    assert "later/asks-for-code: 1 newly hit" in err
    assert "codes/asks-for-code: 0 newly hit, 1 no longer" in err


def test_list_says_what_is_in_force_since_when_and_for_whom(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert packs("list") == 1
    assert "no set is published yet" in capsys.readouterr().err
    packs("publish", folder, "--provider", "acme=prizes")
    first = capsys.readouterr().out.strip()
    packs("publish", one_pack(folder, "later"))
    second = capsys.readouterr().out.strip()
    assert packs("list") == 0
    out = capsys.readouterr().out
    assert f"set {second}" in out
    assert "in force since 2026-11-25T12:00:00Z" in out
    assert f"{first} until 2026-11-25T12:00:00Z" in out
    assert "codes version 3: 1 rule, live" in out
    assert "notice until 2026-11-26 12:00 UTC, runs 2026-11-01 to " in out
    assert "  acme: prizes\n" in out


def test_a_publish_that_died_is_ended_by_the_next_one(stack: World, folder: Path) -> None:
    """Its YAML is there and in no set: that is no absence, and no version published otherwise."""
    for pack in load_packs(folder, date(2026, 11, 25)):
        key = f"packs/{pack.id}/{pack.version}.yaml"
        stack.objects.put_new(stack.public, key, (folder / f"{pack.id}.yaml").read_bytes())
    stack.clock.move(days=1)
    assert packs("publish", folder) == 0
    assert {pack.published_at for pack in in_force(stack).packs} == {NOW + timedelta(days=1)}


def test_a_version_published_with_other_content_is_refused_before_anything_is_written(stack: World,
        folder: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs("publish", folder)
    before = stack.objects.keys(stack.public, "")
    write(folder, "codes", PACK + "# changed\n")
    one = one_pack(folder, "later")
    (one / "codes.yaml").write_text((folder / "codes.yaml").read_text())
    assert packs("publish", one) == 1
    assert "version 3 of codes was published with other content" in capsys.readouterr().err
    assert stack.objects.keys(stack.public, "") == before


def test_what_somebody_publishes_meanwhile_is_shown_and_kept(stack: World, folder: Path) -> None:
    """A removal that looked harmless is looked at again when the set is another one."""
    packs("publish", folder)
    bucket, shown = PackBucket(stack.objects, stack.public), []

    def consent(change: SetChange) -> None:
        shown.append(list(change.lines()))
        if len(shown) == 1:
            packs("publish", one_pack(folder, "later"))

    bucket.publish(
        None, [], {}, notice_hours=24, now=NOW, removed=["prizes"], registered=["acme"],
        consent=consent,
    )  # fmt: skip
    assert ids(stack) == ["codes", "later"]
    assert [change[-1] for change in shown] == ["acme: codes (no longer: prizes)",
        "acme: codes, later (no longer: prizes)"]  # fmt: skip


def test_what_is_refused_after_another_published_is_refused(stack: World, folder: Path) -> None:
    """Each of the two leaves a pack in force, and both together none."""
    packs("publish", folder)
    bucket, called = PackBucket(stack.objects, stack.public), []

    def consent(change: SetChange) -> None:
        called.append(change)
        if len(called) == 1:
            packs("publish", "--remove", "codes")

    with pytest.raises(OperatorError, match="no pack would be in force"):
        bucket.publish(
            None, [], {}, notice_hours=24, now=NOW, removed=["prizes"], registered=["acme"],
            consent=consent,
        )  # fmt: skip
    assert ids(stack) == ["prizes"]


def test_a_set_of_other_bytes_is_followed_and_gone_back_to(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Its bytes are not those that this release would write; they come back as they are."""
    packs("publish", folder, "--provider", "acme=codes")
    made = msgspec.json.decode(msgspec.json.encode(in_force(stack)))
    del made["factchecks"], made["providers"]["acme"]["factchecks"]
    data = msgspec.json.encode(made, order="sorted")
    old = sha256(data).hexdigest()
    stack.objects.put_new(stack.public, set_key(old), data)
    stack.objects.put(stack.public, POINTER_KEY, msgspec.json.encode({"set": old, "since": ""}))
    assert packs("publish", folder) == 0
    assert "nothing changes" in capsys.readouterr().err
    assert packs("publish", one_pack(folder, "later")) == 0
    assert ids(stack) == ["codes", "later", "prizes"]
    assert packs("rollback", old) == 0
    assert capsys.readouterr().out.splitlines()[-1] == old
    assert stack.objects.get(stack.public, set_key(old)) == data


def test_the_clock_of_the_stack_dates_pauses_and_lifts_floods(stack: World, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A kept stack has a day of its own: the machine's would be another one."""
    packs("publish", folder)
    words = ["providers", "pause", "acme", "codes/asks-for-code", "--why", "A trial."]
    assert main(words) == 0
    [pause] = in_force(stack).providers["acme"].paused
    assert pause.since == "2026-11-25T12:00:00Z"
    words = ["providers", "lift", "acme", "codes/asks-for-code", "--moderator", "m-1"]
    assert main(words) == 1
    said = capsys.readouterr().err
    assert "codes/asks-for-code was not held for acme on 2026-11-25" in said


@dataclass(frozen=True, slots=True)
class DirectQueue:
    """Hands each message to decide at once, and says what became of it."""

    world: World

    def send(self, messages: Iterable[dict[str, Any]]) -> list[MessageResult]:
        return [MessageResult(message["id"], message["type"], handled.status, handled.code)
                for message in messages for handled in self.world.decide(message)]  # fmt: skip


def test_a_held_rule_is_lifted_in_the_name_of_a_moderator(stack: World,
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(Remote, "cases", lambda _remote, _provider: DirectQueue(stack))
    at = "2026-11-25T08:00:00Z"
    asks = FloodQuestion(at[:10], "codes/asks-for-code", at, 1_000, 30, 20)
    stack.store.put_flood("acme", asks, 9)
    words = ["providers", "lift", "acme", "codes/asks-for-code", "--moderator", "m-1"]
    assert main([*words, "--day", "2026-11-24"]) == 1
    assert main(words) == 0
    said = capsys.readouterr().err
    assert "codes/asks-for-code hit 30 of 1,000 posts of 2026-11-25" in said
    assert "its findings of 2026-11-25 are open, and it proposes again" in said
    assert stack.store.floods("acme", "2026-11-25") == {"codes/asks-for-code": True}
    assert main([*words, "--leave-held"]) == 1
    [entry] = stack.store.journal_entries("acme", "2026-11-25")
    assert (entry.moderator, entry.verdict) == ("m-1", "opened")


@pytest.mark.parametrize(("words", "fault"), [
    ((), "name the folder of the packs, or --remove ID"),
    (("--provider", "acme"), "--provider 'acme': write it as ID=PACK,PACK"),
    (("--provider", "acme=+a,b"),
     "--provider 'acme=+a,b': write + before each pack, or before none"),
    (("--remove", "codes", "--posts", "nowhere.jsonl"), "nowhere.jsonl: no such file"),
])  # fmt: skip
def test_wrong_usage_is_said(stack: World, capsys: pytest.CaptureFixture[str],
                             words: tuple[str, ...], fault: str) -> None:  # fmt: skip
    assert packs("publish", *words) == 2
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == f"terang packs publish: {fault}"


def test_too_many_rules_of_a_provider_are_refused_with_limit(stack: World, folder: Path) -> None:
    """With those that stay: each folder by itself would fit."""
    bucket = PackBucket(stack.objects, stack.public)
    for name, fits in (("a" * 40, True), ("b" * 40, False)):
        head = PACK[: PACK.index("  - id")].replace("id: codes", f"id: {name}")
        rules = (f"  - {{id: r{n:039}, severity: low, why: w, any: [t {n}]}}\n" for n in range(950))
        path = folder / name
        path.write_text(head + "".join(rules))
        made = [Pack.parse(path.read_text(), name)]
        if fits:
            bucket.publish(path, made, {}, notice_hours=24, now=NOW)
        else:
            problem = (
                r"would run 1,900 rules: .* 3,\d+ more than the 409,600 of an item of the table"
            )
            with pytest.raises(OperatorError, match=problem):
                bucket.publish(path, made, {}, notice_hours=24, now=NOW)
    assert ids(stack) == ["a" * 40]
