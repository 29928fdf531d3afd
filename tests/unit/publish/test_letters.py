"""Moderators are letters in published files, and get new letters each month."""

from support.decided_findings import decided, do, world
from support.publish_world import CLOSED, World

from ledger.store import assign_letters


def test_moderators_are_letters_and_few_decisions_give_no_share() -> None:
    made = world(d20261125=60)
    do(made, *decided(20, "confirmed"), *decided(3, "dismissed", moderator="budi", measures=None))
    made.publish(CLOSED)
    month = made.summary("acme/2026-11")
    assert sorted(month.cases.by_moderator.values()) == [3, 20]
    page = made.text("summaries/acme/2026-11.html")
    assert "1 moderator with fewer decisions is not shown" in page
    for data in (page, made.text("journal/acme/2026-11-25.jsonl")):
        assert "lia" not in data
        assert "budi" not in data


def test_letters_hold_for_a_month_and_are_dealt_anew_in_the_next() -> None:
    store = World().store
    assert assign_letters(store, "acme", "2026-11", ["lia", "budi", "lia"], 0) == {
        "lia": "A",
        "budi": "B",
    }
    assert assign_letters(store, "acme", "2026-11", ["sari", "budi"], 0)["sari"] == "C"
    assert assign_letters(store, "acme", "2026-12", ["budi", ""], 0) == {"budi": "A"}


def test_two_that_deal_letters_at_once_deal_none_twice() -> None:
    store = World().store

    class Late:
        """Reads the letters, and before it writes another has dealt one."""

        looks = 0

        def moderator_letters(self, provider: str, month: str) -> dict[str, str]:
            found = store.moderator_letters(provider, month)
            if not self.looks:
                store.put_moderator_letter(provider, month, "A", "other", 0)
            self.looks += 1
            return found

        put_moderator_letter = store.put_moderator_letter

    assert assign_letters(Late(), "acme", "2026-11", ["lia"], 0) == {"other": "A", "lia": "B"}
