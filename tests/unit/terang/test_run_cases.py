"""What waits after a run, from the messages in its files."""

from support.desk_world import finding
from support.sample_messages import SENT, notice, order

from desk.deciding import DecisionForm, decide, form_id
from desk.items import Door, ItemKind, Moderator, Role, RuleFacts
from ledger.case_messages import Order
from terang.review.dossiers import RunCases, read_known

FOUND = finding("1")


def cases(*messages: dict[str, object]) -> RunCases:
    return RunCases("acme", [FOUND], read_known(messages), lambda _: RuleFacts("Codes", "Asks."))


def test_a_card_has_the_notice_about_its_finding() -> None:
    reported = notice(finding=FOUND.finding.finding, trusted_flagger=True)
    known = cases(reported)
    [card] = known.dossiers()
    [entry] = known.whole(card).notices
    assert (entry.message, entry.journal_entry.trusted_flagger) == ("n-1", True)


def test_a_notice_about_no_finding_waits_alone() -> None:
    kinds = [each.item.kind for each in cases(notice(post="p9")).dossiers()]
    assert kinds == [ItemKind.FINDING, ItemKind.NOTICE]


def test_an_order_waits_until_it_is_answered() -> None:
    waiting = cases(order()).dossiers()
    [asked] = [each for each in waiting if each.item.kind is ItemKind.ORDER]
    who = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)
    form = DecisionForm(form_id("m-7", SENT, "00ff00ff"), "complied")
    [answer] = decide(form, asked, who, SENT).messages
    assert isinstance(answer, Order)
    assert answer.follows == "q-1"
    answered = RunCases("acme", [], [*read_known([order()]), answer], lambda _: RuleFacts("", ""))
    assert answered.dossiers() == []
