"""A message is believed if the sender's role is registered for the provider that it names."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from support.sample_posts import StandingClock

from ledger.keys import Provider
from ledger.objects import REGISTRY_SECONDS, Delivery, Senders

SENT = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROLE, OTHER, REDRIVE = "AROAACME", "AROAOTHER", "AROAREDRIVE"


@dataclass(slots=True)
class Registry:
    """The providers, and how often somebody looked."""

    providers: dict[str, Provider] = field(
        default_factory=lambda: {
            "acme": Provider("acme", (ROLE, "AIDAUSER")),
            "others": Provider("others", (OTHER,)),
            "silent": Provider("silent"),
        }
    )
    asked: list[str] = field(default_factory=list)

    def provider(self, provider: str) -> Provider | None:
        self.asked.append(provider)
        return self.providers.get(provider)


def senders(registry: Registry, clock: StandingClock | None = None, redrive: str = "") -> Senders:
    return Senders(registry, clock or StandingClock(), redrive)


@pytest.mark.parametrize(
    ("sender", "attributes", "believed"),
    [
        (f"{ROLE}:session", {"provider": "acme"}, "acme"),
        ("AIDAUSER", {"provider": "acme"}, "acme"),
        (f"{OTHER}:session", {"provider": "others"}, "others"),
        (f"{OTHER}:session", {"provider": "acme"}, None),
        (f"{OTHER}:{ROLE}", {"provider": "acme"}, None),
        (f"x{ROLE}:session", {"provider": "acme"}, None),
        ("", {"provider": "acme"}, None),
        ("", {"provider": "silent"}, None),
        (":session", {"provider": "silent"}, None),
        (f"{ROLE}:session", {}, None),
        (f"{ROLE}:session", {"provider": ""}, None),
        (f"{ROLE}:session", {"provider": "nobody"}, None),
        (f"{ROLE}:session", {"provider": "ACME"}, None),
        (f"{ROLE}:session", {"provider": "acme#x"}, None),
        (f"{REDRIVE}:session", {"provider": "acme", "first_sender": f"{ROLE}:one"}, "acme"),
        (f"{REDRIVE}:session", {"provider": "acme", "first_sender": f"{OTHER}:one"}, None),
        (f"{REDRIVE}:session", {"provider": "acme", "first_sender": REDRIVE}, None),
        (f"{REDRIVE}:session", {"provider": "acme"}, None),
        (f"{OTHER}:session", {"provider": "acme", "first_sender": f"{ROLE}:one"}, None),
    ],
    ids=["a registered role", "a registered user", "another provider's role for its own",
         "another provider's role", "a session named like a role", "a role whose end is the same",
         "no sender", "no sender for a provider without roles", "an empty role", "no provider",
         "an empty provider", "a provider that nobody registered", "another case",
         "no name of a provider", "the redrive role repeats a registered one",
         "the redrive role repeats another's", "the redrive role repeats itself",
         "the redrive role for itself", "a role that is not the redrive role repeats"],
)  # fmt: skip
def test_who_is_believed(sender: str, attributes: dict[str, str], believed: str | None) -> None:
    assert senders(Registry(), redrive=REDRIVE).provider_of_sender(sender, attributes) == believed


@pytest.mark.parametrize(
    ("sender", "first_sent", "days_ago"),
    [
        (REDRIVE, str(1_000 * int((SENT - timedelta(days=9)).timestamp())), 9),
        (REDRIVE, str(1_000 * int((SENT + timedelta(days=9)).timestamp())), 0),
        (REDRIVE, "", 0),
        (REDRIVE, "soon", 0),
        (REDRIVE, "\N{ARABIC-INDIC DIGIT ONE}", 0),
        (REDRIVE, "9" * 5_000, 0),
        (ROLE, str(1_000 * int((SENT - timedelta(days=9)).timestamp())), 0),
    ],
    ids=["the redrive role", "later than it was sent", "nothing is said", "no number",
         "digits of another script", "a number beyond all times", "another role"],
)  # fmt: skip
def test_only_the_redrive_role_says_when_a_message_was_sent_first(
    sender: str, first_sent: str, days_ago: int
) -> None:
    message = Delivery("arn:posts", "{}", f"{sender}:session", {"first_sent": first_sent}, SENT)
    first = senders(Registry(), redrive=REDRIVE).first_sent(message)
    assert first == SENT - timedelta(days=days_ago)


def test_without_a_redrive_role_nobody_repeats() -> None:
    attributes = {"provider": "acme", "first_sender": ROLE}
    assert senders(Registry()).provider_of_sender("", attributes) is None
    assert senders(Registry()).provider_of_sender(":x", attributes) is None


def test_a_strange_name_is_not_even_looked_up() -> None:
    registry = Registry()
    assert senders(registry).provider_of_sender(ROLE, {"provider": "../acme"}) is None
    assert registry.asked == []


def test_a_change_of_the_registry_is_seen_after_a_minute() -> None:
    registry, clock = Registry(), StandingClock()
    known = senders(registry, clock)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) == "acme"
    registry.providers["acme"] = Provider("acme")
    clock.move(seconds=REGISTRY_SECONDS)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) == "acme"
    assert registry.asked == ["acme"]
    clock.move(seconds=1)
    assert known.provider_of_sender(ROLE, {"provider": "acme"}) is None
