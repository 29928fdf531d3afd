"""`terang reconcile`: a provider's report beside its statements of reasons, and what to ask."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from dsa.report_entries import file_name
from ledger.texts import escape_csv_formula, replace_controls
from phrases import of, page_engine
from terang import InputError, terminal
from terang.reconcile import TEMPLATES, compare, head_of, questions, read_log
from terang.report_lint import has_report
from terang.statement_dump import Dump
from terang.statement_files import files_of
from terang.terminal import Files, JsonLines, ProviderId, option, says

PAGE = "reconcile.html"


def reconcile(
    *,
    report: Annotated[Path, option("DIR", "the provider's report: Part_1_summary.csv and so on")],
    dump: Annotated[Files, option("FILE", "the platform's daily dumps: CSV, gzip, zip or folder")],
    log: Annotated[Path | None, option("DIR", "a copy of the public bucket, or a report")] = None,
    provider: Annotated[ProviderId | None, says("whose log, if it has several")] = None,
    earlier: Annotated[Path | None, option("DIR", "an earlier version of the report")] = None,
    out: Annotated[Path, option("DIR", "gets reconcile.html and reconcile.csv")] = Path(),
    as_json: JsonLines = False,
) -> int:
    """Write the page and the table; 0 without questions, 1 with some."""
    for given in filter(None, (report, earlier)):
        if not has_report(given):
            raise InputError(f"{given}: no part of a report is here, such as {file_name(1)}")
    files = files_of(dump)
    if missing := [str(path) for path in files if not path.is_file()]:
        raise InputError(f"no such file: {', '.join(missing)}")
    service, period = head_of(report)
    logged = read_log(log, provider) if log else None
    with TemporaryDirectory(prefix="terang-") as folder:
        statements = Dump(Path(folder))
        with terminal.progress_bar(total=sum(path.stat().st_size for path in files)) as update:
            for path in files:
                statements.add(path, lambda read: update(advance=read))
        if not statements.size:
            raise InputError(f"no statement can be read: {'; '.join(statements.unreadable)}")
        compare(statements, report, period, earlier, logged)
        asked = list(questions(statements))
        lines = statements.ask('"by", name, report, statements, log FROM f')
    about = {"service": service, "period": period, "dump": statements, "log": logged}
    _write(out, lines, about | {"asked": asked, "files": len(files)})
    for one in asked:
        place = f"{one['file']} row {one['row']}, {one['column']}: {one['found']}"
        text = f"{one['code']}: {one['why']} n {one['n']:,}, {place}"
        terminal.print_json(one) if as_json else terminal.print_result(text)
    terminal.screen.print(f"{out / PAGE}: {statements.size:,} statements, {len(asked)} questions")
    return 1 if asked else 0


def _write(out: Path, lines: list[tuple[Any, ...]], about: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "reconcile.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("by", "name", "report", "statements", "log"))
        writer.writerows((*map(escape_csv_formula, line[:2]), *line[2:]) for line in lines)
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for line in filter(lambda line: any(line[2:]), lines):
        groups.setdefault(line[0], []).append(line)
    page = page_engine(TEMPLATES, of("en"), replace_controls, separators=True).get_template(PAGE)
    (out / PAGE).write_text(page.render(groups=groups, **about), "utf-8")
