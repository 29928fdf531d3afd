"""The packs that ship on real texts: what they hit, pack by pack, and every wrong hit to read. The
data is not part of the project (`../shared/data`); without it there is nothing to measure. The
texts labelled spam are no scams of today: premium-rate adverts of 2004-2012 and self-promotion."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest
from tools.bench.bench_evasion import DAY, ROOT, ordinary_posts, protected_sentences, show, texts
from tools.bench.corpus import DATA, labelled

from matcher import Hit, Matcher, Mode, Pack, load_packs

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data at {DATA}")


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    return load_packs(ROOT / "packs", today=DAY)


def exported() -> Iterator[str]:
    """The texts of the messages of public groups."""
    for path in sorted((DATA / "exports" / "telegram").glob("public-*.json")):
        for message in json.loads(path.read_text(encoding="utf-8"))["messages"]:
            pieces = message["text"] if isinstance(message["text"], list) else [message["text"]]
            text = "".join(p if isinstance(p, str) else p["text"] for p in pieces)
            if text:
                yield text


def test_nothing_innocent_is_hit(packs: list[Pack]) -> None:
    places = {
        "clean": [*texts("clean")],
        "exports": [*exported()],
        "protected": protected_sentences(),
        **{f"{name}, ham": [row.text for row in rows if row.label == "ham"]
           for name, rows in labelled("fraud").items()},
    }  # fmt: skip
    matcher = Matcher(packs)
    table, wrong = [["texts", "number", "live", "shadow"]], []
    for name, items in places.items():
        found = [(hit, text) for text, hits in zip(items, matcher.find_all(items), strict=True)
                 for hit in hits]  # fmt: skip
        modes = Counter(hit.mode for hit, _ in found)
        table.append([name, *map(str, (len(items), modes[Mode.LIVE], modes[Mode.SHADOW]))])
        wrong += [f"{name}: {as_line(hit, text)}" for hit, text in found]
    show("Hits of the packs on what must not be hit, and each of them", table, wrong)
    assert wrong == []


def test_no_disguise_adds_a_hit_on_ordinary_posts(packs: list[Pack]) -> None:
    """What is hit as it is written is a matter of its pack, and shown beside it."""
    posts = [*ordinary_posts()]
    hits_of_posts = zip(posts, Matcher(packs).find_all(posts), strict=True)
    found = [(hit, text) for text, hits in hits_of_posts for hit in hits]
    read = [(hit, text) for hit, text in found if any(span.evasion for span in hit.spans)]
    table = [["posts", "hits", "in disguise"], [*map(str, (len(posts), len(found), len(read)))]]
    show("Hits of the packs on ordinary posts", table, [as_line(*pair) for pair in found])
    assert read == []


def test_precision_and_recall(packs: list[Pack]) -> None:
    """Of each pack among all that is labelled spam, most of which is no business of any pack."""
    matcher = Matcher(packs)
    for name, rows in labelled("fraud").items():
        spam = sum(row.label == "spam" for row in rows)
        right: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        found = zip(rows, matcher.find_all([row.text for row in rows]), strict=True)
        for row, hits in found:
            counted = {hit.pack for hit in hits} | ({"any of them"} if hits else set())
            (right if row.label == "spam" else wrong).update(counted)
        table = [["pack", "mode", "spam", "ham", "precision", "recall"]]
        modes = {pack.id: pack.mode.value for pack in packs} | {"any of them": ""}
        for pack, mode in modes.items():
            all_hits = right[pack] + wrong[pack]
            precision = f"{right[pack] / all_hits:.3f}" if all_hits else "-"
            recall = f"{right[pack] / spam:.4f}"
            table.append([pack, mode, str(right[pack]), str(wrong[pack]), precision, recall])
        show(f"{name}: {len(rows):,} texts, {spam} labelled spam", table, [])
        assert wrong.total() == 0


def as_line(hit: Hit, text: str) -> str:
    spans = [text[span.start : span.end] for span in hit.spans]
    return f"{hit.pack}/{hit.rule} {spans} in {text[:200]!r}"
