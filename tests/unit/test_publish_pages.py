"""Pages without a browser: policy, inert text, links that lead somewhere, honest words."""

import base64
import csv
import io
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath

import msgspec
import pytest
from hostile import FORMULA, HOSTILE, OBEYED
from unit.publish_world import World, live, sample_pack, sample_receipt, sample_rule

from ledger.refusal import Code
from pages import Pages
from published_set import Catalogue, parse_set
from spreadsheet import encode_csv
from summary import NO_ADDRESS, decode_summary
from wording import REFUSALS, opening

CLOSED = "2026-11-26T02:00:00Z"


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


@pytest.fixture(scope="module")
def site() -> World:
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
        made.objects.stored[f"packs/{pack['id']}/{pack['version']}.yaml"] = b""
    return made


def states(made: World) -> dict[str, str]:
    """What the index says of each version of each pack."""
    table = made.text("index.html").partition('id="packs"')[2]
    found = re.findall(r'href="packs/(\S+)\.html".*<td>([^<]*)</td></tr>', table)
    return dict(found)


def pages_of(made: World) -> list[str]:
    return [key for key in made.objects.stored if key.endswith(".html")]


def test_every_link_leads_to_something_that_is_published(site: World) -> None:
    """Relative links alone, so that a copied folder reads as the site does."""
    assert len(pages_of(site)) > 10
    for key in pages_of(site):
        for link in parsed(site.text(key)).links:
            if link.startswith(("https://", "#")):
                continue
            path, _, fragment = link.partition("#")
            target = normpath(str(PurePosixPath(key).parent / path))
            assert target in site.objects.stored, (key, link)
            if fragment:
                assert fragment in parsed(site.text(target)).ids, (key, link)


def test_every_fragment_and_label_is_there_once(site: World) -> None:
    for key in pages_of(site):
        found = parsed(site.text(key))
        assert len(found.ids) == len(set(found.ids)), key
        named = [
            str(attributes["aria-labelledby"])
            for _, attributes in found.tags
            if "aria-labelledby" in attributes
        ]
        named += [link[1:] for link in found.links if link.startswith("#")]
        assert set(named) <= set(found.ids), key


def test_the_policy_allows_the_one_stylesheet_and_nothing_else(site: World) -> None:
    for key in pages_of(site):
        page = site.text(key)
        (sheet,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
        digest = base64.b64encode(sha256(sheet.encode()).digest()).decode()
        (policy,) = [
            str(attributes["content"])
            for tag, attributes in parsed(page).tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
        assert "unsafe" not in policy


def test_no_page_has_a_script_a_handler_or_a_style_attribute(site: World) -> None:
    for key in pages_of(site):
        for tag, attributes in parsed(site.text(key)).tags:
            assert tag not in {"script", "iframe", "object", "embed", "img", "form"}
            assert not [name for name in attributes if name.startswith("on") or name == "style"]


def hostile_world(payload: str) -> tuple[list[str], bytes]:
    """All pages, and the CSV, of a world in which every name and word is this one."""
    made = World()
    hostile = sample_pack(
        rules=[sample_rule(payload, why=payload, severity=payload, match=[payload] * 2)],
        title=payload,
        why=payload,
        owner=payload,
        category=payload,
        campaign="autumn",
        legal_ground={"text": payload, "url": f"javascript:alert(1)//{payload}"},
        languages=[payload],
    )
    pause = {"rule": payload, "since": payload, "why": payload}
    digest = made.put_set(hostile, acme={"packs": None, "paused": [pause]})
    key = f"one-time-codes/1/{payload}/live"
    made.store.add(
        sample_receipt(
            by_rule={key: 5},
            held={key: 2},
            refused={payload: 1},
            skipped=(payload,),
            set=digest,
        )
    )
    made.publish(CLOSED)
    day = decode_summary(made.objects.stored["summaries/acme/2026-11-25.json"])
    day = msgspec.structs.replace(day, provider=payload, public_url=payload)
    catalogue = Catalogue({digest: parse_set(made.objects.stored[f"sets/{digest}.json"])}, digest)
    pages = [Pages(catalogue, payload, "2026-11-26").summary(day)]
    return [*pages, *(made.text(key) for key in pages_of(made))], encode_csv(day)


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page in order, each with the names of its attributes."""
    return [(tag, sorted(attributes)) for tag, attributes in parsed(page).tags]


@pytest.fixture(scope="module")
def harmless_world() -> tuple[list[str], bytes]:
    return hostile_world("Plain words, of a harmless kind")


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_are_inert_in_pages_and_spreadsheet(
    payload: str, harmless_world: tuple[list[str], bytes]
) -> None:
    """A page has the elements and attributes that it has with harmless names, and no others."""
    pages, table = hostile_world(payload)
    harmless_pages, harmless_table = harmless_world
    assert [shape(page) for page in pages] == [shape(page) for page in harmless_pages]
    for page in pages:
        found = parsed(page)
        assert page.count("<style>") == 1
        assert not [link for link in found.links if link.startswith("javascript:")]
        assert OBEYED.findall(page) == []
    assert OBEYED.findall(table.decode()) == []
    rows, harmless = (
        list(csv.reader(io.StringIO(data.decode(), newline=""))) for data in (table, harmless_table)
    )
    assert [len(row) for row in rows] == [len(row) for row in harmless]
    assert [cell for row in rows for cell in row if FORMULA.match(cell)] == []


def test_numbers_are_shown_with_separators(site: World) -> None:
    made = World()
    made.store.add(sample_receipt(inspected=1_234_567))
    made.publish(CLOSED)
    assert '<dd class="big">1,234,567</dd>' in made.text("summaries/acme/2026-11-25.html")


@pytest.mark.parametrize(
    ("path", "sentences"),
    [
        pytest.param(
            "acme/2026-11-25",
            [
                "On 25 November 2026 Terang read 100 public posts of acme and recorded 3 findings.",
                "All of them were proposed for people to look at.",
                "3 other records were refused and not read by any rule.",
            ],
            id="a day",
        ),
        pytest.param(
            "kilat/2026-11-25",
            ["On 25 November 2026 Terang read 1 public post of kilat; none of them met a rule."],
            id="a quiet day",
        ),
        pytest.param(
            "all/2026-11",
            [
                (
                    "In November 2026 Terang read 301 public posts of 2 providers so far"
                    " and recorded 6 findings."
                ),
                "All of them were proposed for people to look at.",
                "9 other records were refused and not read by any rule.",
            ],
            id="an open month of all",
        ),
        pytest.param(
            "acme/autumn",
            [
                (
                    "In the days of the campaign autumn Terang read 300 public posts of acme so far"
                    " and recorded 4 findings of its rules."
                ),
                "All of them were proposed for people to look at.",
                "9 other records were refused and not read by any rule.",
            ],
            id="a campaign",
        ),
    ],
)
def test_a_page_opens_with_plain_words(site: World, path: str, sentences: list[str]) -> None:
    assert opening(decode_summary(site.objects.stored[f"summaries/{path}.json"])) == sentences


def test_the_opening_divides_findings_into_proposed_held_and_shadow() -> None:
    made = World()
    digest = made.put_set(sample_pack())
    shadow = "one-time-codes/1/asks-for-code/shadow"
    rules = {live(): 17, shadow: 3}
    made.store.add(sample_receipt(by_rule=rules, held={live(): 16}, set=digest, refused={}))
    made.publish(CLOSED)
    day = decode_summary(made.objects.stored["summaries/acme/2026-11-25.json"])
    assert opening(day)[1] == (
        "Of these, 1 was proposed for people to look at, 16 held back by the flood guard"
        " and 3 only counted, by rules on trial."
    )


def test_a_page_says_what_its_numbers_do_not_mean(site: World) -> None:
    page = site.text("summaries/acme/2026-11-25.html")
    for words in (
        "counts again",
        "not a verdict",
        "never proposed",
        "Nothing is removed by a machine",
        "terang recount",
        "No decisions recorded yet",
    ):
        assert words in page


def test_a_pack_page_shows_all_of_every_rule_and_its_numbers(site: World) -> None:
    page = site.text("packs/bait/2.html")
    rule = sample_rule("prize")
    for words in (*rule["unless"], *rule["except"], *rule["match"], *rule["ignore"]):  # type: ignore[misc]
        assert str(words) in page
    assert "within 12 words" in page
    assert "30 April 2027" in page
    assert "over on 2026-10-31T09:00Z" in page
    assert re.search(r'<a href="#prize">prize</a></th><td class="num">2</td>', page)


def test_a_pack_page_says_how_many_terms_a_counting_group_needs() -> None:
    made = World()
    counted = {"n": 3, "of": ["free", "gratis"]}
    alone = sample_rule("alone", all=[], within=None, at_least=counted)
    made.put_set(sample_pack(rules=[sample_rule(at_least=counted), alone]))
    made.publish(CLOSED)
    page = made.text("packs/one-time-codes/1.html")
    assert "and, within 12 words, at least 3 times one of" in page
    assert ">At least 3 times one of<" in page
    assert '<li dir="auto">gratis</li>' in page


def test_a_pack_that_was_replaced_says_so() -> None:
    made = World()
    made.put_set(sample_pack())
    made.put_set(sample_pack(version=2, owner="new@provider.example"))
    made.publish(CLOSED)
    old = made.text("packs/one-time-codes/1.html")
    assert '<strong>Replaced.</strong> <a href="2.html">Version 2</a> is in force.' in old
    assert "nothing of it is proposed" in old
    assert "Replaced." not in made.text("packs/one-time-codes/2.html")
    assert states(made) == {"one-time-codes/1": "replaced", "one-time-codes/2": "live"}


def test_after_a_rollback_the_older_version_is_in_force_and_the_newer_one_is_not() -> None:
    made = World()
    first = made.put_set(sample_pack())
    made.put_set(sample_pack(version=2), sample_pack("bait"))
    made.put_in_force(first)
    made.publish(CLOSED)
    page = made.text("packs/one-time-codes/1.html")
    assert "Replaced." not in page
    assert "Not in force." not in page
    assert "Live: its findings are proposed" in page
    newer = made.text("packs/one-time-codes/2.html")
    assert "Replaced." not in newer
    assert (
        '<strong>Not in force.</strong> The set in force holds <a href="1.html">version 1' in newer
    )
    assert "The set in force holds no version of this pack" in made.text("packs/bait/1.html")
    assert states(made) == {
        "bait/1": "not in force",
        "one-time-codes/1": "live",
        "one-time-codes/2": "not in force",
    }


@pytest.mark.parametrize(
    ("moment", "state", "words"),
    [
        pytest.param(
            "2026-10-31T23:59:59Z", "not yet", "Its first day is 1 November 2026", id="before"
        ),
        pytest.param("2026-11-01T00:00:00Z", "live", "", id="from its first moment"),
        pytest.param("2027-04-30T23:59:59Z", "live", "", id="to its last moment"),
        pytest.param(
            "2027-05-01T00:00:00Z", "expired", "Its last day was 30 April 2027", id="after"
        ),
    ],
)
def test_a_pack_is_live_on_its_days_only(moment: str, state: str, words: str) -> None:
    made = World()
    made.put_set(sample_pack())
    made.publish(moment)
    page = made.text("packs/one-time-codes/1.html")
    assert states(made) == {"one-time-codes/1": state}
    assert words in page
    assert ("Live: its findings are proposed" in page) == (state == "live")
    assert ("it is not run now" in page) == (state != "live")


def test_a_pack_page_changes_on_the_day_after_its_last_and_on_no_other() -> None:
    made = World()
    made.put_set(sample_pack())
    changed = []
    for day in ("2027-04-29", "2027-04-30", "2027-05-01", "2027-05-02", "2027-06-30"):
        made.publish(f"{day}T03:00:00Z")
        changed.append({k for k in made.objects.writes if k.endswith(".html")})
    pages = {"packs/one-time-codes/1.html", "index.html"}
    assert changed == [pages, set(), pages, set(), set()]


def test_without_a_public_address_no_page_calls_a_pack_live() -> None:
    made = World(public_url="")
    made.put_set(sample_pack())
    made.publish(CLOSED)
    page = made.text("packs/one-time-codes/1.html")
    assert NO_ADDRESS in page
    assert "Live" not in page.partition('id="numbers"')[0]
    assert NO_ADDRESS in made.text("index.html")
    assert states(made) == {"one-time-codes/1": "shadow"}


def test_a_pack_on_trial_is_in_shadow() -> None:
    made = World()
    made.put_set(sample_pack(mode="shadow"))
    made.publish(CLOSED)
    assert states(made) == {"one-time-codes/1": "shadow"}
    assert NO_ADDRESS not in made.text("packs/one-time-codes/1.html")


def test_a_pack_page_shows_the_notice_period_of_the_newest_set_that_holds_the_version() -> None:
    made = World()
    made.put_set(sample_pack(), notice_hours=2)
    made.put_set(sample_pack(), sample_pack("bait", published_at="2026-11-02T09:00:00Z"))
    made.put_set(sample_pack(version=2), notice_hours=0)
    made.publish(CLOSED)
    old, new = (made.text(f"packs/one-time-codes/{version}.html") for version in (1, 2))
    assert "24 hours in which a new version only runs in shadow; over on 2026-10-31T09:00Z" in old
    assert "0 hours in which a new version only runs in shadow; over on 2026-10-30T09:00Z" in new


def test_the_set_in_force_is_the_newest_after_a_rollback_too() -> None:
    made = World()
    first = made.put_set(sample_pack(), notice_hours=2)
    made.put_set(sample_pack(), sample_pack("bait", published_at="2026-11-02T09:00:00Z"))
    made.put_in_force(first)
    made.publish(CLOSED)
    assert "2 hours in which a new version" in made.text("packs/one-time-codes/1.html")


@pytest.mark.parametrize("name", ["../evil", "a/b", "Bait", "", "x" * 64])
def test_a_pack_that_cannot_stand_in_a_path_gets_no_page_and_is_counted(name: str) -> None:
    """The set that holds it never changes, so an error would end all publishing."""
    made = World()
    digest = made.put_set(
        sample_pack(), sample_pack(name, rules=[sample_rule("prize"), sample_rule("quiet")])
    )
    made.store.add(sample_receipt(by_rule={live("prize", name): 2, live(): 1}, set=digest))
    outcome = made.publish(CLOSED)
    assert outcome.unpublishable == [f"pack {name}"]
    packs = [key for key in made.objects.stored if key.startswith("packs/")]
    assert packs == ["packs/one-time-codes/1.html"]
    page = made.text("summaries/acme/2026-11-25.html")
    assert "<span>prize</span>" in page
    assert "<span>quiet</span>" in page
    assert "without a page" in made.text("index.html")
    for key in ("summaries/acme/2026-11-25.html", "index.html"):
        links = [link for link in parsed(made.text(key)).links if "packs/" in link]
        assert links
        assert all("packs/one-time-codes/" in link for link in links)
    day = decode_summary(made.objects.stored["summaries/acme/2026-11-25.json"])
    assert day.numbers.findings == 3


def test_a_campaign_that_has_not_begun_is_named_without_a_dead_link() -> None:
    made = World()
    days = {"from": "2027-03-01", "until": "2027-04-01"}
    made.put_set(sample_pack(campaign="spring", in_force=days))
    made.publish(CLOSED)
    page = made.text("packs/one-time-codes/1.html")
    assert "spring" in page
    assert "spring.html" not in page


def test_every_code_of_refusal_has_its_words() -> None:
    assert set(REFUSALS) == set(Code)
