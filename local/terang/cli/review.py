"""`terang review`, `audit`, `cases send` and `case`: open the desk, send, and look up."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cases.kinds import MESSAGE_TYPES
from desk.items import Door, Role
from desk.items import Moderator as DeskModerator
from ledger.aws.store import DynamoStore
from ledger.cases import case_id
from ledger.findings import is_id
from ledger.refusals import OperatorError
from terang import InputError
from terang.case_queue import NOT_SENT, findings_in, read_messages, result_lines, send_messages
from terang.review.door import (
    CaseHistory,
    case_history,
    case_screen,
    directions,
    open_browser,
)
from terang.review.run_table import RunTable, clock_of_run
from terang.terminal import (
    STACK,
    Moderator,
    Month,
    ProviderId,
    Screen,
    StackName,
    UsageError,
    counted,
    today_utc,
)

if TYPE_CHECKING:
    from ledger.aws.desk_store import DynamoDesk
    from terang.remote import Remote
    from terang.review.door import HomeServer
    from terang.review.pack_examples import PackExamples
    from terang.review.sitting import SittingResult

console = Screen()

Port = Annotated[int, Parameter(metavar="N", help="the port on this machine; default: any free")]
Others = Annotated[
    tuple[Path, ...],
    Parameter(metavar="FILE", help="messages of colleagues, complaints, notices"),
]
RoleName = Annotated[Role, Parameter(help="moderator, lead or auditor")]


def review(
    findings: Annotated[Path | None, Parameter(help="a run's folder; or name --provider")] = None,
    /,
    *,
    moderator: Moderator,
    decisions: Annotated[
        Path | None,
        Parameter(
            metavar="FILE",
            help="default: decisions-NAME.jsonl; of a stack also -STACK-PROVIDER",
        ),
    ] = None,
    cases: Others = (),
    provider: Annotated[ProviderId | None, Parameter(help="review this provider's stack")] = None,
    stack: StackName = STACK,
    send: Annotated[bool, Parameter(help="send each decision after ten seconds")] = False,
    limit: Annotated[int, Parameter(metavar="N", help="at most N findings of a stack")] = 2_000,
    role: RoleName = Role.MODERATOR,
    packs: Annotated[
        Path | None, Parameter(metavar="DIR", help="write examples for the rules of these packs")
    ] = None,
    port: Port = 0,
) -> int:
    """Open the desk in a browser; 0 when the moderator leaves it, even if some are still open."""
    if (findings is None) == (provider is None):
        raise UsageError("name a run's folder, or --provider P of a stack")
    if send and provider is None:
        raise UsageError("--send needs --provider P of a stack")
    file = decisions or _own_file(f"decisions-{moderator}", findings, stack, provider)
    if findings is not None:
        table = RunTable.read(findings, _other_messages(file, cases))
        return _sit_at_run(findings, table, moderator, file, role, port, packs)
    return _sit_at_stack(
        stack, provider or "", moderator, file, role, port, limit, send=send, packs=packs
    )


def audit(
    run: Annotated[Path | None, Parameter(help="a run's folder; default: the stack")] = None,
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="whose posts they are")],
    month: Annotated[Month, Parameter(help="the month of the sample")],
    moderator: Moderator,
    verdicts: Annotated[
        Path | None,
        Parameter(
            metavar="FILE",
            help="default: audit-MONTH-NAME.jsonl; of a stack also -STACK-PROVIDER",
        ),
    ] = None,
    stack: StackName = STACK,
    port: Port = 0,
) -> int:
    """Open the desk on a month's sample; 0 when the moderator leaves it."""
    file = verdicts or _own_file(f"audit-{month}-{moderator}", run, stack, provider)
    if run is not None:
        table = RunTable.read(run, _other_messages(file, ()), provider, month)
        return _sit_at_run(run, table, moderator, file, Role.AUDITOR, port)
    return _sit_at_stack(stack, provider, moderator, file, Role.AUDITOR, port, 2_000, month=month)


def _own_file(name: str, run: Path | None, stack: str, provider: str | None) -> Path:
    """Return where decisions are written: what was tried on a run must never reach a stack."""
    return Path(f"{name}.jsonl" if run else f"{name}-{stack}-{provider}.jsonl")


def _sit_at_run(
    run: Path,
    table: RunTable,
    name: str,
    file: Path,
    role: Role,
    port: int,
    packs: Path | None = None,
) -> int:
    from terang.review.sitting import Sitting  # late: it takes longer to import than to read a run

    folder = run if run.is_dir() else run.parent
    who = DeskModerator(name, table.provider, role, Door.FILE)
    public = folder / "public"
    sitting = Sitting(who, table.desk, file, clock_of_run(run), table.judge)
    sitting.public = public if public.is_dir() else None
    sitting.adopter = _adopter(packs)
    return _report(_explained(sitting.run, file, port), file, "")


def _sit_at_stack(
    stack: str,
    provider: str,
    name: str,
    file: Path,
    role: Role,
    port: int,
    limit: int,
    *,
    month: str | None = None,
    send: bool = False,
    packs: Path | None = None,
) -> int:
    from desk.table_desk import TableDesk
    from terang.review.sitting import Sitting

    remote = _remote(stack).known(provider)

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
            only_audits=month is not None,
            marks_copies=True,
            most=limit,
        )

    who = DeskModerator(name, provider, role, Door.QUEUE)
    queue = remote.cases(provider) if send else None
    sitting = Sitting(
        who,
        desk,
        file,
        remote.clock,
        send=(lambda messages: send_messages(queue, messages, list)) if queue else None,
    )
    with_hint = "" if send else f"terang cases send {file} --provider {provider} --stack {stack}"
    sitting.adopter = _adopter(packs)
    return _report(_explained(sitting.run, file, port), file, with_hint)


def _adopter(packs: Path | None) -> "PackExamples | None":
    """Return what tries examples in these packs. Raises PackError if they cannot be read."""
    if packs is None:
        return None
    from terang.review.pack_examples import PackExamples  # late: it reads YAML

    adopter = PackExamples(packs, today_utc())
    adopter.rules()
    return adopter


def _explained(run: Any, file: Path, port: int) -> "SittingResult":
    try:
        result: SittingResult = run(_say_where, port)
    except OSError as error:
        raise OperatorError(f"cannot write {file} or serve port {port}: {error.strerror}") from None
    return result


def _say_where(server: "HomeServer") -> None:
    """Open the browser, and in any case print where the desk is and how it ends."""
    door = server.door
    open_browser(door.address)
    for line in directions(door.address, door.port):
        console.print(line)
    console.print("Ctrl-C, or `Sign out` on the page, ends it.")


def _report(result: "SittingResult", file: Path, hint: str) -> int:
    decided = counted(result.decided, "message")
    console.print(f"{decided} in {file}" if result.decided else "nothing decided")
    for line in result_lines(result.results) if result.results else ():
        console.print(line)
    if result.problem is not None:
        raise OperatorError(f"{result.problem}; what was decided is in {file}: send it again")
    if hint and result.decided:
        console.print(f"send with: {hint}")
    return 0


def _other_messages(own: Path, cases: Sequence[Path]) -> list[Mapping[str, Any]]:
    files = [own, *cases] if own.exists() else cases
    return [message for file in files for message in read_messages(file)]


def send(
    file: Annotated[Path, Parameter(help="messages as in docs/case-message.schema.json")],
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="in whose name they are sent")],
    stack: StackName = STACK,
) -> int:
    """Send a file; 1 if a message was refused or not answered."""
    messages = read_messages(file, may_be_pipe=True)
    remote = _remote(stack).known(provider)
    if not messages:
        raise InputError(f"{file} holds no message")
    bucket = remote.outputs["OutBucket"]
    answers = send_messages(
        remote.cases(provider),
        messages,
        lambda: findings_in(remote.objects, bucket, provider),
    )
    for line in result_lines(answers):
        console.print(line)
    return 1 if any(answer.status in {NOT_SENT, "refused"} for answer in answers) else 0


def show(
    case: Annotated[str, Parameter(help="the id of a finding, or of a provider's message")],
    /,
    *,
    provider: Annotated[ProviderId | None, Parameter(help="whose message it is")] = None,
    show: Annotated[bool, Parameter(help="show excerpts, which are blurred otherwise")] = False,
    stack: StackName = STACK,
) -> int:
    """Show one case with everything that happened; 2 if it does not exist."""
    remote = _remote(stack).known(*filter(None, [provider]))
    history = _find(remote.store, case, provider)
    if history is None:
        hint = "" if provider or is_id(case) else "; a message's id needs --provider P"
        raise InputError(f"there is no case {case} here{hint}")
    console.print(case_screen(history, shown=show, now=remote.clock.now()))
    return 0


def _find(store: DynamoStore, name: str, provider: str | None) -> CaseHistory | None:
    """Return the case of that id, or the one that the provider's message of that id opened."""
    ids = [name] if is_id(name) else []
    ids += [case_id(kind, provider, name) for kind in MESSAGE_TYPES] if provider else []
    return next((history for case in ids if (history := case_history(store, case))), None)


def _remote(stack: str) -> "Remote":
    from terang.remote import Remote  # late: a run's folder needs no boto3

    return Remote.find(stack)
