"""`terang review`, `audit`, `cases send` and `case`: open the desk, send, and draw a whole case."""

import json
import os
import webbrowser
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
from jinja2 import Environment
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from cases.asked import Bundle
from cases.kinds import MESSAGE_TYPES, as_sent
from claims.fact_check import days_between
from desk import Door, Role
from desk import Moderator as DeskModerator
from dsa.statement import NOTICE_LANGUAGES
from ledger.cases import Case, CaseEntry, JournalEntry, case_id
from ledger.codes import OperatorError
from ledger.findings import Finding, is_id
from ledger.keys import author_notice_key, statement_key
from ledger.store import DynamoStore
from terang import InputError, terminal
from terang.case_queue import NOT_SENT, findings_in, read_messages, result_lines, send_messages
from terang.run_table import PackExamples, RunTable, clock_of_run, run_folder
from terang.terminal import Files, option, says

if TYPE_CHECKING:
    from ledger.desk_store import DynamoDesk
    from terang.home_desk import HomeServer, Sitting
    from terang.remote import Remote


ORDER = (
    *("notice", "order", "decision", "second_review", "complaint", "dispute"),
    *("outcome", "reinstatement", "correction", "flood_answer"),
)
"""The order of entries that were committed within one second."""


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """A case, it and all related cases, and all their entries by time."""

    case: Case
    cases: tuple[Case, ...]
    entries: tuple[CaseEntry, ...]


def case_history(store: DynamoStore, case: str) -> CaseHistory | None:
    """Return what happened to a case and to all cases related to it.

    A decision, its findings, the complaints about it and their outcomes are cases of their own.
    They share the entries of the messages that moved them, so each leads to the same history. At
    most 200 cases are followed.
    """
    asked = store.case(case)
    if asked is None:
        return None
    cases, waiting = {asked.case: asked}, deque([asked])
    entries: dict[str, CaseEntry] = {}
    while waiting:
        for entry in waiting.popleft().entries:
            move = entry.journal_entry
            entries.setdefault(move.entry, entry)
            for name in (*move.cases, move.decision, move.follows):
                is_new = name and name not in cases and len(cases) < 200
                if is_new and (related := store.case(name)) is not None:
                    cases[name] = related
                    waiting.append(related)
    ordered = sorted(entries.values(), key=lambda entry: _when(entry.journal_entry))
    return CaseHistory(asked, tuple(cases.values()), tuple(ordered))


def _when(entry: JournalEntry) -> tuple[str, int]:
    return entry.at, ORDER.index(entry.type) if entry.type in ORDER else len(ORDER)


def age(at: str, now: datetime) -> str:
    """Return how long ago that was, in the largest unit.

    >>> from datetime import UTC
    >>> age("2026-11-25T10:00:00Z", datetime(2026, 11, 26, 11, 0, tzinfo=UTC))
    '1 d'
    """
    seconds = max(0, int((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def checks_of(finding: Finding) -> Iterator[str]:
    """Yield two lines for each check whose claim the post repeats, the nearest first."""
    for check in finding.checks:
        day = check.date or "no date"
        stated = f" ({check.stated})" if check.stated.casefold() != check.rating else ""
        yield terminal.show_controls(
            f"{check.publisher}, {day}: {check.rating}{stated}: {check.claim}"
        )
        yield f"  {terminal.show_controls(check.url)}{_age(check.date, finding.published_at[:10])}"


def _age(checked: str, published: str) -> str:
    days = days_between(checked, published)
    if days is None or days <= terminal.LONG_BEFORE_DAYS:
        return ""
    return f", checked {days // 365} years before the post"


def case_screen(history: CaseHistory, *, shown: bool, now: datetime) -> RenderableType:
    """Return the whole case; excerpts are blurred unless `shown`."""
    case = history.case
    findings = [
        _case_finding(related, related.finding, shown=shown, now=now)
        for related in history.cases
        if related.finding
    ]
    title = Text(f"case {case.case}: {case.state or 'without entries'}", "bold")
    return Group(title, *findings, Rule(style="dim"), *_entries(history))


def _case_finding(case: Case, finding: Finding, *, shown: bool, now: datetime) -> Group:
    author = finding.account or "erased"
    text = Text.assemble(
        (f"{finding.pack}/{finding.rule}", "bold"), f" v{finding.version}\n",
        ("finding ", "dim"), f"{finding.finding}\n",
        f"{finding.severity}  {finding.category}  {finding.mode}  {case.state}\n",
        ("post ", "dim"), f"{terminal.show_controls(finding.post)}\n",
        f"{terminal.show_controls(finding.url)}\n" if finding.url else "",
        ("author ", "dim"), author,
        ("\nfound ", "dim"), f"{finding.found_at}, {age(finding.found_at, now)} ago\n",
    )  # fmt: skip
    for line in checks_of(finding):
        text.append(f"{line}\n", "cyan")
    if case.excerpt is None:
        text.append("The excerpt is no longer kept.", "dim")
    else:
        excerpt = terminal.show_controls(case.excerpt) if shown else terminal.blur(case.excerpt)
        text.append(excerpt, None if shown else "dim")
    return Group(Rule(style="dim"), text)


def _entries(history: CaseHistory) -> Iterator[RenderableType]:
    """Yield each entry: its time, type and words, and the reason below."""
    if not history.entries:
        yield Text("nobody has done anything about it yet", "dim")
    for case_entry in history.entries:
        entry = case_entry.journal_entry
        by = entry.moderator or entry.by or entry.body or entry.authority
        recorded = entry.at.replace("T", " ").removesuffix("Z")
        text = Text.assemble((f"{recorded}  ", "dim"), (f"{entry.type} ", "bold"))
        text.append(terminal.show_controls(case_entry.message), "bold")
        text.append(f" by {terminal.show_controls(by)}" if by else "")
        text.append(
            f": {terminal.show_controls(words)}" if (words := summarize_entry(entry)) else ""
        )
        yield text
        if reason := case_entry.reason or entry.ground_text:
            yield Padding(Text(terminal.show_controls(reason)), (0, 0, 0, 2))


def summarize_entry(entry: JournalEntry) -> str:
    """Return an entry in a few words: its verdict or outcome, and the measures.

    >>> summarize_entry(JournalEntry("e", "acme", "", type="decision", verdict="dismissed"))
    'dismissed'
    """
    words = [entry.verdict or entry.outcome or entry.cause or entry.why, entry.escalation]
    words += (code.removeprefix("DECISION_").replace("_", " ").lower() for code in entry.done)
    if entry.type == "order":
        words = [entry.kind, entry.country, *words]
    if entry.overturns:
        words.append("overturned")
    return ", ".join(word for word in words if word)


screen = terminal.Screen()

Port = Annotated[int, option("N", "the port on this machine; default: any free")]


def review(
    findings: Annotated[Path | None, says("a run's folder; or name --provider")] = None,
    /,
    *,
    moderator: terminal.Moderator | None = None,
    decisions: Annotated[
        Path | None,
        option("FILE", "default: decisions-NAME.jsonl; of a stack also -STACK-PROVIDER"),
    ] = None,
    cases: Annotated[Files, option("FILE", "messages of colleagues, complaints, notices")] = (),
    provider: Annotated[terminal.ProviderId | None, says("review this provider's stack")] = None,
    stack: terminal.StackName = terminal.STACK,
    send: Annotated[bool, says("send each decision after ten seconds")] = False,
    limit: Annotated[int, option("N", "at most N findings of a stack")] = 2_000,
    role: Annotated[Role | None, says("moderator, lead or auditor")] = None,
    packs: Annotated[Path | None, option("DIR", "write examples for rules of these packs")] = None,
    port: Port = 0,
) -> int:
    """Open the desk in a browser; 0 when the moderator leaves it, even if some are still open."""
    if (findings is None) == (provider is None):
        raise terminal.UsageError("name a run's folder, or --provider P of a stack")
    if send and provider is None:
        raise terminal.UsageError("--send needs --provider P of a stack")
    if moderator is None and findings is None:
        raise terminal.UsageError("--moderator is missing")
    moderator = moderator or "m-1"
    role = role or (Role.LEAD if findings else Role.MODERATOR)  # at home one person does all
    file = decisions or _own_file(f"decisions-{moderator}", findings, stack, provider)
    hint = ""
    if findings is not None:
        table = RunTable.read(findings, _other_messages(file, cases))
        hint = f"terang run FILE … --provider {table.provider} --out {findings} --cases {file}"
        sitting = _at_run(findings, table, moderator, role, file)
    else:
        who = DeskModerator(moderator, provider or "", role, Door.QUEUE)
        sitting = _at_stack(stack, who, file, limit, send=send)
        if not send:
            hint = f"terang cases send {file} --provider {provider} --stack {stack}"
    if packs is not None:
        sitting.adopter = PackExamples(packs, terminal.today_utc())
        sitting.adopter.rules()  # packs that cannot be read stop the command here
    return _sit(sitting, port, hint)


def audit(
    run: Annotated[Path | None, says("a run's folder; default: the stack")] = None,
    /,
    *,
    provider: Annotated[terminal.ProviderId, says("whose posts they are")],
    month: Annotated[terminal.Month, says("the month of the sample")],
    moderator: terminal.Moderator,
    verdicts: Annotated[
        Path | None,
        option("FILE", "default: audit-MONTH-NAME.jsonl; of a stack also -STACK-PROVIDER"),
    ] = None,
    stack: terminal.StackName = terminal.STACK,
    port: Port = 0,
) -> int:
    """Open the desk on a month's sample; 0 when the moderator leaves it."""
    file = verdicts or _own_file(f"audit-{month}-{moderator}", run, stack, provider)
    if run is not None:
        table = RunTable.read(run, _other_messages(file, ()), provider, month)
        return _sit(_at_run(run, table, moderator, Role.AUDITOR, file), port)
    who = DeskModerator(moderator, provider, Role.AUDITOR, Door.QUEUE)
    hint = f"terang cases send {file} --provider {provider} --stack {stack}"
    return _sit(_at_stack(stack, who, file, 2_000, month=month), port, hint)


def _own_file(name: str, run: Path | None, stack: str, provider: str | None) -> Path:
    """Return where decisions are written: what was tried on a run must never reach a stack."""
    return Path(f"{name}.jsonl" if run else f"{name}-{stack}-{provider}.jsonl")


def _at_run(run: Path, table: RunTable, name: str, role: Role, file: Path) -> "Sitting":
    from terang.home_desk import Sitting  # late: it takes longer to import than to read a run

    who = DeskModerator(name, table.provider, role, Door.FILE)
    public = run_folder(run) / "public"
    shown = public if public.is_dir() else None
    return Sitting(who, table.desk, file, clock_of_run(run), table.judge, shown)


def _at_stack(
    stack: str, who: DeskModerator, file: Path, limit: int, *, month: str = "", send: bool = False
) -> "Sitting":
    from desk.table_desk import TableDesk
    from terang.home_desk import Sitting

    remote = _remote(stack).known(who.provider)

    def desk(rows: "DynamoDesk") -> TableDesk:
        return TableDesk(
            store=remote.store,
            desk=rows,
            sender=rows,
            objects=remote.objects,
            clock=remote.clock,
            public_bucket=remote.outputs["PublicBucket"],
            public_url=remote.outputs.get("PublicUrl", ""),
            out_bucket=remote.outputs["OutBucket"],
            months=(month,) if month else (),
            only_audits=bool(month),
            marks_copies=True,
            most=limit,
        )

    sitting = Sitting(who, desk, file, remote.clock)
    if send:
        queue = remote.cases(who.provider)
        sitting.send = lambda messages: send_messages(queue, messages, list)
    return sitting


def _sit(sitting: "Sitting", port: int, hint: str = "") -> int:
    """Serve the desk, and say what was decided and how to send it."""
    file = sitting.file
    try:
        decided, results, problem = sitting.run(_say_where, port)
    except OSError as error:
        raise OperatorError(f"cannot write {file} or serve port {port}: {error.strerror}") from None
    screen.print(
        f"{terminal.counted(decided, 'message')} in {file}" if decided else "nothing decided"
    )
    for line in result_lines(results) if results else ():
        screen.print(line)
    if problem is not None:
        raise OperatorError(f"{problem}; what was decided is in {file}: send it again")
    if hint and decided:
        screen.print(f"send with: {hint}")
    return 0


def _say_where(server: "HomeServer") -> None:
    """Open the browser, and in any case print where the desk is and how it ends."""
    from terang.home_desk import directions, has_browser

    if has_browser(os.environ):
        webbrowser.open(server.address)
    for line in directions(server.address, server.port):
        screen.print(line)
    screen.print("Ctrl-C, or `Sign out` on the page, ends it.")


def _other_messages(own: Path, cases: Sequence[Path]) -> list[Mapping[str, Any]]:
    files = [own, *cases] if own.exists() else cases
    return [message for file in files for message in read_messages(file)]


def send(
    file: Annotated[Path, says("messages as in docs/case-message.schema.json")],
    /,
    *,
    provider: Annotated[terminal.ProviderId, says("in whose name they are sent")],
    stack: terminal.StackName = terminal.STACK,
) -> int:
    """Send a file; 1 if a message was refused or not answered."""
    messages = read_messages(file, may_be_pipe=True)
    remote = _remote(stack).known(provider)
    if not messages:
        raise InputError(f"{file} holds no message")
    bucket = remote.outputs["OutBucket"]
    answers = send_messages(
        remote.cases(provider), messages, lambda: findings_in(remote.objects, bucket, provider)
    )
    for line in result_lines(answers):
        screen.print(line)
    return 1 if any(answer.status in {NOT_SENT, "refused"} for answer in answers) else 0


def show(
    case: Annotated[str, says("the id of a finding, or of a provider's message")],
    /,
    *,
    provider: Annotated[terminal.ProviderId | None, says("whose message it is")] = None,
    show: Annotated[bool, says("show excerpts, which are blurred otherwise")] = False,
    bundle: Annotated[
        Path | None, option("FILE", "write a zip of its decision, made by the lead --moderator")
    ] = None,
    words: Annotated[bool, says("put excerpts and reasons into the bundle")] = False,
    moderator: terminal.Moderator | None = None,
    role: Annotated[Role | None, says("lead, where the stack has no accounts")] = None,
    stack: terminal.StackName = terminal.STACK,
) -> int:
    """Show one case with everything that happened; 2 if it does not exist."""
    remote = _remote(stack).known(*filter(None, [provider]))
    ids = [case] if is_id(case) else []
    ids += [case_id(kind, provider, case) for kind in MESSAGE_TYPES] if provider else []
    found = (case_history(remote.store, name) for name in ids)
    history = next(filter(None, found), None)
    if history is None:
        hint = "" if provider or is_id(case) else "; a message's id needs --provider P"
        raise InputError(f"there is no case {case} here{hint}")
    if bundle is not None:
        return _write_bundle(remote, history, moderator or "", role, bundle, words=words)
    screen.print(case_screen(history, shown=show, now=remote.clock.now()))
    return 0


def _write_bundle(
    remote: "Remote", history: CaseHistory, lead: str, role: Role | None, file: Path, *, words: bool
) -> int:
    """Record that a lead makes the bundle, then write it; 1 if the record is not taken."""
    now = remote.clock.now()
    made = [entry for entry in history.entries if entry.journal_entry.type == "decision"]
    if not (made and lead):
        raise terminal.UsageError(
            "--bundle needs a case with a decision, and the lead as --moderator NAME"
        )
    name, provider = f"{lead}-{now:%Y%m%dT%H%M%SZ}", made[-1].journal_entry.provider
    leads = remote.leads(provider)
    if leads is None and role is not Role.LEAD:
        raise terminal.UsageError(f"this stack knows no leads: say --role lead if {lead} is one")
    if leads is not None and lead not in leads:
        raise InputError(f"{lead} is no lead: nobody of that name is in the group {provider}/lead")
    record = Bundle(id=name, decision=made[-1].message, made_by=lead, decided_at=now)
    [result] = send_messages(remote.cases(provider), [as_sent(record)], list)
    screen.print(*result_lines([result]))
    if result.status in {NOT_SENT, "refused"}:
        return 1
    with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
        for path, data in bundle_files(remote, history, words=words).items():
            zipped.writestr(path, data)
    screen.print(f"{file}: start with index.html")
    return 0


def bundle_files(remote: "Remote", history: CaseHistory, *, words: bool) -> dict[str, bytes]:
    """Return what a certified body (DSA Art. 21) or a court gets: files by name, the page last.

    Excerpts, and the words of those who decided, are left out without `words`.
    """
    from ledger.log_store import DynamoLogStore  # late, as the rest of a stack is
    from terang.log_proofs import prove_finding

    month_keys = DynamoLogStore(remote.store.table).log_keys(remote.clock.now().timestamp())

    def read(key: str) -> bytes | None:
        bucket = "OutBucket" if key.startswith("out/") else "PublicBucket"
        return remote.objects.get(remote.outputs[bucket], key)

    hidden = {} if words else {"reason": "", "post": "", "url": ""}
    entries = [msgspec.structs.replace(entry, **hidden) for entry in history.entries]
    found = [case.finding for case in history.cases if case.finding]
    keys = [
        f"packs/{one.pack}/{one.version}{end}"
        for one in found
        for end in (".html", ".yaml", f"/{one.rule}.html")
    ]
    for made in (entry.journal_entry for entry in entries):
        keys += (author_notice_key(made.provider, made.entry, name) for name in NOTICE_LANGUAGES)
        keys.append(statement_key(made.provider, made.at[:10], made.entry))
    files = {key.removeprefix("out/"): data for key in keys if (data := read(key)) is not None}
    unproved = {}
    for name in (one.finding for one in found):
        try:
            proof, _ = prove_finding(name, month_keys, lambda path: read(f"log/{path}"))
            files[f"proofs/{name}.tlog-proof"] = proof
        except OperatorError as error:
            unproved[name] = str(error)
    files["timeline.json"] = json.dumps(msgspec.to_builtins(entries), indent=2).encode()
    template = Path(__file__).with_name("case_bundle.html").read_text("utf-8")
    facts = {"cases": history.cases, "entries": entries, "unproved": unproved, "words": words}
    facts["address"] = remote.outputs.get("PublicUrl") or "https://ADDRESS-OF-THE-PUBLIC-PAGES"
    page = Environment(autoescape=True).from_string(template).render(facts, files=sorted(files))
    return {**files, "index.html": page.encode()}


def _remote(stack: str) -> "Remote":
    from terang.remote import Remote  # late: a run's folder needs no boto3

    return Remote.find(stack)
