"""The steps of cases under the digests of their numbers, and the words of reports, in the table."""

import secrets
from dataclasses import dataclass

from ledger.findings import digest
from ledger.numbers import NumberStep, ReportWords, number_of, pseudonym_of
from ledger.table import TableRows, record_of
from ledger.texts import in_days

NUMBERS = "N#"
"""The partition of the key. Those of numbers begin with it."""

NUMBER_DAYS = 184
"""How long each step of a case can be read by its number: six months."""

WORDS_DAYS = 90
"""How long the words of a report are kept."""


@dataclass(frozen=True, slots=True)
class DynamoNumbers(TableRows):
    """Numbers, their steps, and reports. Each row is put once, and ends by itself."""

    def number(self, case: str) -> str:
        """Return the number of a case."""
        return number_of(self._key(), case)

    def pseudonym(self, person: str) -> str:
        """Return the pseudonym of a person whom another tool names."""
        return pseudonym_of(self._key(), person)

    def _key(self) -> bytes:
        """Return the key. The first caller makes it."""
        while (item := self.table.get(NUMBERS, "key")) is None:
            self.table.put_new(NUMBERS, "key", key=secrets.token_bytes(32))
        key: bytes = item["key"]["B"]
        return key

    def put_step(self, number: str, name: str, step: NumberStep) -> None:
        """Put a step if it is absent."""
        key, expires = _steps(number), in_days(self.clock.now(), NUMBER_DAYS)
        self.table.put_new(key, name, step, expires=expires)

    def steps(self, number: str) -> dict[str, NumberStep]:
        """Return the steps under a number by name; none of one that nobody has, or that ended."""
        return self._kept(_steps(number), "", NumberStep)

    def put_report(self, provider: str, words: ReportWords) -> ReportWords:
        """Put a report if it is absent; return the one that is stored afterwards."""
        key, name = f"R#{provider}", f"{words.at[:10]}#{words.case}"
        self.table.put_new(key, name, words, expires=in_days(self.clock.now(), WORDS_DAYS))
        return record_of(self.table.get(key, name), ReportWords) or words

    def reports(self, provider: str, day: str = "") -> list[ReportWords]:
        """Return the reports that are kept, or those of one day, by day."""
        return [*self._kept(f"R#{provider}", day, ReportWords).values()]

    def _kept[T](self, pk: str, prefix: str, kind: type[T]) -> dict[str, T]:
        now = self.clock.now().timestamp()
        items = (item for item in self.table.query(pk, prefix) if int(item["expires"]["N"]) > now)
        return {item["sk"]["S"]: record for item in items if (record := record_of(item, kind))}


def _steps(number: str) -> str:
    return NUMBERS + digest("number", number)
