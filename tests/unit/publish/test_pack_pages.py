"""The page of a pack: all of every rule, its state on each day, and its notice period."""

import html
import json
import re
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from support.publish_world import World, live, sample_pack, sample_receipt, sample_rule, scored_pack
from support.published_site import parsed, published, sample_site, states
from support.sample_entries import contest, decision, outcome

from ledger.cases import DecidedScore, JournalEntry
from publish.precision import GROUPS, RuleEvidence, TermEvidence, sum_evidence, term_evidence
from publish.summary import NO_ADDRESS
from recount import differences_of
from rules.pack import ProtectedSentences
from rules.pinned import digest_of

KINDS = ProtectedSentences.__struct_fields__[1:]


@pytest.fixture(scope="module")
def site() -> World:
    return sample_site()


def test_a_pack_page_shows_all_of_every_rule_and_its_numbers(site: World) -> None:
    page = site.text("packs/bait/2.html")
    rule = sample_rule("prize")
    for words in (*rule["unless"], *rule["except"], *rule["match"], *rule["ignore"]):  # type: ignore[misc]
        assert str(words) in page
    assert "within 12 words" in page
    assert "30 April 2027" in page
    assert "first, until 2026-10-31T09:00Z" in page
    assert re.search(r'<a href="#prize">prize</a></th>.*data-label="Live">2</td>', page, re.DOTALL)


def test_a_pack_page_says_how_many_terms_a_counting_group_needs() -> None:
    counted = {"n": 3, "of": ["free", "gratis"]}
    alone = sample_rule("alone", all=[], within=None, at_least=counted)
    made = published(sample_pack(rules=[sample_rule(at_least=counted), alone]))
    page = made.text("packs/one-time-codes/1.html")
    assert "and, within 12 words, at least 3 times one of" in page
    assert ">At least 3 times one of<" in page
    assert "<li>gratis</li>" in page


def test_a_rule_of_many_terms_has_them_on_a_page_of_its_own() -> None:
    """Everything by which a rule decides stays public, and its pack's page stays short."""
    names = [f"word-{number}" for number in range(61)]
    made = published(sample_pack(rules=[sample_rule(all=[names]), sample_rule("short")]))
    page = made.text("packs/one-time-codes/1.html")
    assert '<a href="1/asks-for-code.html">All its 64 terms and signs, with their weights' in page
    assert "word-0" not in page
    own = made.text("packs/one-time-codes/1/asks-for-code.html")
    assert all(f"<li>{name}</li>" in own for name in [*names, "otp bank", "never share"])
    assert "packs/one-time-codes/1/short.html" not in made.files


def scored_page(**more: bool) -> str:
    return published(scored_pack(**more)).text("packs/by-weight/1.html")


def test_a_scored_rule_shows_its_weights_from_the_largest_down() -> None:
    page = scored_page()
    weights = re.findall(r'<dt class="code">([^<]+)</dt>', page)
    assert weights == ["+7", "+5", "+3", "−2"]
    first = page[page.index("+7</dt>") : page.index("+5</dt>")]
    assert (
        '<li class="sign">'
        '<a href="../../signs.html#dressed-letters">dressed-letters</a> <span' in first
    )
    assert "<li>gacor</li>" in first
    assert "A sum of 8 or more is a finding, and from 12 on its severity is high." in page
    assert "at least half of their letters are of the script Latin, and they have a word" in page
    assert "Up to 12 % of a provider's posts in a day." in page.replace("&#39;", "'")
    assert "The score is 0 with one of" in page


def test_a_card_says_what_was_learned_from_how_well_it_does_and_who_read_it() -> None:
    page = scored_page()
    for words in (
        "300 to be found, and 2,000 to be left alone",
        "A. Reader read every term and sign on 20 November 2026.",
        "Invented comments, CC0-1.0",
        "The lowest sums with a precision of .99 on five folds.",
        "90 of 100",
        '10.0 <span class="soft small">(2 found; at most 36)</span>',
        "posts of more than 300 letters",
        "Somebody asks a friend for the code of a door.",
        "2 terms were given by hand, with a weight to start from",
        "gacor, jackpot",
        "a-pack 3 (12 terms)",
        "Unless a row says otherwise, they shaped neither weights nor thresholds.",
    ):
        assert words in page, words
    assert "in shadow" not in page[page.index('id="rules"') : page.index('id="card"')]


def test_a_page_says_that_weights_were_written_by_hand() -> None:
    page = scored_page(by_hand=True)
    assert "The weights were written by hand: no posts" in page
    assert "A program chose the weights" not in page


def test_without_a_card_a_page_says_that_scores_run_in_shadow() -> None:
    page = scored_page(has_card=False)
    assert "Scored rules run in shadow, because the pack has no card." in page
    assert '<span class="tag">in shadow</span>' in page
    assert "1 of its rules runs in shadow: what it finds is only counted." in page
    assert 'id="card"' not in page


@pytest.mark.parametrize(("changes", "state", "words"), [
    ({"unprotected": ["de"]}, "shadow", "there are no protected sentences in German yet"),
    ({"protected": [{"language": "de"} | {kind: [f"Satz {kind}"] * 5 for kind in KINDS}]},
     "live", "Protected sentences by the pack's author: German"),
], ids=["none", "the author's"])  # fmt: skip
def test_a_page_says_whose_sentences(changes: dict[str, object], state: str, words: str) -> None:
    made = published(sample_pack(**changes))
    page = html.unescape(made.text("packs/one-time-codes/1.html"))
    assert states(made) == {"one-time-codes/1": state}
    assert words in page
    assert page.count("Satz ") == (30 if state == "live" else 0)


def test_a_pack_that_was_replaced_says_so_and_shows_its_last_notice_period() -> None:
    """That of the newest set that holds the version."""
    made = World()
    made.put_set(sample_pack(), notice_hours=2)
    made.put_set(sample_pack(), sample_pack("bait", published_at="2026-11-02T09:00:00Z"))
    made.put_set(sample_pack(version=2), notice_hours=0)
    made.publish("2026-11-26T02:00:00Z")
    old, new = (made.text(f"packs/one-time-codes/{version}.html") for version in (1, 2))
    assert '<strong>Replaced.</strong> <a href="2.html">Version 2</a> is in force.' in old
    assert "it proposes nothing" in old
    assert "runs in shadow for 24 hours first, until 2026-10-31T09:00Z" in old
    assert "Replaced." not in new
    assert "None: a new version proposes at once." in new
    assert states(made) == {"bait/1": "not in force", "one-time-codes/1": "replaced",
                            "one-time-codes/2": "live"}  # fmt: skip


def test_after_a_rollback_the_older_version_is_in_force_and_the_newer_one_is_not() -> None:
    made = World()
    first = made.put_set(sample_pack(), notice_hours=2)
    made.put_set(sample_pack(), sample_pack("bait", published_at="2026-11-02T09:00:00Z"))
    made.put_set(sample_pack(version=2), sample_pack("bait"))
    made.put_in_force(first)
    made.publish("2026-11-26T02:00:00Z")
    page = made.text("packs/one-time-codes/1.html")
    assert "Replaced." not in page
    assert "Not in force." not in page
    assert "Live: its findings are proposed" in page
    assert "runs in shadow for 2 hours first" in page
    newer = made.text("packs/one-time-codes/2.html")
    assert "Replaced." not in newer
    assert '<strong>Not in force.</strong> The set in force has <a href="1.html">version 1' in newer
    assert "The set in force has no version of this pack" in made.text("packs/bait/1.html")
    assert states(made) == {"bait/1": "not in force", "one-time-codes/1": "live",
                            "one-time-codes/2": "not in force"}  # fmt: skip


@pytest.mark.parametrize(("moment", "state", "words"), [
    pytest.param("2026-10-31T23:59:59Z", "not yet", "Its first day is 1 November 2026",
                 id="before"),
    pytest.param("2026-11-01T00:00:00Z", "live", "", id="from its first moment"),
    pytest.param("2027-04-30T23:59:59Z", "live", "", id="to its last moment"),
    pytest.param("2027-05-01T00:00:00Z", "expired", "Its last day was 30 April 2027", id="after"),
])  # fmt: skip
def test_a_pack_is_live_on_its_days_only(moment: str, state: str, words: str) -> None:
    made = published(sample_pack(), moment=moment)
    page = made.text("packs/one-time-codes/1.html")
    assert states(made) == {"one-time-codes/1": state}
    assert words in page
    assert ("Live: its findings are proposed" in page) == (state == "live")
    assert ("it does not run now" in page) == (state != "live")


def test_a_pack_page_changes_on_the_day_after_its_last_and_on_no_other() -> None:
    made = World()
    made.put_set(sample_pack())
    changed = []
    for day in ("2027-04-29", "2027-04-30", "2027-05-01", "2027-05-02", "2027-06-30"):
        made.publish(f"{day}T03:00:00Z")
        changed.append({k for k in made.calls.writes if k.endswith(".html")})
    pages = {f"{page}{ending}"
             for page in ("packs/one-time-codes/1", "index")
             for ending in (".html", ".id.html", ".zh.html")}  # fmt: skip
    changed[0] = {page for page in changed[0] if not page.startswith(("authors", "method"))}
    assert changed == [pages, set(), pages, set(), set()]


def test_without_a_public_address_no_page_calls_a_pack_live() -> None:
    made = published(sample_pack(), public_url="")
    page = made.text("packs/one-time-codes/1.html")
    assert NO_ADDRESS in page
    assert "Live" not in page.partition('id="numbers"')[0]
    assert NO_ADDRESS in made.text("index.html")
    assert states(made) == {"one-time-codes/1": "shadow"}


def test_a_pack_on_trial_is_in_shadow() -> None:
    made = published(sample_pack(mode="shadow"))
    assert states(made) == {"one-time-codes/1": "shadow"}
    assert NO_ADDRESS not in made.text("packs/one-time-codes/1.html")


@pytest.mark.parametrize("name", ["../evil", "a/b", "Bait", "", "x" * 64])
def test_a_pack_that_cannot_stand_in_a_path_gets_no_page_and_is_counted(name: str) -> None:
    """The set that holds it never changes, so an error would end all publishing."""
    made = World()
    digest = made.put_set(
        sample_pack(), sample_pack(name, rules=[sample_rule("prize"), sample_rule("quiet")])
    )
    made.store.add(sample_receipt(by_rule={live("prize", name): 2, live(): 1}, set=digest))
    outcome = made.publish("2026-11-26T02:00:00Z")
    assert outcome.unpublishable == [f"pack {name}"]
    packs = [key for key in made.files if key.startswith("packs/")]
    assert packs == [f"packs/one-time-codes/1{end}" for end in (".html", ".id.html", ".zh.html")]
    page = made.text("summaries/acme/2026-11-25.html")
    assert "<span>prize</span>" in page
    assert "<span>quiet</span>" in page
    assert "without a page" in made.text("index.html")
    for key in ("summaries/acme/2026-11-25.html", "index.html"):
        links = [link for link in parsed(made.text(key)).links if "packs/" in link]
        assert links
        assert all("packs/one-time-codes/" in link for link in links)
    day = made.summary("acme/2026-11-25")
    assert day.numbers.findings == 3


def test_a_campaign_that_has_not_begun_is_named_without_a_dead_link() -> None:
    days = {"from": "2027-03-01", "until": "2027-04-01"}
    made = published(sample_pack(campaign="spring", in_force=days))
    page = made.text("packs/one-time-codes/1.html")
    assert "spring" in page
    assert "spring.html" not in page


def test_each_sign_has_a_line_and_its_definition_by_its_digest() -> None:
    made = World()
    signs = {name: digest_of(name) for name in ("link", "words-of-id")} | {"later": "0" * 64}
    made.put_set(scored_pack(), signs=signs)
    made.publish("2026-11-26T02:00:00Z")
    page = made.text("signs.html")
    for name, digest in signs.items():
        assert f'<tr id="{name}">' in page
        if name != "later":  # a sign of another release
            assert f'<a href="signs/{digest}.json">' in page
            assert sha256(made.text(f"signs/{digest}.json").encode()).hexdigest() == digest
    assert f'<a href="signs/{signs["later"]}.json">' not in page


def test_a_set_without_signs_has_no_page_of_signs(site: World) -> None:
    assert not [path for path in site.files if path.startswith("signs")]


RULE = "by-weight/1/advert"
BAR = 0.94
"""The lower end of the precision that the sample card promises."""


def decided_by(name: str, *terms: str, score: int = 8, verdict: str = "confirmed") -> JournalEntry:
    """A decision on one finding that these terms decided."""
    scores = (DecidedScore(RULE, score, terms),)
    return decision(name, verdict, rules={f"{RULE}/live": 1}, scores=scores)


def evidence(*entries: JournalEntry) -> dict[str, TermEvidence]:
    found = term_evidence(entries, lambda _: BAR)
    return found[RULE].terms if RULE in found else {}


def groups_of(number: int, term: str, verdict: str = "confirmed") -> list[JournalEntry]:
    """Decisions on findings of so many texts, each with a score of its own."""
    return [decided_by(f"{term} {at}", term, score=8 + at, verdict=verdict) for at in range(number)]


FIVE = groups_of(GROUPS, "slot")
COPY = decided_by("another copy", "slot")
WRONG = [decided_by(f"wrong {at}", "slot", verdict="dismissed") for at in range(2)]
LOOK = [msgspec.structs.replace(decided_by(f"copy {at}", "slot", score=50 + at), group="g" * 64)
        for at in range(3)]  # fmt: skip


def fell(*decisions: JournalEntry) -> list[JournalEntry]:
    return [outcome(f"o {at}", contest(f"c {at}", one)) for at, one in enumerate(decisions)]


@pytest.mark.parametrize(("entries", "counts"), [
    pytest.param([*FIVE[:4], COPY], [], id="four groups are too few"),
    pytest.param([*FIVE, COPY], [(5, 5, 6)], id="five are enough"),
    pytest.param([*FIVE, WRONG[0]], [(5, 5, 6)], id="a group stood if half of its findings did"),
    pytest.param([*FIVE, *WRONG], [(5, 4, 7)], id="and not if fewer did"),
    pytest.param([*FIVE[1:], *LOOK], [(5, 5, 7)], id="copies of one look count once"),
    pytest.param([*FIVE[1:], *LOOK, *fell(LOOK[0])], [(5, 4, 7)], id="and fall together"),
    pytest.param([*fell(FIVE[0]), *FIVE], [(5, 4, 5)], id="the last word of the month counts"),
    pytest.param(fell(*FIVE), [(5, 0, 5)], id="an earlier month's decision counts where it falls"),
    pytest.param(groups_of(GROUPS, "slot", "skipped"), [], id="what was skipped says nothing"),
    pytest.param([decision("d")], [], id="nor does a decision without a score"),
])  # fmt: skip
def test_the_decisions_on_a_term_are_counted_by_copy_groups(entries: list[JournalEntry],
        counts: list[tuple[int, int, int]]) -> None:  # fmt: skip
    rows = evidence(*entries).values()
    assert [(row.groups, row.stood, row.findings) for row in rows] == counts


@pytest.mark.parametrize(("right", "wrong", "misleads"),
    [(5, 0, False), (20, 1, False), (20, 8, True), (1, 4, True), (4, 1, False)])  # fmt: skip
def test_a_term_misleads_if_even_at_best_it_keeps_not_what_the_card_promises(right: int, wrong: int,
        misleads: bool) -> None:  # fmt: skip
    entries = groups_of(right, "slot")
    entries += [
        decided_by(f"wrong {at}", "slot", score=100 + at, verdict="dismissed")
        for at in range(wrong)
    ]
    [row] = evidence(*entries).values()
    assert row.misleads is misleads


def test_published_totals_add_up() -> None:
    one = {RULE: RuleEvidence(BAR, {"slot": TermEvidence(5, 1, 6, 0.0, 0.0)})}
    [[rule, summed]] = sum_evidence([one, one]).items()
    assert rule == RULE
    assert summed.terms["slot"] == TermEvidence(10, 2, 12, 0.0567, 0.5098, misleads=True)


def world_of_two_terms() -> World:
    """All findings that `gacor` decided stood, and none that `slot` decided."""
    made = World()
    digest = made.put_set(scored_pack())
    made.store.add(sample_receipt(by_rule={f"{RULE}/live": 20}, set=digest))
    for one in (*groups_of(6, "gacor"), *groups_of(6, "slot", verdict="dismissed"),
                *groups_of(4, "{link}")):  # fmt: skip
        made.store.do(one)
    return made


def test_totals_are_published_when_the_month_is_over() -> None:
    """While it grows, the difference of two totals would be one finding."""
    made = world_of_two_terms()
    made.publish("2026-11-26T02:00:00Z")
    assert not made.summary("acme/2026-11").terms
    assert not made.summary("acme/2026-11-25").terms
    made.publish("2026-12-02T02:00:00Z")
    terms = made.summary("acme/2026-11").terms
    assert terms
    rows = terms[RULE].terms
    assert {term: (row.stood, row.groups, row.misleads) for term, row in rows.items()} == {
        "gacor": (6, 6, False), "slot": (0, 6, True)}  # fmt: skip
    assert made.summary("all/2026-11").terms == terms
    revision = made.summary("acme/2026-11").revision
    made.publish("2026-12-03T02:00:00Z")
    assert made.summary("acme/2026-11").revision == revision


def test_the_pack_page_proposes_for_removal_and_no_term_list_of_one_finding_is_public() -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    note = made.text("packs/by-weight/1.html").partition("Proposed for removal")[2]
    note = note.partition("</p>")[0]
    assert "<bdi>slot</bdi>" in note
    assert "gacor" not in note
    assert "94" in note
    journals = [made.text(key) for key in made.files if key.startswith("journal/")]
    assert journals
    assert not any("gacor" in journal for journal in journals)
    assert "{link}" not in made.text("summaries/acme/2026-11.json")


def test_a_recount_finds_every_changed_total(tmp_path: Path) -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    folder = made.copy_to(tmp_path)
    for provider in ("acme", "all"):
        path = folder / f"summaries/{provider}/2026-11.json"
        text = path.read_text()
        assert list(differences_of(folder, path)) == []
        for name in ("groups", "stood", "findings", "low", "high", "misleads"):
            if (provider, name) == ("acme", "findings"):
                continue  # the journal does not say by which term a finding was decided
            summary = json.loads(text)
            row = summary["terms"][RULE]["terms"]["slot"]
            row[name] = not row[name] if name == "misleads" else row[name] + 1
            path.write_text(json.dumps(summary))
            assert list(differences_of(folder, path)), name
        summary = json.loads(text)
        summary["terms"][RULE]["bar"] = 0.5
        path.write_text(json.dumps(summary))
        assert list(differences_of(folder, path))
        path.write_text(text)


def test_a_month_that_an_earlier_release_closed_stays_as_it_is() -> None:
    made = world_of_two_terms()
    made.publish("2026-12-02T02:00:00Z")
    for provider in ("acme", "all"):
        key = f"summaries/{provider}/2026-11.json"
        summary = json.loads(made.text(key))
        del summary["terms"]
        made.files[key] = json.dumps(summary).encode()
    made.publish("2026-12-03T02:00:00Z")
    assert not made.summary("acme/2026-11").terms
    assert made.summary("acme/2026-11").revision == 1
