"""The steps of cases under their numbers, and the words of reports, in the table.

The table knows a number by its digest. Each row is put once, and ends by itself.
"""

import secrets
from dataclasses import dataclass

from ledger.findings import digest
from ledger.numbers import NumberStep, ReportWords, number_of
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
    """Numbers, their steps, and reports."""

    def number(self, case: str) -> str:
        """Return the number of a case. The first caller makes the key."""
        item = self.table.get(NUMBERS, "key")
        if item is None:
            self.table.put_new(NUMBERS, "key", key=secrets.token_bytes(32))
            item = self.table.get(NUMBERS, "key")
        assert item is not None  # noqa: S101 - put_new leaves one
        return number_of(item["key"]["B"], case)

    def put_step(self, number: str, name: str, step: NumberStep) -> None:
        """Put a step if it is absent."""
        expires = in_days(self.clock.now(), NUMBER_DAYS)
        self.table.put_new(_partition(number), name, step, expires=expires)

    def steps(self, number: str) -> dict[str, NumberStep]:
        """Return the steps under a number by name; none of one that nobody has, or that ended."""
        now = self.clock.now().timestamp()
        return {
            item["sk"]["S"]: step
            for item in self.table.query(_partition(number), "")
            if int(item["expires"]["N"]) > now and (step := record_of(item, NumberStep))
        }

    def put_report(self, provider: str, words: ReportWords) -> ReportWords:
        """Put a report if it is absent; return the one that is stored afterwards."""
        place = _reports(provider), f"{words.at[:10]}#{words.case}"
        self.table.put_new(*place, words, expires=in_days(self.clock.now(), WORDS_DAYS))
        return record_of(self.table.get(*place), ReportWords) or words

    def reports(self, provider: str, day: str = "") -> list[ReportWords]:
        """Return the reports that are kept, or those of one day, the oldest first."""
        now = self.clock.now().timestamp()
        return [
            words
            for item in self.table.query(_reports(provider), day)
            if int(item["expires"]["N"]) > now and (words := record_of(item, ReportWords))
        ]


def _partition(number: str) -> str:
    return NUMBERS + digest("number", number)


def _reports(provider: str) -> str:
    return f"R#{provider}"
