"""A second, differently made set: stories with slots, filled with drawn names, places and numbers.
The same story is told of several people, and the same people stand in several stories: a right
answer shares more with a text than either does. What the slots of a text do not tell apart is right
under every name (`Told.rights`)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tools.training.development import entry_of

from claims.fact_check import FeedCheck

FRAMES = Path(__file__).parent / "frames"
_SLOT = re.compile(r"\{(\w+)\}")
SLOTS = {
    "en": {
        "first": "Dana Milo Ruth Ivo Carla Otis Nell Bram Tessa Hugo Lena Amos Petra Silas Vera",
        "last": "Lark Orven Tolley Brandt Quill Hasker Dunmore Vance Pellow Strand Ackley Finch",
        "place": "Harlow Millbrook Osterfeld Linden Brackwater Tarnside Wexley Copperhill Dunsport "
        "Eastmere Fallowdale Greywick Ketterby Norrington Pinehaven Rookford Sandleigh Thornbury",
        "firm": "Fairmart Brewlane Northpeak Solvane Kettleby Homenest Brightwing Velora Quickdine "
        "Tidewell Oakridge Zentra Palmetto Lumora Stonegate",
        "thing": "pickles almonds ginger oatmeal raisins beetroot honey mushrooms garlic walnuts"},
    "id": {
        "first": "Dara Bimo Sekar Raka Wulan Tegar Nirmala Galih Ayu Satria Melati Jaka Intan Bayu",
        "last": "Lesmana Prawira Kencana Wiguna Saraswati Pradana Handaru Maheswari Santika Yudha",
        "place": "Tanjungsela Kenari Sukamakmur Batulayar Wonosari Karanganyar Muaraindah Cemara "
        "Pasirputih Lembahsari Tirtawana Gunungrejo Sidomulyo Telagabiru",
        "firm": "Segarmart Kopiraya Nusajaya Sinarlaut Berkahmart Larisindo Maknyus Tokoceria "
        "Rasamanis Ojekita Jempolku",
        "thing": "jahe kunyit sirsak seledri kelor pepaya bawang belimbing temulawak mengkudu"},
    "zh": {
        "first": "林 陈 周 吴 郑 何 沈 韩 唐 许",
        "last": "清远 晓岚 子涵 雪明 志恒 雨桐 嘉禾 文博 思源 佳宁",
        "place": "林登 青石镇 河湾 东岭 白沙港 云台 松江口 南屏 金田 柳河",
        "firm": "福来超市 清泉饮料 云朵咖啡 好邻居 金穗食品 蓝鲸商城 万家福 乐尚",
        "thing": "生姜 芹菜 苦瓜 洋葱 香蕉皮 玉米须 秋葵 大蒜 木耳"},
}  # fmt: skip
"""None of these people, places and firms exists, as far as a search can tell."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text, the links of all checks that answer it, and those to take out to leave none. The same
    story with another number or year is none of either: it is no answer that is looked for, yet
    nobody would call it the check of another rumour."""

    text: str
    rights: frozenset[str]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Frame:
    claim: str
    title: str
    summary: str
    posts: tuple[str, ...]


def _frames(language: str) -> list[_Frame]:
    blocks = (FRAMES / f"{language}.txt").read_text(encoding="utf-8").split("\n= ")
    return [_frame(block.removeprefix("= ").strip().split("\n")) for block in blocks]


def _frame(lines: list[str]) -> _Frame:
    marked = {mark: [line[2:] for line in lines[1:] if line.startswith(mark)] for mark in "#~>"}
    (title,), summary = marked["#"], "".join(marked["~"])
    return _Frame(lines[0], title, summary, tuple(marked[">"]))


def _drawn(language: str, random: Random) -> dict[str, str]:
    some = {name: random.choice(values.split()) for name, values in SLOTS[language].items()}
    glue = "" if language == "zh" else " "
    return some | {"person": some["first"] + glue + some["last"],
        "number": str(random.choice((3, 4, 6, 7, 9, 11, 14, 17, 20, 25, 40, 60, 75, 120, 300))),
        "year": str(random.randint(2011, 2027))}  # fmt: skip


def told(language: str, each: int, random: Random) -> tuple[list[FeedCheck], list[Told]]:
    """`each` checks of every story, and the texts that tell half of them."""
    entries: list[FeedCheck] = []
    texts: list[Told] = []
    for at, frame in enumerate(_frames(language)):
        filled = [_drawn(language, random) for _ in range(each)]
        links = [f"https://story.example/{language}/{at:03}/{one:03}" for one in range(each)]
        for link, values in zip(links, filled, strict=True):
            entry = entry_of(link, _fill(frame.claim, values), _fill(frame.title, values), language)
            entries.append(FeedCheck(entry.check, entry.title, _fill(frame.summary, values)))
        for values in filled[: max(1, each // 2)]:
            texts.extend(_texts(frame, values, list(zip(links, filled, strict=True))))
    return entries, texts


def _texts(frame: _Frame, values: dict[str, str],
           all_filled: list[tuple[str, dict[str, str]]]) -> Iterator[Told]:  # fmt: skip
    for post in frame.posts:
        named = set(_SLOT.findall(post))
        telling = named.intersection(_SLOT.findall(frame.claim + frame.title))
        rights = frozenset(
            link for link, one in all_filled if all(one[name] == values[name] for name in telling)
        )
        named = telling - {"number", "year"}
        gone = frozenset(
            link for link, one in all_filled if all(one[name] == values[name] for name in named)
        )
        yield Told(_fill(post, values), rights, gone)


def _fill(text: str, values: dict[str, str]) -> str:
    return _SLOT.sub(lambda found: values[found[1]], text)
