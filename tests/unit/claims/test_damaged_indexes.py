"""However an index on this machine is damaged, `terang ask` says so in one sentence."""

import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.sample_checks import CHECKS, REPEATS_SALT, check, table

from claims.index import MAGIC, digest_of
from terang.check_library import CheckLibrary
from terang.cli import main

SEED = 20261125
INDONESIAN = check(9, "Minum air garam tiga kali sehari menyembuhkan pilek dalam satu malam")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a sound index of two languages."""
    folder = tmp_path_factory.mktemp("library")
    feed = folder / "feed.csv"
    feed.write_bytes(table(*CHECKS, INDONESIAN | {"language": "id"}))
    words = ("--index", str(folder / "index"), "--trust", "check.example")
    assert main(["factchecks", "import", str(feed), *words]) == 0
    return CheckLibrary(folder / "index").current().data


def library(folder: Path, data: bytes, digest: str = "") -> Path:
    """A library whose pointer names this index; the name is true unless another is given."""
    digest = digest or digest_of(data)
    (folder / f"{digest}.claims").write_bytes(data)
    pointer = msgspec.json.encode({"digest": digest, "checks": {"en": 4}})
    (folder / "current.json").write_bytes(pointer)
    return folder


def asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    codes = {main(["ask", text, "--index", str(folder)]) for text in (REPEATS_SALT, "气功 salt")}
    told = capsys.readouterr()
    return max(codes), told.out, told.err


def test_a_sound_index_answers(
    sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = asked(library(tmp_path, sound), capsys)
    assert (code, err) == (0, "")
    assert "check.example" in out


def test_bytes_that_the_name_does_not_promise_are_not_read(
    sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The digest comes first: of 60 flips each is met by the same words."""
    draw = random.Random(SEED)
    for _ in range(60):
        data = bytearray(sound)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        code, out, err = asked(library(tmp_path, bytes(data), digest_of(sound)), capsys)
        assert (code, out) == (2, "")
        assert set(err.splitlines()) == {
            f"terang ask: {tmp_path}: the index does not have the digest in its name"
        }


def flipped(data: bytes, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 3, 40))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def large_numbers(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(0, len(data) - 4, 4)
    other = draw.choice((b"\xff" * 4, b"\x7f" * 4, bytes(4), struct.pack("<f", float("nan"))))
    return data[:at] + other + data[at + 4 :]


def unsealed(data: bytes) -> tuple[Any, bytes]:
    """The directory of an index, and what follows it."""
    start = len(MAGIC) + 4
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    return msgspec.json.decode(data[start:end]), data[end:]


def moved(data: bytes, draw: random.Random) -> bytes:
    """The directory says something else of its arrays."""
    told, body = unsealed(data)
    name = draw.choice(sorted(told["arrays"]))
    code, at, size = told["arrays"][name]
    told["arrays"][name] = draw.choice(
        ([code, at + 4, size], [code, at, size - 4], [code, at, 0], ["f", at, size],
         ["B", at, size], ["I", at, size], ["d", at, size], [code, -8, size],
         [code, 1 << 60, size], [code, at])
    )  # fmt: skip
    return sealed(told, body)


def without(data: bytes, draw: random.Random) -> bytes:
    told, body = unsealed(data)
    kind = draw.choice(("arrays", "checks", "bounds"))
    where = told["arrays"] if kind == "arrays" else told["facts"][kind]
    name = draw.choice(sorted(where))
    value = where.pop(name)
    other = draw.choice((None, "../x", "", "zz"))
    if other is not None:
        where[other] = value
    return sealed(told, body)


def sealed(told: object, body: bytes) -> bytes:
    directory = msgspec.json.encode(told)
    directory += b" " * (-(len(MAGIC) + 4 + len(directory)) % 8)
    return MAGIC + len(directory).to_bytes(4, "little") + directory + body


@pytest.mark.parametrize("damage", [flipped, cut, large_numbers, moved, without])
def test_a_damaged_index_under_its_true_name_is_told_or_answers(
    sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    damage: Callable[[bytes, random.Random], bytes],
) -> None:  # fmt: skip
    """Whoever made it may have named it well: one sentence for what cannot be asked safely."""
    draw = random.Random(SEED)
    refused = 0
    for _ in range(100):
        data = damage(sound, draw)
        code, out, err = asked(library(tmp_path, data), capsys)
        assert code in (0, 2)
        assert len(set(err.splitlines())) == (code == 2)
        assert bool(out) == (code == 0)
        refused += code == 2
        (tmp_path / f"{digest_of(data)}.claims").unlink()
    assert refused >= (30 if damage in (flipped, large_numbers) else 75)


@pytest.mark.parametrize("kept", [0, 1, 8])
def test_word_points_that_break_off_are_reported(
    kept: int, sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demands read the points of the words that a text shares with a claim."""
    directory, body = unsealed(sound)
    directory["arrays"]["en/word_telling"][2] = kept
    folder = library(tmp_path, sealed(directory, body))
    code, out, err = asked(folder, capsys)
    assert (code, out) == (2, "")
    assert set(err.splitlines()) == {
        f"terang ask: {tmp_path}: the index is damaged: en/word_telling"
    }


POINTERS = {
    "nothing": b"",
    "binary": b"\xff\x00",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "another folder": b'{"digest": "../../../etc/passwd", "checks": {}}',
    "NUL": b'{"digest": "a\\u0000", "checks": {}}',
    "a surrogate": b'{"digest": "\\ud800", "checks": {}}',
    "nowhere": b'{"digest": "' + b"0" * 64 + b'", "checks": {}}',
}


@pytest.mark.parametrize("name", POINTERS)
def test_a_damaged_pointer_is_told(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "current.json").write_bytes(POINTERS[name])
    code, out, err = asked(tmp_path, capsys)
    assert (code, out, len(set(err.splitlines()))) == (2, "", 1)


@pytest.mark.parametrize("kind", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_something_else_in_the_place_of_a_file_is_told(
    kind: Callable[[Path], None], sound: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = library(tmp_path, sound)
    for path in (folder / f"{digest_of(sound)}.claims", folder / "current.json"):
        path.unlink()
        kind(path)
        assert asked(folder, capsys)[0] == 2


def test_a_damaged_feed_of_a_library_names_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes(table(*CHECKS))
    words = ["--index", str(tmp_path), "--trust", "check.example"]
    assert main(["factchecks", "import", str(feed), *words]) == 0
    (tmp_path / "feeds/0.jsonl").write_bytes(b"\xff\x00\n")
    capsys.readouterr()
    assert main(["factchecks", "import", str(feed), *words]) == 2
    assert "feeds/0.jsonl:1 is damaged" in capsys.readouterr().err
