"""`terang packs learn --run`: what moderators decided about a run's findings becomes a pack."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.adverts import ADVERTS, NEEDS_LIBRARY, REMARKS
from support.case_world import finding
from support.packs_folder import run_packs
from support.sample_messages import audit, complaint, decision, outcome
from support.sample_posts import fields

from authoring.check import check_packs
from authoring.labelled import LabelledPost
from authoring.learning import Wanted
from authoring.learning import learn as fit
from ledger.codes import Refusal
from ledger.findings import Finding, FoundSpan, finding_id
from ledger.posts import read_line

CATEGORY = "SCAMS_AND_FRAUD"
LEARN = ("learn", "--id", "offers", "--category", CATEGORY, "--language", "id")


def line(number: int, text: str) -> str:
    return json.dumps(fields(id=f"p{number}", text=text))


def found(written: str) -> Finding:
    """The finding of a rule on a post, as scan stores it."""
    read = read_line(written.encode())
    assert not isinstance(read, Refusal)
    post, _ = read
    name = finding_id("acme", post.id, post.text_digest, "codes", "asks-for-code", "live")
    place = FoundSpan("text", 0, 4, "daftar")
    return finding(1, finding=name, post=post.id, spans=(place,), category=CATEGORY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that found adverts and some remarks; two moderators decided, and audited others."""
    adverts = [f"{text} 🔥" for text in ADVERTS]
    remarks = [f"{text} {at}" for at, text in enumerate(REMARKS)]
    lines = [line(number, text) for number, text in enumerate([*adverts, *remarks])]
    (tmp_path / "posts.jsonl").write_text("\n".join(lines), "utf-8")
    findings = [found(one) for one in lines[:30]]
    run = tmp_path / "run"
    (run / "public/summaries/acme").mkdir(parents=True)
    rows = b"\n".join(msgspec.json.encode(one) for one in findings)
    (run / "findings.jsonl").write_bytes(rows)
    numbers = {"inspected": 5_055, "live": 55, "held": 5}
    month = run / "public/summaries/acme/2026-11.json"
    month.write_text(json.dumps({"kind": "month", "numbers": numbers}))
    messages = [
        decision(
            one.finding,
            id=f"d-{number}",
            verdict="confirmed" if number < len(adverts) else "dismissed",
            moderator=f"m-{number % 2}",
            **({} if number < len(adverts) else {"measures": ..., "applied_at": ...}),
        )
        for number, one in enumerate(findings)
    ]
    audits = [
        audit(id=f"a-{number}", post=f"p{number}", moderator="m-0") for number in range(30, 55)
    ]
    write(tmp_path, [*messages, *audits])
    return tmp_path


def write(folder: Path, messages: list[dict[str, Any]]) -> None:
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, messages)))


def learn(capsys: pytest.CaptureFixture[str], folder: Path, *more: object,
          posts: str = "posts.jsonl") -> tuple[int, list[str], list[str]]:  # fmt: skip
    files = ("--run", folder / "run", "--cases", folder / "cases.jsonl", "--posts", folder / posts)
    return run_packs(capsys, folder, *LEARN, *files, "--out", folder / "out", *more)


@NEEDS_LIBRARY
def test_the_card_says_how_it_was_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = learn(capsys, folder)
    assert (code, err[0]) == (
        0,
        (
            "55 decisions label 55 posts for SCAMS_AND_FRAUD; 55 of them are in the files,"
            " 0 are not, 0 have another text there"
        ),
    )
    [pack] = check_packs(folder / "out")
    [rule] = pack.rules
    assert pack.card
    assert rule.score
    assert "daftar" in rule.score.terms
    assert [(row.posts, row.harmful, row.selected) for row in pack.card.trained_on] == [
        (5, False, ("Found by a rule and dismissed by a moderator. 30 of 50 findings were decided;"
                    " each counts 1.7")),
        (25, False, ("In the random audit sample and judged not violating. 25 of 5,000 posts were"
                     " judged; each counts 16.7 instead of 200")),
        (25, True, ("Found by a rule and confirmed by a moderator. 30 of 50 findings were decided;"
                    " each counts 1.7")),
    ]  # fmt: skip


@NEEDS_LIBRARY
def test_a_term_of_one_moderator_has_no_weight(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """All posts with these words were confirmed by the same person."""
    messages = [json.loads(row) for row in (folder / "cases.jsonl").read_text().splitlines()]
    texts = (folder / "posts.jsonl").read_text("utf-8").splitlines()
    for number, message in enumerate(messages[:25]):
        message["moderator"] = "m-1" if "saldo gratis" in texts[number] else f"m-{number % 2}"
    write(folder, messages)
    assert learn(capsys, folder)[0] == 0
    [pack] = check_packs(folder / "out")
    score = pack.rules[0].score
    assert score
    assert not {"saldo", "gratis", "saldo gratis"} & {
        term for term, weight in score.terms.items() if weight > 0
    }


@NEEDS_LIBRARY
def test_what_was_overturned_or_edited_is_counted_so(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """An overturned confirmation labels an ordinary post; an edited post labels nothing."""
    with (folder / "cases.jsonl").open("a") as file:
        for message in (complaint(decision="d-0"), outcome()):
            file.write("\n" + json.dumps(message))
    lines = (folder / "posts.jsonl").read_text("utf-8").splitlines()
    lines[1] = line(1, "another text")
    (folder / "posts.jsonl").write_text("\n".join(lines[:-1]), "utf-8")
    code, _, err = learn(capsys, folder)
    assert "53 of them are in the files, 1 are not, 1 have another text there" in err[0]
    assert "23 copy groups of harmful" in err[-1] or code == 0


@NEEDS_LIBRARY
def test_too_few_ordinary_posts_are_counted_without_the_protected_sentences(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Without audits the only ordinary posts are those that a rule took for harmful."""
    messages = [json.loads(row) for row in (folder / "cases.jsonl").read_text().splitlines()]
    write(folder, [message for message in messages if message["type"] != "audit"])
    code, _, err = learn(capsys, folder)
    assert code == 1
    assert err[-1] == (
        "terang packs learn: 5 copy groups of ordinary posts; learning needs 20 of each label"
        " (copies of one text count once)"
    )


def test_a_decision_may_name_post_and_rule_and_leave_out_times_as_in_a_run(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    findings = (folder / "run/findings.jsonl").read_text().splitlines()
    post = json.loads(findings[0])["post"]
    short = {"type": "decision", "id": "d", "post": post, "rule": "codes/asks-for-code"}
    write(folder, [short | {"verdict": "confirmed", "moderator": "m-1", "reason": "An advert."}])
    _, _, err = learn(capsys, folder)
    assert err[0].startswith("1 decisions label 1 posts for SCAMS_AND_FRAUD; 1 of them are in")


def test_refused_posts_teach_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    receipts = folder / "run/out/acme/receipts/messages/2026-11-25"
    receipts.mkdir(parents=True)
    refused = {"message": "m", "provider": "acme", "status": "refused", "at": "", "kind": "case"}
    (receipts / "m.json").write_text(json.dumps(refused | {"type": "audit", "id": "a-30"}))
    _, _, err = learn(capsys, folder)
    assert err[0].startswith("54 decisions label 54 posts")


FAULTS = {
    "no decisions": (lambda folder: write(folder, []),
                     "acme has no decisions yet: confirm or dismiss some findings"),
    "no texts": (
        lambda folder: folder.joinpath("posts.jsonl").write_text(line(999, "x")),
        (
            "none of 55 decided posts is in the files with its text: --posts must hold the posts as"
            " they were sent, with the same `id` and `text`"
        )),
    "no posts": (
        lambda folder: folder.joinpath("posts.jsonl").write_text("text\n"),
        "posts.jsonl: no line is a post; write JSON Lines as docs/posts.md says"),
    "one moderator": (
        lambda folder: folder.joinpath("cases.jsonl").write_text(
            folder.joinpath("cases.jsonl").read_text().replace('"m-1"', '"m-0"')),
        (
            "all decisions are by m-0: 2 moderators must have decided, or the pack learns one"
            " person's habit"
        )),
}  # fmt: skip


@pytest.mark.parametrize(("change", "fault"), FAULTS.values(), ids=FAULTS)
def test_what_is_missing_is_said(folder: Path, capsys: pytest.CaptureFixture[str], change: Any,
                                 fault: str) -> None:  # fmt: skip
    change(folder)
    code, _, err = learn(capsys, folder)
    assert code == (2 if "no line is a post" in fault else 1)
    assert err[-1].endswith(fault)


USAGE = {
    "nothing":
        ((), "name a file of labelled posts, or --counts, or --provider or --run for decisions"),
    "no texts": (("--provider", "acme"), "--posts FILE is needed: Terang keeps no texts of posts"),
    "no messages": (("--run", "run", "--posts", "p"),
                    "--run needs --cases FILE, the messages with the decisions"),
    "both": (("--run", "run", "--provider", "acme", "--posts", "p"),
             "name --provider P of a stack, or --run DIR, not both"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "fault"), USAGE.values(), ids=USAGE)
def test_wrong_usage_says_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                       words: tuple[str, ...], fault: str) -> None:  # fmt: skip
    code, _, err = run_packs(capsys, tmp_path, *LEARN, "--out", tmp_path / "out", *words)
    assert (code, err[0]) == (2, f"terang packs learn: {fault}")


@NEEDS_LIBRARY
def test_posts_say_no_more_because_each_stands_for_many() -> None:
    texts = [(f"{text} 🔥", True) for text in ADVERTS]
    texts += [(text, False) for text in REMARKS]
    posts = [LabelledPost(*text, place="") for text in texts]
    many = [replace(post, weight=40.0) for post in posts]
    wanted = Wanted(10, ("emoji-1",))
    news = ["Berita hari ini."]
    assert fit(posts, [], news, wanted).terms == fit(many, [], news, wanted).terms
