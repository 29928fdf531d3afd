"""What waits after a run, read from its folder and from files of messages. It needs no AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from desk.items import Dossier, OpenFinding
from desk.ports import DeskQuality
from desk.quality import quality_of
from desk.waiting import audits
from ledger.cases.dsa_codes import countries_of
from ledger.cases.messages import CaseMessage
from ledger.clock import Clock, SystemClock, clock_from_setting
from ledger.keys import audit_file_key
from terang import InputError, check_known
from terang.case_messages import read_file, read_messages
from terang.review.dossiers import RunCases, read_known
from terang.review.sample import judged_posts, read_sample
from terang.review.sources import PublishedWords, findings_of_run, run_folder


class _Run(msgspec.Struct, frozen=True):
    today: str = ""


@dataclass(slots=True)
class RunSource:
    """The port `HomeSource` over a run's folder.

    `others` are messages that came from elsewhere: those that the run took, and colleagues'.
    """

    provider: str
    findings: Sequence[OpenFinding]
    others: Sequence[Mapping[str, Any]]
    words: PublishedWords
    audits: Sequence[Dossier]
    _cases: RunCases | None = None

    @classmethod
    def read(
        cls,
        path: Path,
        others: Sequence[Mapping[str, Any]],
        provider: str | None = None,
        month: str | None = None,
    ) -> "RunSource":
        """Read a run's folder. With a month, only the sample of that month is read.

        Raises OperatorError if the folder is not a run's, it has not this provider, or the sample
        does not exist.
        """
        if provider and (names := _providers_of(path)):
            check_known("provider", provider, names)
        findings = findings_of_run(path) if month is None else []
        known = provider or next((each.finding.provider for each in findings), "")
        mine = [each for each in findings if each.finding.provider == known]
        taken = run_folder(path) / "cases.jsonl"  # a run of an earlier release has none
        messages = [*(read_messages(taken) if taken.is_file() else ()), *others]
        words = PublishedWords.of_folder(path)
        return cls(known, mine, messages, words, _audits(path, known, month))

    def dossiers(self, own: Sequence[CaseMessage]) -> list[Dossier]:
        """Return everything that waits after the moderator's own messages."""
        self._cases = self._with(own)
        judged = judged_posts(self.others)
        return [
            each
            for each in self._cases.dossiers()
            if not each.month or (each.month, each.post) not in judged
        ]

    def territory(self) -> tuple[str, ...]:
        """Return the European Union, for which `terang run` adds each provider."""
        return countries_of("EU")

    def whole(self, dossier: Dossier) -> Dossier:
        """Return an item with its near copies and earlier decisions."""
        return (self._cases or self._with(())).whole(dossier)

    def goldens(self) -> list[Dossier]:
        """Return the cards for training."""
        return self.words.goldens(self.findings, self.provider)

    def quality(self, own: Sequence[CaseMessage]) -> DeskQuality:
        """Return how second reviews agreed and decisions held, in all messages of the files."""
        return quality_of(self._with(own).quality_entries(), "")

    def _with(self, own: Sequence[CaseMessage]) -> RunCases:
        known = {message.id: message for message in (*read_known(self.others), *own)}
        return RunCases(
            self.provider, self.findings, tuple(known.values()), self.words.facts, self.audits
        )


def _audits(path: Path, provider: str, month: str | None) -> list[Dossier]:
    """Return the samples in the folder; of one month alone, if one is asked for."""
    folder = run_folder(path)
    if month is not None:
        file = folder / audit_file_key(provider, month)
        return audits(read_sample(_bytes(file), str(file)), month)
    files = sorted((folder / audit_file_key(provider, "x")).parent.glob("????-??.jsonl"))
    return [
        dossier
        for file in files
        for dossier in audits(read_sample(_bytes(file), str(file)), file.stem)
    ]


def _bytes(file: Path) -> bytes | None:
    return read_file(file) if file.is_file() else None


def clock_of_run(path: Path) -> Clock:
    """Return the clock of a run's folder: with the day that the run was given, if it was given one.

    Raises OperatorError if the folder's `run.json` is not a run's. Folders of earlier releases
    have none.
    """
    file = run_folder(path) / "run.json"
    if not file.is_file():
        return SystemClock()
    try:
        return clock_from_setting(msgspec.json.decode(read_file(file), type=_Run).today)
    except (msgspec.DecodeError, ValueError) as error:
        raise InputError(f"{file}: not from a run: {error}") from None


def provider_of_run(path: Path) -> str:
    """Return the provider of a run's folder. Raises OperatorError if there is not exactly one."""
    names = _providers_of(path)
    if len(names) != 1:
        folder = run_folder(path) / "out"
        raise InputError(f"{folder} has {len(names)} providers: name one with --provider")
    return names[0]


def _providers_of(path: Path) -> list[str]:
    return [each.name for each in (run_folder(path) / "out").glob("*/")]
