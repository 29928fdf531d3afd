"""The flood guard in the table: held rules, their questions, and what workers counted.

The answer to a question is an entry of its case and changes nothing else: whether a rule is held or
opened is read from that case. Held findings are listed apart, and lists of open findings add those
of opened rules.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.aws.rows import TableRows, work_of
from ledger.aws.table import Item, record_of
from ledger.cases.case import CaseEntry
from ledger.records.finding import Finding
from ledger.records.flood import OPENED, FloodHold, FloodQuestion, FloodTotal, flood_question_id


@dataclass(frozen=True, slots=True)
class DynamoFloods(TableRows):
    """The port FloodStore."""

    def floods(self, provider: str, day: str) -> dict[str, bool]:
        holds = self._holds(provider, self.work_items(provider, f"flood#{day}#"))
        return {hold.question.rule: hold.is_opened for hold in holds}

    def flood_holds(self, provider: str) -> list[FloodHold]:
        return self._holds(provider, self.work_items(provider, "flood#"))

    def flood_question(self, provider: str, day: str, rule: str) -> FloodQuestion | None:
        key = f"flood#{day}#{rule}"
        item = self.table.get(work_of(provider), key) or self.table.get(f"P#{provider}", key)
        return _question_of(item) if item else None

    def put_flood(self, provider: str, question: FloodQuestion, expires: int) -> bool:
        key = f"flood#{question.day}#{question.rule}"
        new = self.table.put_if_absent(
            work_of(provider), key, question, lifted=False, expires=expires
        )
        return self.table.transact(new)

    def flood_totals(self, provider: str, day: str) -> list[FloodTotal]:
        return self.table.records(work_of(provider), f"total#{day}#", FloodTotal)

    def put_flood_total(self, provider: str, day: str, total: FloodTotal, expires: int) -> None:
        key = f"total#{day}#{total.worker}"
        self.table.put(work_of(provider), key, total, expires=expires)

    def _holds(self, provider: str, items: Iterable[Item]) -> list[FloodHold]:
        """Return the holds of these items. Earlier releases marked an opened one as lifted."""
        questions: dict[tuple[str, str], FloodQuestion] = {}
        lifted: set[tuple[str, str]] = set()
        for item in items:
            question = _question_of(item)
            place = question.day, question.rule
            questions.setdefault(place, question)
            if item["lifted"]["BOOL"]:
                lifted.add(place)
        cases = {place: f"C#{flood_question_id(provider, *place)}" for place in questions}
        answers = self.table.get_many([(case, f"{1:04}") for case in cases.values()])
        return [
            FloodHold(question, OPENED if place in lifted else _verdict(answers, cases[place]))
            for place, question in sorted(questions.items())
        ]


def _verdict(answers: dict[tuple[str, str], Item], case: str) -> str:
    entry = record_of(answers.get((case, f"{1:04}")), CaseEntry)
    return entry.journal_entry.verdict if entry else ""


def _question_of(item: Item) -> FloodQuestion:
    _, day, rule = item["sk"]["S"].split("#", 2)
    return record_of(item, FloodQuestion) or FloodQuestion(day, rule)


def held_partition(provider: str, shard: str, day: str, rule: str) -> str:
    """Return the partition of the index `open` that lists the held findings of a rule and day."""
    return f"{provider}#{shard}#held#{day}#{rule}"


def held_partition_of(finding: Finding) -> str:
    """Return the partition of a held finding. Its question is of the day when it was found."""
    day, rule = finding.found_at[:10], f"{finding.pack}/{finding.rule}"
    return held_partition(finding.provider, finding.finding[0], day, rule)


def opened_partitions(holds: Iterable[FloodHold], provider: str, shards: str) -> Iterator[str]:
    """Yield the partitions of the held findings that people opened."""
    for hold in holds:
        if hold.is_opened:
            for shard in shards:
                yield held_partition(provider, shard, hold.question.day, hold.question.rule)
