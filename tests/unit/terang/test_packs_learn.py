"""`terang packs learn`: labelled posts become a scored pack in shadow."""

import csv
import json
from pathlib import Path

import pytest
from support.adverts import ADVERTS, NEEDS_LIBRARY, REMARKS
from support.packs_folder import run_packs
from support.sample_packs import PACK

from authoring.check import check_packs
from matcher import Matcher, Mode, Pack

LEARN = ("learn", "--id", "offers", "--category", "OTHER_VIOLATION_TC", "--language", "id")
pytestmark = NEEDS_LIBRARY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Invented adverts and remarks, and one advert with a wrong label."""
    adverts = [f"{text} {at} 🔥" for at, text in enumerate(ADVERTS)]
    remarks = [f"{text} {at}" for at, text in enumerate(REMARKS)]
    rows = [(text, "harmful") for text in adverts[1:]] + [(text, "ordinary") for text in remarks]
    with tmp_path.joinpath("posts.csv").open("w", newline="") as table:
        csv.writer(table).writerows([("text", "label"), *rows, (adverts[0], "ordinary")])
    return tmp_path


def test_the_pack_is_in_shadow_sound_and_the_same_each_time(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    packs = []
    for out in (folder / "first", folder / "second"):
        code, _, err = run_packs(capsys, folder, *LEARN, folder / "posts.csv", "--out", out)
        assert code == 0
        assert "55 posts in" in err[0]
        packs.append(out.joinpath("offers.yaml").read_text("utf-8"))
        packs_there = check_packs(out)
        [pack] = packs_there
        [unwritten] = packs_there.warnings
        lines = [at for at, line in enumerate(packs[-1].splitlines(), 1) if "Put here" in line]
        assert unwritten.line == lines[0]
        further = ", ".join(map(str, lines[1:]))
        assert f"asks for your words here and in lines {further};" in unwritten.message
        assert pack.mode is Mode.SHADOW
        assert pack.card
        assert " 31 ordinary posts are too few to show that" in pack.card.thresholds
        assert pack.card.mistakes[0].startswith("Put here the worst mistakes")
    assert packs[0] == packs[1]


def test_the_score_counts_features(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sums that were learned from are those of `terang scan --scores`."""
    from authoring.features import WeighedFeatures, features_of

    run_packs(capsys, folder, *LEARN, folder / "posts.csv", "--out", folder / "out")
    pack = Pack.parse(folder.joinpath("out/offers.yaml").read_text("utf-8"), "offers.yaml")
    [rule] = pack.rules
    assert rule.score
    texts = ["DAFTAR sekarang 🔥 b0nus besar 50rb", "d.a.f.t.a.r di situs", "ibu tidur", ""]
    entries = WeighedFeatures(list(rule.score.terms), list(rule.score.signs))
    weights = [*rule.score.terms.values(), *rule.score.signs.values()]
    sums = [sum(weights[at] for at in found) for found in features_of(texts, entries)]
    scored = Matcher([pack]).scores([(("text", text),) for text in texts])
    assert scored == [{"offers/learned-terms": total} for total in sums]


def test_an_answer_changes_the_label(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_packs(capsys, folder, *LEARN, folder / "posts.csv", "--out", folder / "out")
    review = folder / "out/review.jsonl"
    rows = [json.loads(line) for line in review.read_text("utf-8").splitlines()]
    assert (rows[0]["text"], rows[0]["label"]) == ("daftar sekarang, bonus besar 0 🔥", "ordinary")
    rows[0]["answer"] = "harmful"
    review.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    again = ("--relabel", review, "--out", folder / "again")
    assert run_packs(capsys, folder, *LEARN, folder / "posts.csv", *again)[0] == 0
    learned = map(json.loads, folder.joinpath("again/review.jsonl").read_text("utf-8").splitlines())
    assert {row["label"] for row in learned if row["text"].endswith("bonus besar 0 🔥")} == {
        "harmful"
    }


def test_a_term_struck_out_is_not_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.joinpath("struck.txt").write_text("daftar\n", "utf-8")
    strike = ("--strike", folder / "struck.txt", "--out", folder / "out")
    run_packs(capsys, folder, *LEARN, folder / "posts.csv", *strike)
    pack = Pack.parse(folder.joinpath("out/offers.yaml").read_text("utf-8"), "offers.yaml")
    assert pack.rules[0].score
    assert "daftar" not in pack.rules[0].score.terms


def test_words_start_with_a_weight_and_the_posts_move_it(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A word that no post has keeps at most its weight, one of ordinary posts alone has none."""
    folder.joinpath("words.txt").write_text("klik tautan: 4\ndaftar: 3\nmemasak: 3\n", "utf-8")
    words = ("--words", folder / "words.txt", "--out", folder / "out")
    assert run_packs(capsys, folder, *LEARN, folder / "posts.csv", *words)[0] == 0
    [pack] = check_packs(folder / "out")
    [rule] = pack.rules
    assert rule.score
    assert pack.card
    terms = rule.score.terms
    assert 1 <= terms["klik tautan"] <= 4
    assert terms.get("memasak", 0) <= 0
    assert pack.card.by_hand == tuple(sorted({"daftar", "klik tautan", "memasak"} & set(terms)))


def test_words_of_which_the_posts_show_the_opposite_weigh_nothing(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder.joinpath("words.txt").write_text("memasak: 4\nibu: 4\ntidur: 4\nharga: 4\n", "utf-8")
    words = ("--words", folder / "words.txt", "--out", folder / "out")
    assert run_packs(capsys, folder, *LEARN, folder / "posts.csv", *words)[0] == 0
    [pack] = check_packs(folder / "out")
    assert pack.rules[0].score
    assert "harga" not in pack.rules[0].score.terms


def test_weights_start_from_those_of_packs_that_the_posts_agree_with(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """A term that no post has keeps a weight only if the posts show others of its rule."""
    lures = PACK.replace("[otp, login code]", "[daftar, bonus besar, klik tautan]")
    folder.joinpath("lures.yaml").write_text(lures, "utf-8")
    other = PACK.replace("one-time-codes", "codes").replace("login code", "harga")
    folder.joinpath("codes.yaml").write_text(other, "utf-8")
    packs = ("--from", folder / "lures.yaml", "--from", folder / "codes.yaml")
    out = ("--out", folder / "out")
    code, _, err = run_packs(capsys, folder, *LEARN, folder / "posts.csv", *packs, *out)
    assert code == 0
    assert "6 start with a weight of one-time-codes 3, codes 3" in " ".join(err)
    [pack] = check_packs(folder / "out")
    [rule] = pack.rules
    assert rule.score
    assert pack.card
    assert 1 <= rule.score.terms["klik tautan"] <= 9
    assert "otp" not in rule.score.terms
    assert not pack.card.by_hand
    assert pack.card.from_packs[0].startswith("one-time-codes 3 (")


def test_a_pack_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (folder / "posts.csv", "--from", "no-such-pack", "--out", folder)
    code, _, err = run_packs(capsys, folder, *LEARN, *given)
    assert code
    assert "no-such-pack" in " ".join(err)


def test_each_line_of_words_that_cannot_be_used_is_named(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder.joinpath("words.txt").write_text("besar\nx: 3\n", "utf-8")
    words = ("--words", folder / "words.txt", "--out", folder)
    ended, _, err = run_packs(capsys, folder, *LEARN, folder / "posts.csv", *words)
    assert ended == 2
    assert [line.rpartition("/")[2].partition(": ")[0] for line in err] == [
        "words.txt:1", "words.txt:2"
    ]  # fmt: skip


WRONG = {
    "a label that is not known": (b"text,label\na,scam\n", 2, "posts.csv:2: label `scam`"),
    "too few posts": (b"text,label\na,1\nb,0\n", 1, "1 copy groups of harmful posts; learning"),
}


@pytest.mark.parametrize(("data", "code", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_learned_from_is_named(data: bytes, code: int, message: str, folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder.joinpath("posts.csv").write_bytes(data)
    ended, _, err = run_packs(capsys, folder, *LEARN, folder / "posts.csv", "--out", folder)
    assert ended == code
    assert message in err[-1]


def test_each_unusable_row_has_a_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder.joinpath("posts.csv").write_text("text,label\na,scam\nb,1\nc,spam\n", "utf-8")
    ended, _, err = run_packs(capsys, folder, *LEARN, folder / "posts.csv", "--out", folder)
    assert ended == 2
    assert [line.rpartition("/")[2].partition(": ")[0] for line in err] == [
        "posts.csv:2", "posts.csv:4"
    ]  # fmt: skip


COUNTS = """term\tdocuments\tlog2_odds
kode unik\t400\t9
kode\t420\t9
tanpa syarat\t300\t8.5
{messenger-link}\t500\t9.5
{link}\t600\t8
memasak\t5\t-4
"""


def test_a_pack_is_learned_from_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A term and a longer one with it weigh about what the longer one does. No weight is enough,
    and no sign with those that come with it."""
    folder.joinpath("counts.tsv").write_text(COUNTS)
    remarks = [f"{text} {at}" for at, text in enumerate(REMARKS)]
    folder.joinpath("clean.csv").write_text("\n".join(["text", *remarks]))
    folder.joinpath("words.txt").write_text("cepat cair: 4\nkode: 2\n")
    counts = ("--counts", folder / "counts.tsv", "--clean", folder / "clean.csv")
    words = ("--words", folder / "words.txt")
    code, *_ = run_packs(capsys, folder, *LEARN, *counts, *words, "--out", folder / "out")
    assert code == 0
    [pack] = check_packs(folder / "out")
    [rule] = pack.rules
    assert rule.score
    assert pack.card
    terms = rule.score.terms
    assert terms["tanpa syarat"] == 9
    assert 1 <= terms["cepat cair"] <= 4
    assert terms.get("memasak", 0) <= 0
    assert pack.card.by_hand == ("cepat cair", "kode")
    assert sum(rule.score.signs.values()) == 9 < rule.score.threshold
    assert 9 <= terms["kode"] + terms["kode unik"] < 18
    assert [(some.posts, some.harmful) for some in pack.card.trained_on] == [(600, True),
        (30, False)]  # fmt: skip
    assert {share.recall.of for share in pack.card.held_back} == {0}


def test_rows_below_thresholds_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row is worth less than a threshold, so no pack of it could check."""
    folder.joinpath("one.tsv").write_text("\n".join(COUNTS.splitlines()[:2]))
    counts = ("--counts", folder / "one.tsv", "--clean", folder / "posts.csv")
    code, _, err = run_packs(capsys, folder, *LEARN, *counts, "--out", folder / "out")
    assert code == 1
    assert "one.tsv: all weights together are 9, and a post needs 10" in " ".join(err)


def test_counts_go_with_clean_texts_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = (folder / "posts.csv", "--counts", folder / "posts.csv", "--out", folder)
    code, _, err = run_packs(capsys, folder, *LEARN, *given)
    assert code == 2
    assert "no labelled posts" in " ".join(err)
