"""Comfort is the moderator's own, reasons are the provider's, and quality names no person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.desk_world import MemoryDesk, Visitor, dossier, finding, later
from support.sample_posts import PACK

from desk import cards, golden_dossiers
from desk.desk_pages import CareSettings
from desk.history import agreement, quality_of
from ledger.cases import JournalEntry
from ledger.desk_store import CannedReason
from ledger.numbers import ReportWords
from matcher import Pack

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)


def test_severe_cards_in_a_row_are_limited_within_a_sitting() -> None:
    care = CareSettings(severe_limit=3)
    for _ in range(3):
        assert not care.spares_severe(NOW)
        care = care.after(NOW, severe=True)
    assert care.spares_severe(NOW)
    assert not care.after(NOW, severe=False).spares_severe(NOW)
    assert care.spares_severe(NOW + timedelta(minutes=20))
    assert not care.spares_severe(NOW + timedelta(minutes=20, seconds=1))
    assert not CareSettings(severe_limit=0, last=int(NOW.timestamp())).spares_severe(NOW)


def test_a_pause_of_twenty_minutes_ends_no_sitting_and_a_longer_one_does() -> None:
    first = CareSettings(minutes=30).after(NOW, severe=True)
    assert (first.began, first.last, first.severe) == (NOW.timestamp(), NOW.timestamp(), 1)
    at = NOW + timedelta(minutes=20)
    second = first.after(at, severe=True)
    assert (second.began, second.severe) == (NOW.timestamp(), 2)
    assert not second.is_break_due(NOW + timedelta(minutes=30))
    assert second.is_break_due(NOW + timedelta(minutes=30, seconds=1))
    assert second.is_break_due(at + timedelta(minutes=20))
    assert not second.is_break_due(at + timedelta(minutes=20, seconds=1))
    later = at + timedelta(minutes=20, seconds=1)
    third = second.after(later, severe=True)
    assert (third.began, third.severe) == (later.timestamp(), 1)
    assert second.after_break() == CareSettings(minutes=30)
    assert not CareSettings(minutes=0, began=1, last=int(NOW.timestamp())).is_break_due(NOW)


def test_a_setting_is_read_by_itself_and_a_long_number_is_none() -> None:
    assert CareSettings.parse("b=0") == CareSettings(blurred=False)
    assert CareSettings.parse("b=x&g=0&k=1") == CareSettings(grey=False)
    assert CareSettings.parse("k=0") == CareSettings(keys=False)
    assert CareSettings.parse("l=zh&n=999999999999") == CareSettings("zh", began=999_999_999_999)
    for language in ("z", "zho", "z1", "12"):
        assert CareSettings.parse(f"l={language}").language == ""
    assert CareSettings.parse(f"x={'y' * 393}&m=9").minutes == 9
    assert CareSettings.parse(f"x={'y' * 394}&m=99").minutes == 9, "only 400 letters are read"
    care = CareSettings("id", False, False, False, 30, 10, 5, 6, 7)
    assert CareSettings.parse(care.cookie.partition("=")[2].partition(";")[0]) == care
    assert CareSettings().cookie == (
        "desk-care=l=&b=1&g=1&k=1&m=45&s=5&n=0&t=0&r=0; Path=/; Max-Age=31536000; HttpOnly;"
        " SameSite=Lax"
    )


@pytest.mark.parametrize(
    "cookie", ["", "m=9" * 500, "m=-1&s=%00", "l=<b>", "b=&=&", "n=9999999999999"]
)
def test_a_broken_cookie_is_the_default(cookie: str) -> None:
    assert CareSettings.parse(cookie) == CareSettings()


def test_the_break_is_offered_on_the_page() -> None:
    desk = MemoryDesk([dossier(finding())])
    visitor = Visitor(desk)
    care = CareSettings(minutes=30).after(desk.now(), severe=False)
    later(desk, minutes=20)
    care = care.after(desk.now(), severe=False)
    later(desk, minutes=15)
    name, _, value = care.cookie.partition(";")[0].partition("=")
    visitor.cookies[name] = value
    assert "Take ten minutes away" in visitor.get("/")["body"]
    visitor.post("/settings/break")
    assert "Take ten minutes away" not in visitor.get("/")["body"]


def test_reasons_are_of_the_pack_and_the_language_of_the_post() -> None:
    own = [CannedReason(text="For all.", verdict="dismissed", language="en"),
           CannedReason(text="For codes.", verdict="dismissed", language="en", pack="codes"),
           CannedReason(text="For others.", verdict="dismissed", language="en", pack="threats"),
           CannedReason(text="Untuk semua.", verdict="dismissed", language="id")]  # fmt: skip
    assert cards.suggested_reasons(own, dossier(finding()), "zh")["dismissed"] == ["For codes.",
        "For all."]  # fmt: skip
    in_indonesian = dossier(finding(language="id"))
    assert cards.suggested_reasons(own, in_indonesian, "zh")["dismissed"] == ["Untuk semua."]
    shipped = cards.suggested_reasons([], dossier(finding(language="zh-Hans")), "en")
    assert all(texts for texts in shipped.values())


def test_nine_reasons_fit_the_digits_and_the_pages_language_is_asked_second() -> None:
    own = [CannedReason(text=f"{n}", verdict="dismissed", language="zh") for n in range(10)]
    own += [CannedReason(text="en", verdict="dismissed", language="en")]
    in_thai = dossier(finding(language="th"))
    assert cards.suggested_reasons(own, in_thai, "zh")["dismissed"] == [str(n) for n in range(9)]
    assert cards.suggested_reasons(own, in_thai, "id")["dismissed"] == ["en"]
    assert cards.suggested_reasons(own[:10], in_thai, "id") == {}


def test_every_language_has_the_same_shipped_reasons() -> None:
    """Written as lines, they are read as they were."""
    en, id_, zh = (sorted(each.verdict for each in cards.SHIPPED if each.language == language)
                   for language in ("en", "id", "zh"))  # fmt: skip
    assert en == id_ == zh
    assert cards.read_reasons(cards.reason_lines(cards.SHIPPED)) == list(cards.SHIPPED)


@pytest.mark.parametrize("line", ["no bars", "maybe | en | * | x", "dismissed | english | * | x",
                                  "dismissed | en | * | "])  # fmt: skip
def test_a_line_that_is_no_reason_is_named(line: str) -> None:
    with pytest.raises(cards.ReasonError) as raised:
        cards.read_reasons(f"\ndismissed | en | * | x\n{line}")
    assert raised.value.line == 3


@pytest.mark.parametrize(("own", "language", "said"), [
    (("id:Lelucon.", "en:A joke.", "id:Lagu.", "en:A song."), "en", "A song."),
    (("id:Lelucon.", "en:A joke.", "id:Lagu."), "en", ""),
    (("id:Lelucon.", "id:Lagu."), "en", ""),
    (("id:Lelucon.", "en:A joke.", "id:Lagu.", "en:A song."), "id", ""),
])  # fmt: skip
def test_a_reason_is_told_in_ones_own_language_where_all_are_translated(own: tuple[str, ...],
        language: str, said: str) -> None:  # fmt: skip
    reasons = [CannedReason(text=each[3:], verdict="dismissed", language=each[:2]) for each in own]
    assert cards.in_language("Lagu.", language, reasons) == said
    desk = MemoryDesk([dossier(finding(language="id"))], reasons=reasons)
    body = Visitor(desk).get(f"/card/{desk.dossiers[0].item.key}")["body"]
    assert ('lang="en">A song.</span>' in body) is (len(own) == 4)


def test_a_lead_edits_the_reasons_and_nobody_else_sees_the_page() -> None:
    desk = MemoryDesk([dossier(finding())])
    lead, moderator = Visitor(desk, role="lead"), Visitor(desk, "m-8")
    assert moderator.get("/lead")["statusCode"] == 404
    assert moderator.post("/lead/settings", {"reasons": ""})["statusCode"] == 404
    answer = lead.post("/lead/settings", {"reasons": "dismissed | en | * | A poem.\nbroken"})
    assert answer["statusCode"] == 400
    assert "A poem." in answer["body"]
    lead.post("/lead/settings", {"reasons": "dismissed | en | * | A poem."})
    assert desk.desk.settings("acme").reasons == (
        CannedReason(text="A poem.", verdict="dismissed", language="en"),
    )  # fmt: skip
    assert "A poem." in moderator.get(f"/card/{desk.dossiers[0].item.key}")["body"]


def test_leads_alone_read_what_reporters_wrote() -> None:
    desk, notice = MemoryDesk([dossier(finding())]), "f" * 64
    words = ("1", "https://chat.example/1", "VIOLENCE", "It threatens <b>me</b>.", "Ada Reporter")
    for provider, name in (("acme", notice), ("other", "0" * 64)):
        desk.store.put_report(provider, ReportWords(name, "2026-11-25T12:00:00Z", *words))
    body = Visitor(desk, "lead-1", role="lead").get("/lead")["body"]
    assert "It threatens &lt;b&gt;me&lt;/b&gt;." in body
    assert body.count("Ada Reporter") == 1
    assert f'href="/card/{notice}"' in body
    for role in ("moderator", "auditor"):
        visitor = Visitor(desk, "m-8", role=role)
        for path in ("/lead", "/", f"/card/{desk.dossiers[0].item.key}"):
            assert "Ada Reporter" not in visitor.get(path)["body"]


def test_the_leads_page_names_no_moderator() -> None:
    desk = MemoryDesk([dossier(finding())])
    body = Visitor(desk, "lead-1", role="lead").get("/lead")["body"]
    assert "42 of 46 second looks agreed" in body
    assert "m-1" not in body


def test_agreement_has_an_interval_that_ends_at_one() -> None:
    """By hand: 35 of 50 agree, 25 by chance; 0.4 and 1.96 × √(0.7 × 0.3 / (50 × 0.5²))."""
    found = agreement([("c", "c", 20), ("c", "d", 5), ("d", "c", 10), ("d", "d", 15)])
    assert found.kappa == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx((0.145957, 0.654043), abs=1e-5)
    good = agreement([("c", "c", 9), ("c", "d", 1), ("d", "d", 10)])
    assert (good.low, good.high) == (pytest.approx(0.708, abs=0.001), 1.0)
    bad = agreement([("c", "d", 9), ("d", "d", 1), ("d", "c", 10)])
    assert (bad.low, bad.high) == (-1.0, pytest.approx(-0.9 + 0.19104, abs=1e-4))
    for pairs in ([], [("c", "d", 1)], [("c", "c", 2)]):
        few = agreement(pairs)
        assert (few.kappa, few.low, few.high) == (None, -1.0, 1.0)
    assert agreement([("c", "c", 1), ("d", "d", 1)]).kappa == 1.0
    assert agreement([("c", "d", 5), ("d", "c", 5)]).kappa == -1.0


def made(entry: str, verdict: str, *rules: str, **changes: Any) -> JournalEntry:
    named = {f"codes/3/{rule}/live": 1 for rule in rules}
    return JournalEntry(entry, "acme", "", type="decision", verdict=verdict, rules=named, **changes)


def test_decisions_count_by_rule_and_verdict_and_only_judgements() -> None:
    decisions = [made("a", "confirmed", "asks", "offers"), made("b", "dismissed", "asks"),
                 made("c", "escalated", "asks"), made("d", "skipped", "sells")]  # fmt: skip
    upheld = JournalEntry("o", "acme", "", type="outcome", overturns=False, about=decisions[0])
    quality = quality_of([*decisions, upheld], "2026-08-27")
    assert quality.since == "2026-08-27"
    assert [(each.rule, each.confirmed, each.dismissed, each.overturned) for each in quality.rules
            ] == [("codes/asks", 1, 1, 0), ("codes/offers", 1, 0, 0)]  # fmt: skip
    assert quality.pairs == ()


def test_a_look_at_near_copies_counts_once() -> None:
    looks = [made(str(number), "confirmed", "asks", group="g") for number in range(3)]
    overturned = [JournalEntry(f"o{look.entry}", "acme", "", type="outcome", overturns=True,
                               about=look) for look in looks[:2]]  # fmt: skip
    second = JournalEntry("s", "acme", "", type="second_review", verdict="dismissed",
                          about=looks[0])  # fmt: skip
    quality = quality_of([*looks, *overturned, second], "2026-08-27")
    [rule] = quality.rules
    assert (rule.rule, rule.confirmed, rule.overturned) == ("codes/asks", 1, 1)
    assert quality.pairs == (("confirmed", "dismissed", 1),)


def test_training_tells_the_known_answer_and_stores_nothing() -> None:
    [first, *_] = golden_dossiers([Pack.parse(PACK, "sample")], "acme")
    desk = MemoryDesk([first])
    visitor = Visitor(desk)
    other = "dismissed" if first.answer == "confirmed" else "confirmed"
    assert "The known answer is" in visitor.decide(first.item.key, other)["body"]
    assert "That is the known answer" in visitor.decide(first.item.key, first.answer)["body"]
    assert not desk.pending
    assert "Nothing waits" in visitor.get("/")["body"]
