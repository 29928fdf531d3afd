"""Notices of what somebody reports, and suspensions of those who offend again (DSA Art. 16, 23)."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from cases.case_facts import Facts, FactsReader
from cases.case_message import (
    CONFLICT,
    COUNT,
    RANGE,
    Addend,
    BaseCaseMessage,
    CaseLine,
    Category,
    FieldRule,
    FindingId,
    Id,
    Items,
    Judging,
    Keyword,
    Link,
    Moderator,
    Step,
    Time,
    category_rules,
    unknown,
)
from ledger.cases import CaseKind, Move
from ledger.dsa_codes import NOT_SPECIFIED_ORDER, CaseCode, CaseRefusal, Words


class Notice(BaseCaseMessage, frozen=True, tag="notice", kw_only=True):
    """Somebody reports that a post is illegal (DSA Art. 16), or against the terms."""

    post: Id
    url: Link | None = None
    finding: FindingId | None = None
    category: Category
    keyword: Keyword | None = None
    other: Words | None = None
    trusted_flagger: bool
    article_16: bool = True
    items: Items = 1
    received_at: Time

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rules between the fields, in order."""
        yield from category_rules(self.category, self.keyword, self.other)
        yield self.category == NOT_SPECIFIED_ORDER, RANGE, "category"
        yield self.trusted_flagger and not self.article_16, CONFLICT, "article_16"

    def ask(self, facts: Facts, reader: FactsReader) -> None:
        """Add the finding of the same post."""
        reader.add_cases(facts, self.finding or "")

    def judge(self, facts: Facts) -> Judging:
        """Take a notice. It is open until it is decided, even if a finding of it already was."""
        yield from self.too_old(facts, "received_at")
        entry = self.entry(facts)
        steps = [Step(entry.entry, None, CaseKind.FINDING_OR_NOTICE, Move.OPEN)]
        if self.finding is not None:
            case = facts.cases.get(self.finding)
            if case is None or case.finding is None:
                return (yield unknown("finding"))
            if case.finding.provider != facts.provider:
                yield CaseRefusal(CaseCode.OTHER_PROVIDER, "finding")
            if case.finding.post != self.post and not case.finding.is_erased:
                yield CaseRefusal(CaseCode.MIXED_POSTS, "finding")
            steps.append(Step(case.case, case, CaseKind.FINDING_OR_NOTICE, Move.NOTE))
        return self.taken(entry, steps)

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the notice and its items."""
        yield "notices", COUNT, 1
        yield "notice_items", COUNT, line.items
        yield "trusted_notices", COUNT, line.trusted_flagger
        yield "notices_by_category", line.category, 1


class Suspension(BaseCaseMessage, frozen=True, tag="suspension", kw_only=True):
    """Somebody's service, notices or complaints were suspended (DSA Art. 23); nobody is named."""

    why: Literal["illegal_content", "unfounded_notices", "unfounded_complaints"]
    from_at: Time
    until: date
    moderator: Moderator

    def rules(self) -> Iterator[FieldRule]:
        """Yield the rule between its days."""
        yield self.until < self.from_at.date(), RANGE, "until"

    def judge(self, facts: Facts) -> Judging:
        """Take a suspension. It is counted, and nothing can follow it."""
        yield from self.too_old(facts, "from_at")
        entry = self.entry(facts)
        return self.taken(entry, [Step(entry.entry, None, CaseKind.RECORD, Move.CLOSE)])

    @staticmethod
    def count(line: CaseLine) -> Iterator[Addend]:
        """Yield the suspension by why."""
        yield "suspended", line.why, 1
