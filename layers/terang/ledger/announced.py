"""What is announced of a case entry, and what a label of the decided post needs."""

import msgspec

from ledger.cases import Case, JournalEntry
from ledger.keys import rule_page

LABEL = ("url", "rule", "rule_url", "number")
"""The last fields of what is announced: those of a decision with a measure."""


class AnnouncedEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that people did about a case, under `entries/` in the provider's bucket.

    The fields are those of the journal's entry. `measures` are the DSA codes of a decision: its
    statement has their ends and the words. Moderators, grounds and reasons are left out.

    A decision with a measure also has what a label needs: the post's address (`url`), the `rule`,
    the page where everyone can read it, and the `number` by which one can complain. A later entry
    that `overturns` the `decision`, or whose `outcome` is `partly_reversed`, takes it back.
    """

    entry: str
    type: str
    at: str
    cases: tuple[str, ...] = ()
    decision: str = ""
    complaint: str = ""
    dispute: str = ""
    notice: str = ""
    follows: str = ""
    verdict: str = ""
    escalation: str = ""
    outcome: str = ""
    overturns: bool = False
    measures: tuple[str, ...] = ()
    category: str = ""
    group: str = ""
    day: str = ""
    held_rule: str = ""
    url: str = ""
    rule: str = ""
    rule_url: str = ""
    number: str = ""

    @classmethod
    def of(cls, entry: JournalEntry, label: dict[str, str]) -> "AnnouncedEntry":
        """Return what is announced of an entry, with its label."""
        own = cls.__struct_fields__[: -len(LABEL)]
        kept = {name: getattr(entry, name) for name in own}
        return cls(**kept | {"measures": entry.done} | label)


def label_of(
    decided: JournalEntry, cases: list[Case], number: str, public_url: str
) -> dict[str, str]:
    """Return what a label needs: `cases` are the decision's own and those that it decided on.

    The rule is the first finding's, `pack/version/rule`. Without a finding it is the decision's
    ground in the provider's words.
    """
    findings = [case.finding for case in cases if case.finding]
    urls = [finding.url for finding in findings]
    urls += [case.entries[0].url for case in cases if case.entries and not case.finding]
    label = {"url": next(filter(None, urls), None) or "", "number": number}
    if not findings:
        return label | {"rule": decided.ground_text, "rule_url": decided.ground_url}
    found = findings[0]
    rule = f"{found.pack}/{found.version}/{found.rule}"
    return label | {"rule": rule, "rule_url": rule_page(found, public_url)}
