"""A damaged index says so in one sentence, and an import holds neither feed nor checks."""

import os
import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from support.endless import Endless
from support.sample_checks import CHECKS, PUBLISHER, REPEATS_SALT, check, table

from claims.admission import Spool, Trust, admit, build_index
from claims.fact_check import read_feed
from claims.index import MAGIC, digest_of, lay_out
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


def test_a_sound_index_answers(sound: bytes, tmp_path: Path,
                               capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    code, out, err = asked(library(tmp_path, sound), capsys)
    assert (code, err) == (0, "")
    assert "check.example" in out


def test_bytes_that_the_name_does_not_promise_are_not_read(sound: bytes, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
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
def test_word_points_that_break_off_are_reported(kept: int, sound: bytes, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
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
    "nothing": b"", "binary": b"\xff\x00", "deep": b"[" * 100_000, "a list": b"[]",
    "another folder": b'{"digest": "../../../etc/passwd", "checks": {}}',
    "NUL": b'{"digest": "a\\u0000", "checks": {}}',
    "a surrogate": b'{"digest": "\\ud800", "checks": {}}',
    "nowhere": b'{"digest": "' + b"0" * 64 + b'", "checks": {}}',
}  # fmt: skip


@pytest.mark.parametrize("name", POINTERS)
def test_a_damaged_pointer_is_told(name: str, tmp_path: Path,
                                   capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    (tmp_path / "current.json").write_bytes(POINTERS[name])
    code, out, err = asked(tmp_path, capsys)
    assert (code, out, len(set(err.splitlines()))) == (2, "", 1)


@pytest.mark.parametrize("kind", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_something_else_in_the_place_of_a_file_is_told(kind: Callable[[Path], None], sound: bytes,
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    folder = library(tmp_path, sound)
    for path in (folder / f"{digest_of(sound)}.claims", folder / "current.json"):
        path.unlink()
        kind(path)
        assert asked(folder, capsys)[0] == 2


def test_a_damaged_feed_names_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes(table(*CHECKS))
    words = ["--index", str(tmp_path), "--trust", "check.example"]
    assert main(["factchecks", "import", str(feed), *words]) == 0
    (tmp_path / "feeds/0.jsonl").write_bytes(b"\xff\x00\n")
    capsys.readouterr()
    assert main(["factchecks", "import", str(feed), *words]) == 2
    assert "feeds/0.jsonl:1 is damaged" in capsys.readouterr().err


if TYPE_CHECKING:
    from claims.fact_check import FeedCheck

FEW, MANY = 600, 2_400
MARGIN_BYTES = 150_000
"""Nine hundred bytes a check are far more than this, were they held."""


def lines(count: int, publisher: str) -> Iterator[bytes]:
    """A table of checks of drawn words, each of them twice."""
    random, words = Random(7), [f"word{number}" for number in range(300)]
    yield b"url,claim,rating,date,language,title,summary\n"
    for number in range(count):
        claim = " ".join(random.choices(words, k=10))
        row = f"https://{publisher}/{number},{claim},False,2026-10-01,fr,,{'x' * 900}\n".encode()
        yield row + row


def imported(count: int, publisher: str) -> Spool:
    stream = Endless(lines(count, publisher))
    return admit(read_feed(stream), Trust([PUBLISHER])).checks


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that Python held for this work at one time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("publisher", [PUBLISHER, "bread.example"], ids=["trusted", "strangers"])
def test_a_feed_four_times_as_long_takes_no_more_memory(publisher: str) -> None:
    imported(FEW, publisher)  # what is read or made once for all feeds
    few, many = (peak_bytes(partial(imported, count, publisher)) for count in (FEW, MANY))
    assert many < few + MARGIN_BYTES


def test_checks_are_laid_out_in_little_more_than_their_arrays_take() -> None:
    checks = imported(MANY, PUBLISHER)
    arrays = lay_out(checks.of("fr"), "fr", MANY)
    size = sum(memoryview(one).nbytes for one in arrays.values())
    assert peak_bytes(lambda: lay_out(checks.of("fr"), "fr", MANY)) < 3 * size


def test_an_index_of_checks_on_disk_is_that_of_checks_in_memory() -> None:
    checks = imported(FEW, PUBLISHER)
    in_memory: list[FeedCheck] = list(checks)
    Random(7).shuffle(in_memory)
    assert build_index(checks) == build_index(in_memory)


def test_an_import_tells_how_far_the_index_is() -> None:
    told: list[tuple[str, int, int]] = []
    build_index(imported(FEW, PUBLISHER), lambda *one: told.append(one))
    assert [what for what, _ in groupby(what for what, _, _ in told)] == ["laying out fr",
        "measuring fr"]  # fmt: skip
    assert ("laying out fr", 500, FEW) in told
