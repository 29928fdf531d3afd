"""`terang cases send` and `terang case`: what people did about findings, sent and shown."""

import argparse

from ledger.cases.case import case_id
from ledger.cases.messages import MESSAGE_TYPES
from ledger.errors import OperatorError
from ledger.ports import CaseStore
from ledger.records.identity import is_id
from ledger.records.provider import is_provider_id
from terang import USAGE
from terang.casework.case_sending import NOT_SENT, send_file, told
from terang.casework.case_shorthand import findings_in
from terang.casework.message_file import read_messages
from terang.console import Screen, print_problem
from terang.remote import Remote
from terang.review.case_history import History, history
from terang.review.case_screen import case_screen

console = Screen()


def send(options: argparse.Namespace) -> int:
    """Send a file; 0 when every message was answered, also if it was refused."""
    if not is_provider_id(options.provider):
        print_problem(f"terang cases: --provider {options.provider!r} names no provider")
        return USAGE
    try:
        messages = read_messages(options.file, may_be_pipe=True)
        remote = Remote.find(options.stack)
        bucket = remote.outputs["OutBucket"]
        answers = send_file(
            remote.cases(options.provider),
            messages,
            lambda: findings_in(remote.objects, bucket, options.provider),
        )
    except OperatorError as error:
        print_problem(f"terang cases: {error}")
        return 1
    for line in told(answers):
        console.print(line)
    return 1 if any(answer.status == NOT_SENT for answer in answers) else 0


def show(options: argparse.Namespace) -> int:
    """Show one case with all that happened; 1 if there is none."""
    try:
        remote = Remote.find(options.stack)
        found = _found(remote.store, options.case, options.provider)
    except OperatorError as error:
        print_problem(f"terang case: {error}")
        return 1
    if found is None:
        print_problem(f"terang case: no case {options.case} here{_hint(options)}")
        return 1
    console.print(case_screen(found, shown=options.show, now=remote.clock.now()))
    return 0


def _found(store: CaseStore, name: str, provider: str) -> History | None:
    """The case of that id, or the one that the provider's message of that id opened."""
    ids = [name] if is_id(name) else []
    ids += [case_id(kind, provider, name) for kind in MESSAGE_TYPES] if provider else []
    return next((found for one in ids if (found := history(store, one))), None)


def _hint(options: argparse.Namespace) -> str:
    if options.provider or is_id(options.case):
        return ""
    return ": with --provider P it may be the id of a message"
