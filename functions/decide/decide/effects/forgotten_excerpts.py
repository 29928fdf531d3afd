"""Takes an excerpt out of the file of findings that its provider reads."""

from dataclasses import dataclass
from typing import Any

import msgspec

from ledger.keys import HOLDS_EXCERPTS, findings_key
from ledger.ports import Objects, UnitStore
from ledger.records.finding import Finding
from ledger.records.json_text import encode_json_lines

TRIES = 5
"""How often it is tried anew when another worker writes the same file."""


@dataclass(frozen=True, slots=True)
class ForgottenExcerpts:
    """The one case in which a file that was handed out changes.

    Limits: the version before stays readable to whoever names it until the bucket's lifecycle
    takes it, a day later.
    """

    store: UnitStore
    objects: Objects
    out_bucket: str

    def forget(self, finding: Finding) -> None:
        """Make sure that the finding's line holds no excerpt; all else stays as it is."""
        marker = self.store.marker(finding.unit)
        if marker is None:
            return
        key = findings_key(marker)
        for _ in range(TRIES):
            found = self.objects.get_with_etag(self.out_bucket, key)
            if found is None:  # it has expired, and everything in it
                return
            data, etag = found
            kept = _without_excerpt(data, finding.finding)
            if kept == data or self.objects.put_if(
                self.out_bucket, key, kept, etag, tags=HOLDS_EXCERPTS
            ):
                return
        raise OSError("other workers kept the file of findings busy")


def _without_excerpt(data: bytes, finding: str) -> bytes:
    rows = [msgspec.json.decode(line, type=dict[str, Any]) for line in data.splitlines()]
    for row in rows:
        if row["finding"] == finding:
            row.pop("excerpt", None)
    return encode_json_lines(rows)
