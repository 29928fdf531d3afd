"""Packs from elsewhere: pulled from another stack, or made of a list of words."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event

import msgspec
import pytest
from support.packs_folder import WORDS, run_packs, sample_folder
from support.sample_packs import PACK
from support.serving import Quiet, serving

from matcher import Mode, Pack
from rules.pack import Origin
from rules.rule_set import build_set, digest_of
from terang import ROOT, new_packs
from terang.cli import main

SAFE = PACK.replace("send me", "hand me over")
LIVE = SAFE.replace("rules:\n", "mode: live  # since May\nrules:\n", 1)


class _Files(Quiet, SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Serve a file, or what has no end, byte by byte."""
        if self.path != "/endless.yaml":
            super().do_GET()
            return
        self.send_response(200)
        self.end_headers()
        while not self.server.ended.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"#")


@pytest.fixture
def published(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The public bucket of another stack as a folder, and its address."""
    root = tmp_path / "public"
    (root / "packs/one-time-codes").mkdir(parents=True)
    (root / "sets").mkdir()
    (root / "packs/one-time-codes/3.yaml").write_text(LIVE, "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(root)))
    server.ended = Event()  # type: ignore[attr-defined]
    with serving(server) as address:
        yield root, address
        server.ended.set()  # type: ignore[attr-defined]


def _set_of(root: Path, text: str = LIVE) -> str:
    pack = Pack.parse(text, "3.yaml")
    data = build_set([_dated(pack)], notice_hours=24)
    digest = digest_of(data)
    (root / f"sets/{digest}.json").write_bytes(data)
    return digest


def _dated(pack: Pack) -> Pack:
    return msgspec.structs.replace(pack, published_at=datetime(2026, 11, 1, tzinfo=UTC))


def _pull(url: str, digest: str, out: Path, *more: str) -> int:
    return main(["packs", "pull", url, "--digest", digest, "--out", str(out),
                 "--today", "2026-11-25", *more])  # fmt: skip


def test_a_pack_is_taken_in_shadow_with_its_origin(published: tuple[Path, str], tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """The author's mode is replaced, comments stay, and a second pull changes nothing."""
    url = f"{published[1]}/packs/one-time-codes/3.yaml"
    digest = hashlib.sha256(LIVE.encode()).hexdigest()
    for _ in range(2):
        assert _pull(url, digest, tmp_path / "out") == 0
    text = (tmp_path / "out/one-time-codes.yaml").read_text("utf-8")
    pack = Pack.parse(text, "one-time-codes.yaml")
    assert (pack.mode, pack.origin) == (Mode.SHADOW, Origin(url, digest))
    assert pack.rules == Pack.parse(LIVE, "3.yaml").rules
    shown = capsys.readouterr().out
    assert "asks-for-code (high): Asks for a code." in shown
    assert "its author runs it live" in shown


def test_a_pulled_pack_keeps_its_comments(published: tuple[Path, str], tmp_path: Path) -> None:
    """The origin of the other stack is replaced, and nothing that follows it is."""
    origin = f"origin:\n  url: https://first.example/1.yaml\n  sha256: {'a' * 64}\n"
    other = SAFE.replace("rules:\n", f"{origin}# read by two people\nrules:\n", 1)
    (published[0] / "packs/one-time-codes/3.yaml").write_text(other, "utf-8")
    url, digest = f"{published[1]}/packs/one-time-codes/3.yaml", hashlib.sha256(other.encode())
    assert _pull(url, digest.hexdigest(), tmp_path / "out") == 0
    text = (tmp_path / "out/one-time-codes.yaml").read_text("utf-8")
    assert Pack.parse(text, "one-time-codes.yaml").origin == Origin(url, digest.hexdigest())
    assert "# read by two people\nrules:\n" in text
    assert "first.example" not in text


@pytest.mark.parametrize("name", ["prize-notices", "telegram-trade-zh"])
def test_a_shipped_pack_keeps_its_words_in_each_language(published: tuple[Path, str],
        tmp_path: Path, name: str) -> None:  # fmt: skip
    data = (ROOT / f"packs/{name}.yaml").read_bytes()
    (published[0] / f"packs/{name}.yaml").write_bytes(data)
    url, digest = f"{published[1]}/packs/{name}.yaml", hashlib.sha256(data).hexdigest()
    assert _pull(url, digest, tmp_path / "out") == 0
    taken = Pack.parse((tmp_path / f"out/{name}.yaml").read_text("utf-8"), name)
    assert taken.translations
    assert taken.translations == Pack.parse(data.decode("utf-8"), name).translations


def test_a_pack_that_does_not_check_is_written_to_be_looked_at(published: tuple[Path, str],
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """The problem names a line of the file, which somebody can open. The exit code is 1."""
    sentences = tmp_path / "out/protected"
    sentences.mkdir(parents=True)
    (sentences / "ours.txt").write_text("Why would anybody hand me over an otp?\n", "utf-8")
    url = f"{published[1]}/packs/one-time-codes/3.yaml"
    assert _pull(url, hashlib.sha256(LIVE.encode()).hexdigest(), sentences.parent) == 1
    file, said = tmp_path / "out/one-time-codes.yaml", capsys.readouterr().err
    assert f"{file}:" in said
    assert "hits the protected sentence" in said
    assert f"written: {file}; mend or remove" in said
    assert Pack.parse(file.read_text("utf-8"), file.name).mode is Mode.SHADOW


def test_a_set_proves_its_packs(published: tuple[Path, str], tmp_path: Path) -> None:
    """The set's name is its digest, and each file must be the one that the set names."""
    root, address = published
    digest = _set_of(root)
    assert _pull(f"{address}/sets/{digest}.json", digest, tmp_path / "out") == 0
    (root / "packs/one-time-codes/3.yaml").write_text(LIVE.replace("login", "logon"), "utf-8")
    assert _pull(f"{address}/sets/{digest}.json", digest, tmp_path / "again") == 1
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(("path", "digest", "more", "words"), [
    ("packs/one-time-codes/3.yaml", "0" * 64, (), "Nothing was taken"),
    ("packs/one-time-codes/4.yaml", "0" * 64, (), "HTTP 404"),
    ("packs/one-time-codes/3.yaml", "", ("--only", "other-pack"),
     "there is no pack other-pack"),
], ids=["other bytes", "not there", "not in it"])  # fmt: skip
def test_what_cannot_be_taken_is_said(
        published: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str,
        digest: str, more: tuple[str, ...], words: str) -> None:  # fmt: skip
    """One sentence, and nothing is written; 2 for what is not there."""
    digest = digest or hashlib.sha256(LIVE.encode()).hexdigest()
    assert _pull(f"{published[1]}/{path}", digest, tmp_path / "out", *more) == (
        1 if "taken" in words else 2
    )
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("make", [
    lambda mine, _: mine.write_text("id: mine\n", "utf-8"),
    lambda mine, there: mine.symlink_to(there),
    lambda mine, there: there.touch() or mine.symlink_to(there),
], ids=["other content", "a link that dangles", "a link"])  # fmt: skip
def test_a_file_that_is_there_stays(
        published: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
        make: Callable[[Path, Path], object]) -> None:  # fmt: skip
    """Work on a pulled pack is not overwritten, and nothing is written outside of the folder."""
    mine, there = tmp_path / "out/one-time-codes.yaml", tmp_path / "there"
    mine.parent.mkdir()
    make(mine, there)
    before = mine.read_bytes() if mine.exists() else None
    url, digest = f"{published[1]}/packs/one-time-codes/3.yaml", hashlib.sha256(LIVE.encode())
    assert _pull(url, digest.hexdigest(), mine.parent) == 1
    assert "is a link or has other content" in capsys.readouterr().err
    assert (mine.read_bytes() if mine.exists() else None) == before


def test_an_address_that_answers_byte_by_byte_is_left(
        published: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """Somebody who waits sees for what. No single byte is late, and the wait ends all the same."""
    monkeypatch.setattr(new_packs, "SECONDS", 0.3)
    url = f"{published[1]}/endless.yaml"
    assert _pull(url, "0" * 64, tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert f"reading {url}, for at most 0.3 seconds" in said
    assert "not served within 0.3 seconds" in said


@pytest.mark.parametrize(("url", "words"), [
    ("http://stats.example/packs/a/1.yaml", "write an https:// address"),
    ("https://[bad/packs/a/1.yaml", "Invalid IPv6 URL"),
], ids=["plain http is for this machine only", "not an address"])  # fmt: skip
def test_an_address_that_is_not_https_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str],
        url: str, words: str) -> None:  # fmt: skip
    assert _pull(url, "0" * 64, tmp_path) == 2
    assert words in capsys.readouterr().err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return sample_folder(tmp_path)


def imported(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    return ("import", folder / "words.txt", "--id", "bait", "--category", "SCAMS_AND_FRAUD", *words)


def test_import_makes_a_pack_with_gaps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_packs(capsys, folder, *imported(folder, "--today", "2026-11-01"))
    assert code == 0
    assert err == ["words.txt:5: left out: `@someone` is a handle; rules name no accounts"]
    assert "mode: shadow" in out
    assert '    any: [free gift, kode otp, "no"]' in out
    assert "in_force: {from: 2026-11-01, until: 2027-05-02}" in out
    assert out[-5:] == ["    match:", "      - free gift", "      - kode otp", '      - "no"',
                        "    ignore: []"]  # fmt: skip


def test_check_says_what_it_lacks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run_packs(capsys, folder, *imported(folder))
    folder.joinpath("packs/otp.yaml").write_text("\n".join(out) + "\n", "utf-8")
    code, _, err = run_packs(capsys, folder, "check", folder / "packs")
    assert code == 1
    for lack in ("title", "why", "keywords", "text", "url", "languages", "owner", "ignore"):
        assert any(f"`{lack}`" in line for line in err), lack
    assert any("choose `keywords` of SCAMS_AND_FRAUD: IMPERSONATION" in line for line in err)


def test_an_imported_pack_is_sound_once_it_is_filled_in(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    options = ("--keyword", "PHISHING", "--language", "en", "--owner", "a: b")
    _, out, _ = run_packs(capsys, folder, *imported(folder, "--today", "2026-11-01", *options))
    filled = "\n".join(out).replace("ignore: []", "ignore: [a, b]").replace('url: ""',
        "url: https://a.example")  # fmt: skip
    folder.joinpath("packs/otp.yaml").write_text(filled.replace('""', "some words"), "utf-8")
    code, out, err = run_packs(capsys, folder, "check", folder / "packs", "--today", "2026-11-15")
    assert (code, out) == (0, ["1 pack, 1 rule: valid, 1 warning"])
    assert "`no` is an everyday word" in err[0]


TABLES = {
    "the column of that name": ("words.csv", 'rank,term\n1,free gift\n2,"a, b"\n', (),
                                '[free gift, "a, b"]'),
    "the first column": ("words.csv", "word,rank\nfree gift,1\n", (), "[free gift]"),
    "a column that is named": ("words.csv", "term,other\nx y,free gift\n", ("--column", "other"),
                               "[free gift]"),
    "tabs": ("words.tsv", "rank\tterm\n1\tfree gift\n", (), "[free gift]"),
    "semicolons": ("words.csv", 'term;rank\n"free; gift, now";1\n', (), '["free; gift, now"]'),
    "a mark at the start": ("words.csv", "\ufeffterm\nfree gift\n", (), "[free gift]"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "more", "group"), TABLES.values(), ids=TABLES)
def test_import_reads_a_table(
        folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str,
        more: tuple[str, ...], group: str) -> None:  # fmt: skip
    folder.joinpath(name).write_text(text, "utf-8")
    words = ("import", folder / name, "--id", "bait", "--category", "SELF_HARM", *more)
    code, out, _ = run_packs(capsys, folder, *words)
    assert code == 0
    assert f"    any: {group}" in out


REFUSED = {
    "an unknown category": (("--category", "SPAM"), WORDS, 2, "`SPAM` is not a category"),
    "an id that is too short": (("--id", "ab"), WORDS, 2, "A pack's id must have 3 to 40 of"),
    "a day that is none": (("--today", "soon"), WORDS, 2, "--today: 'soon' is not a day"),
    "no term": ((), "# nothing\n@a\n", 2, "no term in it"),
}


@pytest.mark.parametrize(("more", "text", "code", "why"), REFUSED.values(), ids=REFUSED)
def test_import_refuses(
        folder: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], text: str,
        code: int, why: str) -> None:  # fmt: skip
    folder.joinpath("words.txt").write_text(text, "utf-8")
    got, out, err = run_packs(capsys, folder, *imported(folder, *more))
    assert (got, out) == (code, [])
    assert any(why in line for line in err)


def test_import_of_a_column_that_is_not_there_names_those_that_are(folder: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder.joinpath("words.csv").write_text("a,b\n1,2\n", "utf-8")
    words = ("import", folder / "words.csv", "--id", "bait", "--category", "SELF_HARM", "--column",
             "c")  # fmt: skip
    assert run_packs(capsys, folder, *words) == (
        2, [], ["terang packs import: words.csv: no column `c`; it has a, b"],
    )  # fmt: skip
