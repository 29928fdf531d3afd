"""Where a review's findings come from: a run's folder, or a deployed stack."""

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec

from ledger.errors import OperatorError
from ledger.finding import Finding
from ledger.pointer import set_key
from ledger.store import open_keys
from matcher import RuleSet, SetError, load_set
from terang.review_cards import OpenFinding
from terang.review_screen import Why


class _Row(Finding, frozen=True):
    """A line of findings as scan hands them out."""

    excerpt: str | None = None


def findings_of_run(path: Path, decided: Iterable[str]) -> list[OpenFinding]:
    """The findings of a run that propose something, as the index of a stack would list them.

    `path` is the run's folder or its `findings.jsonl`; `decided` are left out. Raises OperatorError
    for a file that holds something else.
    """
    file = path / "findings.jsonl" if path.is_dir() else path
    try:
        lines = file.read_bytes().splitlines()
        rows = [msgspec.json.decode(line, type=_Row) for line in lines]
    except OSError as error:
        raise OperatorError(f"cannot read {file}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OperatorError(f"{file} is no findings.jsonl of a run") from None
    done = set(decided)
    listed = [(open_keys(row).get("open_sk", ""), row) for row in rows if row.finding not in done]
    listed = sorted((one for one in listed if one[0]), key=lambda one: one[0])
    return [OpenFinding(row, row.excerpt) for _, row in listed]


def why_in_folder(path: Path) -> Why:
    """What rules say of themselves in the public bucket's copy beside a run's findings."""
    folder = (path if path.is_dir() else path.parent) / "public"

    def read(key: str) -> bytes | None:
        file = folder / key
        return file.read_bytes() if file.is_file() else None

    return why_in_sets(read)


def why_in_sets(read: Callable[[str], bytes | None]) -> Why:
    """What rules say of themselves in the published sets; `read` gives an object of the bucket."""

    @cache
    def rule_set(digest: str) -> RuleSet | None:
        data = read(set_key(digest))
        try:
            return load_set(data, digest) if data else None
        except SetError:
            return None  # of another version of this code: the finding names its rule all the same

    def why(finding: Finding) -> str:
        found = rule_set(finding.set)
        return next(
            (
                rule.why
                for pack in (found.packs if found else ())
                for rule in pack.rules
                if (pack.id, rule.id) == (finding.pack, finding.rule)
            ),
            "",
        )

    return why
