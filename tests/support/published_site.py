"""A published site of two providers and two packs, and what its pages are made of."""

import re
from html.parser import HTMLParser

from support.publish_world import CLOSED, World, live, sample_pack, sample_receipt, sample_rule


class Links(HTMLParser):
    """Collects where a page points, its ids, and every tag with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if found.get("id"):
            self.ids.append(str(found["id"]))


def parsed(page: str) -> Links:
    links = Links()
    links.feed(page)
    return links


def text_of(page: str) -> str:
    """What a page says, without its elements and the names of its pictures."""
    return " ".join(re.sub(r"<title>.*?</title>|<[^>]+>", " ", page, flags=re.DOTALL).split())


def sample_site() -> World:
    """Two packs over two days and a campaign, published twice; the last day is provisional."""
    made = World()
    packs = [sample_pack(campaign="autumn"), sample_pack("bait", 2, [sample_rule("prize")])]
    digest = made.put_set(*packs)
    for day in ("2026-11-24", "2026-11-25"):
        rules = {live(): 2, live("prize", "bait", 2): 1}
        made.store.add(sample_receipt(day, by_rule=rules, set=digest))
    made.store.add(sample_receipt(provider="kilat", inspected=1, refused={}))
    made.publish(CLOSED)
    made.store.add(sample_receipt("2026-11-24", 2))
    made.publish("2026-11-26T12:00:00Z", "2026-11-26", provisional=True)
    for pack in packs:  # the operator's command puts these
        made.files[f"packs/{pack['id']}/{pack['version']}.yaml"] = b""
    return made


def published(*packs: dict[str, object], moment: str = CLOSED, **world: str) -> World:
    """A world with one set and no post."""
    made = World(**world)
    made.put_set(*packs)
    made.publish(moment)
    return made


def states(made: World) -> dict[str, str]:
    """What the index says of each version of each pack."""
    table = made.text("index.html").partition('id="packs"')[2]
    found = re.findall(r'href="packs/(\S+?)\.html".*?class="state">([^<]*)<', table, re.DOTALL)
    return dict(found)


def pages_of(made: World) -> list[str]:
    return [key for key in made.files if key.endswith(".html")]
