"""A unit is inspected by its set, as its provider ran it at that moment."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from support.sample_posts import OTP, SHADOW, StandingClock, pack

from ledger.closing import POINTER_KEY, set_key
from ledger.refusals import OperatorError
from matcher import SetError, build_set
from rules.pack import InForce
from rules.rule_set import ProviderSettings
from scan.rule_sets import KEPT, RuleSets

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
