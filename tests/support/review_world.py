"""Invented open findings, the folder of a run, and what a terminal shows."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from support.sample_posts import PACK

from desk import Door, Moderator, OpenFinding, Role
from desk.table_desk import TableDesk
from ledger.findings import Finding, FoundSpan, digest
from matcher import Pack, build_set, digest_of
from terang.home_desk import BookRows
from terang.run_table import RunTable

DAY = "2026-11-25"
WHO = Moderator("m-7", "acme", Role.MODERATOR, Door.FILE)


def found(
    post: str = "p1", rule: str = "asks", text: str | None = "send me", **changes: Any
) -> Any:
    """An open finding with its excerpt; its span is the first word."""
    end = len((text or "x").split()[0])
    made = Finding(
        finding=digest("finding", post, rule), provider="acme", post=post, account="k2026-11:ab",
        published_at=f"{DAY}T10:00:00Z", found_at=f"{DAY}T12:00:00Z", pack="codes", version=3,
        set="set", rule=rule, mode="live", category="SCAMS_AND_FRAUD", severity="high",
        spans=(FoundSpan("text", 0, end, (text or "x")[:end]),), unit=digest("unit", "1"), reach=7,
    )  # fmt: skip
    return OpenFinding(msgspec.structs.replace(made, **changes), text)


def four_findings() -> tuple[OpenFinding, ...]:
    """Three findings that wait, one in shadow, and one that is held."""
    return (found("p1", "asks-for-code", severity="low", reach=900),
            found("p2", "asks-for-code", reach=5), found("p3", "asks-for-code", reach=70),
            found("p4", "asks-for-code", mode="shadow"),
            found("p5", "asks-for-code", held=True))  # fmt: skip


def run_folder(folder: Path, *findings: OpenFinding) -> Path:
    parsed = Pack.parse(PACK, "sample")
    data = build_set(
        [msgspec.structs.replace(parsed, published_at=datetime(2026, 1, 1, tzinfo=UTC))],
        notice_hours=0,
    )
    (folder / "public/sets").mkdir(parents=True)
    (folder / "run.json").write_text('{"today": "2026-11-28"}')
    (folder / f"public/sets/{digest_of(data)}.json").write_bytes(data)
    with (folder / "findings.jsonl").open("w") as file:
        for row in findings or four_findings():
            line = msgspec.to_builtins(row.finding) | {
                "excerpt": row.excerpt, "set": digest_of(data), "version": parsed.version
            }  # fmt: skip
            file.write(json.dumps(line) + "\n")
    return folder


def desk_of(path: Path, *messages: Mapping[str, Any]) -> TableDesk:
    """The desk over a run, after these messages."""
    table = RunTable.read(path, messages)
    return table.desk(BookRows(clock=table.store.clock))


def console_text(screen: RenderableType) -> str:
    """What a terminal 160 columns wide shows, without its colours."""
    console = Console(width=160, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(screen)
    return capture.get()
