"""Read any bytes as input of the commands for packs: a pack to format, a word list, posts. The
first byte of an input chooses."""

import contextlib
import io
from datetime import date
from pathlib import Path

import atheris
import yaml
from harness import INSTRUMENTED, ROOT, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from fuzz_seeds import FILES
    from support.sample_packs import PACK as OTHER
    from support.sample_posts import PACK

    from authoring.explain import explain
    from authoring.format import LayoutError, canonical
    from authoring.pack_text import NewPack, WordListError, pack_lines, read_words, usable_terms
    from ledger.codes import Refusal
    from ledger.posts import read_line
    from matcher import Matcher, Pack, PackError
    from rules.rule import Rule
    from rules.yaml_reader import keys_of
    from terang.new_packs import as_lines, as_row, compare

FORMAT, WORDS, TABLE, POSTS, TEXT = range(5)
PACKS = [Pack.parse(PACK, "pack.yaml")]
OLD, NEW = Matcher(PACKS), Matcher([Pack.parse(OTHER, "other.yaml")])
NEW_PACK = NewPack("gifts", "SCAMS_AND_FRAUD", (), ("en",), "o", date(2026, 11, 25))


def one_input(data: bytes) -> None:
    """Read one input in the way that its first byte says."""
    kind, rest = (data[0] if data else 0) % 5, data[1:]
    if kind == FORMAT:
        with contextlib.suppress(PackError, LayoutError):
            laid_out = canonical(rest.decode("utf-8", "surrogateescape"), "pack.yaml")
            assert canonical(laid_out, "pack.yaml") == laid_out
    elif kind in (WORDS, TABLE):
        with contextlib.suppress(WordListError):
            found = read_words(rest, ".csv" if kind == TABLE else ".txt", "")
            terms = list(usable_terms(found, "words", lambda _: None))
            if terms:
                yaml.safe_load("\n".join(pack_lines(NEW_PACK, terms)))
    elif kind == POSTS:
        found = compare(OLD, NEW, io.BytesIO(rest))
        assert as_row(found)["posts"] == found.posts
        assert all(isinstance(line, str) for line in as_lines(found))
        for line in rest.split(b"\n"):
            assert isinstance(read_line(line), tuple | Refusal)
    else:
        assert list(explain(PACKS, rest.decode("utf-8", "surrogateescape")))


if __name__ == "__main__":
    shipped = [path.read_bytes() for path in sorted((ROOT / "packs").glob("*.yaml"))]
    packs = [PACK.encode(), *(one for one in shipped if len(one) < 4_000)]
    seeds = [bytes([FORMAT]) + one for one in packs]
    seeds += [bytes([WORDS]) + b"# list\notp\nfree gift\n\xe9\xaa\x8c\xe8\xaf\x81\n",
              bytes([TABLE]) + b"term;more\notp;1\n", bytes([POSTS]) + FILES["jsonl"],
              bytes([TEXT]) + b"Please send me the 0TP you got"]  # fmt: skip
    words = [f"{word}: ".encode() for word in (*keys_of(Pack), *keys_of(Rule))]
    words += [b"- ", b"[[", b"# c", b"|-\n", b">\n", b"!!", b"&a", b"\\ud800", b"\x00", b"\x85"]
    assert Path(ROOT).is_dir()
    fuzz("authoring", one_input, seeds, words)
