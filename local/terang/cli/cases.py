"""`terang cases send` and `terang case`: send messages about cases, and show a case."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ledger.cases.case import case_id
from ledger.cases.messages import MESSAGE_TYPES
from ledger.errors import OperatorError
from ledger.ports import CaseStore
from ledger.records.identity import is_id
from terang.casework.case_queue import NOT_SENT, result_lines, send_messages
from terang.casework.message_file import read_messages
from terang.casework.message_order import findings_in
from terang.cli.arguments import STACK, ProviderId, StackName
from terang.console import Screen
from terang.remote import Remote
from terang.review.case_history import CaseHistory, case_history
from terang.review.screens import case_screen

console = Screen()


def send(
    file: Annotated[Path, Parameter(help="messages as in docs/case-message.schema.json")],
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="in whose name they are sent")],
    stack: StackName = STACK,
) -> int:
    """Send a file; 0 when every message was answered, even if it was refused."""
    messages = read_messages(file, may_be_pipe=True)
    remote = Remote.find(stack)
    bucket = remote.outputs["OutBucket"]
    answers = send_messages(
        remote.cases(provider),
        messages,
        lambda: findings_in(remote.objects, bucket, provider),
    )
    for line in result_lines(answers):
        console.print(line)
    return 1 if any(answer.status == NOT_SENT for answer in answers) else 0


def show(
    case: Annotated[str, Parameter(help="the id of a finding, or of a provider's message")],
    /,
    *,
    provider: Annotated[ProviderId | None, Parameter(help="whose message it is")] = None,
    show: Annotated[bool, Parameter(help="show excerpts, which are blurred otherwise")] = False,
    stack: StackName = STACK,
) -> int:
    """Show one case with everything that happened; 1 if there is none."""
    remote = Remote.find(stack)
    history = _find(remote.store, case, provider)
    if history is None:
        hint = "" if provider or is_id(case) else "; a message's id needs --provider P"
        raise OperatorError(f"there is no case {case} here{hint}")
    console.print(case_screen(history, shown=show, now=remote.clock.now()))
    return 0


def _find(store: CaseStore, name: str, provider: str | None) -> CaseHistory | None:
    """Return the case of that id, or the one that the provider's message of that id opened."""
    ids = [name] if is_id(name) else []
    ids += [case_id(kind, provider, name) for kind in MESSAGE_TYPES] if provider else []
    return next((history for one in ids if (history := case_history(store, one))), None)
