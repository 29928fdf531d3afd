"""Deliveries are ranges or messages, and their posts become findings with pseudonyms."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from support.canary import ACCOUNT
from support.sample_posts import OTP, PACK, PRIZE, SHADOW, StandingClock, fields, pack

from ledger.closing import POINTER_KEY, set_key
from ledger.codes import OperatorError
from ledger.findings import Finding, Pseudonyms, stub_of
from ledger.objects import RESERVE_SECONDS, Delivery, TimeReserveError
from ledger.posts import Post, TranslatedPost
from ledger.units import Attempt, RangeMessage, Source
from matcher import Matcher, SetError, build_set
from matcher.engine import Fingerprints
from rules.pack import InForce
from rules.rule_set import ProviderSettings
from scan.inspection import (
    MAX_SPANS,
    ExcerptedFinding,
    Inspection,
    Keeping,
    ShadowFindings,
    UnitOutcome,
    count_by_rule,
    count_live_hits,
    inspect_posts,
    match_posts,
)
from scan.scanner import Deliveries, EndedMessages, Message, UnknownSender
from scan.unit_input import KEPT, Rules, RuleSets

if TYPE_CHECKING:
    from ledger.closing import Closing
    from ledger.objects import Senders
    from scan.scanner import MessageScanner
    from scan.unit_work import UnitScanner

UNIT = RangeMessage(
    "f1", "acme", 0, Source("drop", "drop/acme/a", "v1", "e", 9), 0, 9, "set", "k1",
    "2026-11-25T12:00:00Z",
)  # fmt: skip
SENT = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass(slots=True)
class Parts:
    """Stands for scanner, closing and senders, and keeps what was asked of them, in order."""

    done: list[Any] = field(default_factory=list)
    believed_provider: str | None = "acme"
    waited: timedelta = timedelta()

    def scan_range(self, unit: RangeMessage) -> UnitOutcome:
        self.done.append(("range", unit))
        return UnitOutcome(None, new=True)

    def scan(self, messages: list[Message], _: Any) -> Iterator[EndedMessages]:
        self.done += [
            ("message", one.provider, one.body, one.sent_at, one.receives, one.deliveries)
            for one in messages
        ]
        yield EndedMessages(messages)

    def close(self, file: str) -> bool:
        self.done.append(("close", file))
        return True

    def provider_of_sender(self, sender_id: str, attributes: dict[str, str],
                           door: str) -> str | None:  # fmt: skip
        self.done.append(("provider_of_sender", sender_id, attributes))
        return self.believed_provider

    def first_sent(self, message: Delivery) -> datetime:
        return message.sent_at - self.waited


def deliveries(parts: Parts, trial_day: bool = False) -> Deliveries:
    return Deliveries(
        cast("UnitScanner", parts), cast("MessageScanner", parts), cast("Closing", parts),
        cast("Senders", parts), StandingClock(),
        trial_day=trial_day,
    )  # fmt: skip


def message(queue: str = "arn:posts", body: str = "{}", **changes: Any) -> Delivery:
    return replace(Delivery(queue, body, "AROAX:s", {"provider": "acme"}, SENT, "one"), **changes)


def take(parts: Parts, *messages: Delivery, trial_day: bool = False) -> list[Any]:
    return [*deliveries(parts, trial_day).take_messages(messages, lambda: 300)]


def test_a_unit_is_scanned_and_then_its_file_looked_at() -> None:
    parts = Parts()
    deliveries(parts).take(message("arn:units", msgspec.json.encode(UNIT).decode()), lambda: 300)
    assert parts.done == [("range", UNIT), ("close", "f1")]


def test_a_message_is_scanned_by_the_day_it_was_sent() -> None:
    parts = Parts()
    take(parts, message())
    assert parts.done == [("provider_of_sender", "AROAX:s", {"provider": "acme"}),
                          ("message", "acme", "{}", SENT, 1, ["one"])]  # fmt: skip


def test_equal_bodies_are_one_message_as_of_its_first_sending() -> None:
    parts = Parts()
    later = SENT + timedelta(hours=1)
    sent = [message(sent_at=later), message(id="two", receives=3), message(id="x", body="[]")]
    take(parts, *sent)
    assert [done[2:] for done in parts.done if done[0] == "message"] == [
        ("{}", SENT, 3, ["one", "two"]), ("[]", SENT, 1, ["x"])]  # fmt: skip


def test_a_dead_letter_is_scanned_by_the_day_it_was_sent_first() -> None:
    parts = Parts(waited=timedelta(days=9))
    take(parts, message())
    assert parts.done[-1][3] == SENT - timedelta(days=9)


def test_on_a_trial_day_every_message_was_sent_today() -> None:
    parts = Parts()
    take(parts, message(), trial_day=True)
    assert parts.done[-1][3] == StandingClock().now()


def test_nothing_is_scanned_for_who_is_not_believed() -> None:
    parts = Parts(believed_provider=None)
    assert take(parts, message()) == [UnknownSender("one")]
    assert [done[0] for done in parts.done] == ["provider_of_sender"]


def test_with_too_little_time_left_nothing_begins() -> None:
    parts, unit = Parts(), message("arn:units", msgspec.json.encode(UNIT).decode())
    with pytest.raises(TimeReserveError):
        deliveries(parts).take(unit, lambda: RESERVE_SECONDS - 0.001)
    assert parts.done == []
    deliveries(parts).take(unit, lambda: RESERVE_SECONDS)
    assert parts.done


def test_a_body_that_is_no_unit_comes_again_until_it_is_a_dead_letter() -> None:
    with pytest.raises(msgspec.DecodeError):
        deliveries(Parts()).take(message("arn:units", "hello"), lambda: 300)


PSEUDONYMS = Pseudonyms.derive(b"secret", "acme", "k2026-11")
RULES = Rules("set", (), Matcher([pack(), pack(SHADOW)]))


def post(**changes: Any) -> Post:
    return msgspec.convert(fields(**changes), Post)


def inspect(*posts: Post, **settings: Any) -> list[ExcerptedFinding]:
    return [*inspection(*posts, **settings).findings.values()]


def inspection(
        *posts: Post, provider: str = "acme", unit: str = "u1", rules: Rules = RULES,
        length: int = 280, shadow: ShadowFindings = ShadowFindings.ALL) -> Inspection:  # fmt: skip
    results = match_posts(posts, rules, shadow)
    return inspect_posts(posts, rules, PSEUDONYMS, provider=provider, unit=unit,
                         found_at="2026-11-25T12:00:00Z", results=results, keeping=Keeping(shadow),
                         attempt=Attempt("set", "", length),
                         fingerprints=Fingerprints(bytes(32)))  # fmt: skip


def test_a_finding_says_all_about_its_hit_and_nothing_of_the_account() -> None:
    [found] = inspect(post(text=OTP, reach=5, language="en", url="https://a.example/1"))
    finding = found.finding
    assert finding.account == PSEUDONYMS.of(ACCOUNT)
    assert ACCOUNT.encode() not in msgspec.json.encode(finding)
    assert (finding.pack, finding.version, finding.rule) == ("codes", 3, "asks-for-code")
    assert (finding.mode, finding.category, finding.severity) == ("live", "SCAMS_AND_FRAUD", "high")
    assert (finding.provider, finding.post, finding.unit, finding.set) == ("acme", "1", "u1", "set")
    assert (finding.reach, finding.language, finding.url) == (5, "en", "https://a.example/1")
    assert finding.published_at == "2026-11-25T03:00:00Z"
    assert finding.found_at == "2026-11-25T12:00:00Z"
    for span in finding.spans:
        assert OTP[span.start : span.end].lower() == span.term
    assert found.excerpt == OTP


SCORED = PACK.replace(
    "    all: [[one-time code], [send me]]\n",
    "    score: {threshold: 8, high: 12, terms: {one-time code: 4, send me: 3, please: -1},"
    " signs: {phone: 5}}\n",
)


SCORED_IN_SHADOW = (
    SCORED.replace("id: codes", "id: scores")
    .replace("threshold: 8, high: 12", "threshold: 6, high: 11")
    .replace("rules:", "mode: shadow\nrules:")
)


def test_a_finding_by_score_lists_each_reason_the_sum_and_the_threshold() -> None:
    rules = Rules("set", (), Matcher([pack(SCORED)]))
    [found] = inspect(post(text=f"{OTP}: +62 812 3456 7890"), rules=rules)
    finding = found.finding
    assert (finding.score, finding.threshold, finding.severity) == (11, 8, "high")
    assert finding.reasons == ("{phone} +5", "one-time code +4", "send me +3", "please -1")
    assert [span.start for span in finding.spans] == [0, 7, 19, 47]
    row = msgspec.to_builtins(finding)
    assert row["spans"][0]["weight"] == -1
    stub = stub_of(finding)
    assert (stub.score, stub.threshold, stub.reasons) == (msgspec.UNSET, 8, ())


def test_other_findings_have_neither_sum_nor_weights() -> None:
    [found] = inspect(post(text=OTP))
    row = msgspec.to_builtins(found.finding)
    assert not {"score", "threshold"} & row.keys()
    assert row["spans"][0].keys() == {"part", "start", "end", "term", "evasion"}


def test_an_account_that_is_a_pseudonym_already_stays() -> None:
    translated = msgspec.convert(fields(text=OTP, account="k1:ab", at="m[0]"), TranslatedPost)
    assert inspect(translated)[0].finding.account == "k1:ab"


def test_the_same_text_of_the_same_post_counts_once() -> None:
    once = inspect(post(text=OTP))
    assert inspect(post(text=OTP), post(text=OTP, reach=9)) == once
    assert len(inspect(post(text=OTP), post(text=OTP + "!"))) == 2
    assert len(inspect(post(text=OTP), post(text=OTP, id="2"))) == 2


def test_another_unit_finds_the_same_and_another_provider_another() -> None:
    [one] = inspect(post(text=OTP))
    assert inspect(post(text=OTP), unit="u2")[0].finding.finding == one.finding.finding
    assert inspect(post(text=OTP), provider="others")[0].finding.finding != one.finding.finding


def test_a_caption_is_inspected_and_gives_the_excerpt() -> None:
    [found] = inspect(post(media_text=["a boat", "x" * 400 + ". " + OTP]))
    assert {span.part for span in found.finding.spans} == {"media_text/1"}
    assert "SEND ME" in found.excerpt
    assert len(found.excerpt) == 280


@pytest.mark.parametrize("length", [80, 2_000])
def test_an_excerpt_is_as_long_as_the_stack_wants_and_says_where_it_begins(length: int) -> None:
    text = f"{'x' * 3_000}. {OTP}"
    [found] = inspect(post(text=text), length=length)
    start = found.finding.excerpt_start
    assert isinstance(start, int)
    assert text[start : start + length] == found.excerpt
    assert len(found.excerpt) == length
    assert stub_of(found.finding).excerpt_start is msgspec.UNSET


def test_a_post_can_satisfy_several_rules() -> None:
    inspected = inspection(post(text=f"{OTP}. {PRIZE}"), post(id="2"))
    assert count_by_rule(one.finding for one in inspected.findings.values()) == {
        "codes/3/asks-for-code/live": 1, "prizes/1/names-prize/shadow": 1}  # fmt: skip
    assert count_live_hits(inspected) == {"codes/asks-for-code": 1}


def test_a_finding_fits_into_an_item_however_often_a_term_stands() -> None:
    [found] = inspect(post(text="grand prize " * 5_000))
    assert len(found.finding.spans) <= MAX_SPANS
    assert len(msgspec.json.encode(found.finding)) < 100_000


@pytest.mark.parametrize("times", [1, MAX_SPANS, MAX_SPANS + 1, 300])
def test_a_finding_says_where_it_keeps_fewer_spans_than_there_are(times: int) -> None:
    """And says nothing else, so that other findings keep their bytes."""
    [found] = inspect(post(text="grand prize " * times))
    written = msgspec.to_builtins(found.finding)
    assert written.get("spans_capped") == (True if times > MAX_SPANS else None)
    assert msgspec.convert(written, Finding) == found.finding


def test_no_posts_give_nothing() -> None:
    for shadow in ShadowFindings:
        assert inspection(shadow=shadow) == inspection(post(), shadow=shadow) == Inspection()


def test_a_finding_in_shadow_is_a_number_with_its_band() -> None:
    """Each time that its post is read: without a record, nothing tells that it came again."""
    rules = Rules("set", (), Matcher([pack(), pack(SHADOW), pack(SCORED_IN_SHADOW)]))
    posts = [post(text=PRIZE), post(text=OTP), post(text=f"{OTP}: +62 812 3456 7890"), post()]
    made = inspection(*posts, *posts[:1], rules=rules, shadow=ShadowFindings.COUNTED)
    assert {found.finding.rule for found in made.findings.values()} == {"asks-for-code"}
    score = "scores/3/asks-for-code/shadow"
    assert made.counted == {"prizes/1/names-prize/shadow": 2, score: 2}
    assert +made.high == {score: 1}
    assert made.met == {"1"}
    whole = inspection(*posts, rules=rules, shadow=ShadowFindings.ALL)
    bands = [found.finding.band for found in whole.findings.values()]
    assert sorted(bands, key=str) == [msgspec.UNSET, msgspec.UNSET, msgspec.UNSET, "high", "medium"]


NOW = StandingClock().now()
PAST = InForce(from_=date(2026, 1, 1), until=date(2026, 11, 24))


@dataclass(slots=True)
class Public:
    """The public bucket."""

    stored: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(self, bucket: str, key: str) -> bytes | None:
        assert bucket == "public"
        self.asked.append(key)
        return self.stored.get(key)

    def publish(self, *packs: Any, notice_hours: int = 0, **providers: ProviderSettings) -> str:
        """Write a set and point to it."""
        data = build_set(packs, notice_hours=notice_hours, providers=providers)
        name = sha256(data).hexdigest()
        self.stored[set_key(name)] = data
        self.stored[POINTER_KEY] = msgspec.json.encode({"set": name, "since": ""})
        return name


@pytest.fixture
def public() -> Public:
    return Public()


def rulesets(public: Public, clock: StandingClock | None = None, readable: bool = True) -> RuleSets:
    return RuleSets(public, clock or StandingClock(), "public", public=readable)


def test_the_pointer_is_believed_for_half_a_minute(public: Public) -> None:
    clock = StandingClock()
    known = rulesets(public, clock)
    first = public.publish(pack())
    assert known.current() == first
    second = public.publish(pack(SHADOW))
    clock.move(seconds=30)
    assert known.current() == first
    clock.move(seconds=1)
    assert known.current() == second


def test_nothing_published_is_the_operators_to_mend(public: Public) -> None:
    with pytest.raises(OperatorError, match="no set is published"):
        rulesets(public).current()
    with pytest.raises(OperatorError, match="the set ab is not in the public bucket"):
        rulesets(public).rules("ab", "acme", NOW)


def test_a_set_of_other_bytes_is_not_run(public: Public) -> None:
    name = public.publish(pack())
    public.stored[set_key(name)] += b" "
    with pytest.raises(SetError):
        rulesets(public).rules(name, "acme", NOW)


def test_a_pack_outside_its_dates_is_skipped_and_named(public: Public) -> None:
    name = public.publish(pack(), pack(id="old", in_force=PAST))
    rules = rulesets(public).rules(name, "acme", NOW)
    assert rules.skipped == ("old/3",)
    assert [hit.pack for hit in rules.matcher.find(OTP)] == ["codes"]


def test_the_day_that_counts_is_the_units_not_the_workers(public: Public) -> None:
    name = public.publish(pack(in_force=PAST))
    known = rulesets(public)
    assert known.rules(name, "acme", NOW).skipped == ("codes/3",)
    yesterday = known.rules(name, "acme", NOW - timedelta(days=1))
    assert yesterday.skipped == ()
    assert yesterday.matcher.find(OTP)


def test_providers_that_run_the_same_packs_may_skip_others(public: Public) -> None:
    """A pack that one of them never chose is not named in its receipts."""
    name = public.publish(pack(), pack(id="old", in_force=PAST),
                          acme=ProviderSettings(packs=("codes",)),
                          others=ProviderSettings())  # fmt: skip
    known = rulesets(public)
    assert known.rules(name, "others", NOW).skipped == ("old/3",)
    assert known.rules(name, "acme", NOW).skipped == ()


def test_with_no_public_address_all_is_shadow(public: Public) -> None:
    name = public.publish(pack())
    [hit] = rulesets(public, readable=False).rules(name, "acme", NOW).matcher.find(OTP)
    assert hit.mode == "shadow"


def test_a_new_version_is_shadow_during_its_notice_and_live_afterwards(public: Public) -> None:
    name = public.publish(pack(published_at=NOW - timedelta(hours=1)), notice_hours=2)
    known = rulesets(public)
    [during] = known.rules(name, "acme", NOW).matcher.find(OTP)
    [afterwards] = known.rules(name, "acme", NOW + timedelta(hours=1)).matcher.find(OTP)
    assert (during.mode, afterwards.mode) == ("shadow", "live")


def test_a_set_and_its_matcher_are_made_once(public: Public) -> None:
    known, name = rulesets(public), public.publish(pack())
    first = known.rules(name, "acme", NOW)
    assert known.rules(name, "others", NOW + timedelta(hours=1)) is first
    assert public.asked.count(set_key(name)) == 1


def test_few_sets_are_kept(public: Public) -> None:
    known = rulesets(public)
    names = [public.publish(pack(version=version)) for version in range(1, KEPT + 3)]
    for name in names:
        known.rules(name, "acme", NOW)
    assert known.rules(names[0], "acme", NOW).set == names[0]
    assert public.asked.count(set_key(names[0])) == 2
    assert public.asked.count(set_key(names[-1])) == 1
