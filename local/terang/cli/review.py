"""`terang review`, `audit`, `cases send` and `case`: decide at the terminal, send, and look up."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from ledger.cases.case import case_id
from ledger.cases.messages import MESSAGE_TYPES
from ledger.clock import Clock, SystemClock
from ledger.errors import OperatorError
from ledger.ports import CaseStore
from ledger.records.identity import is_id
from terang.case_messages import MessageFile, decided_in, findings_in, read_file, read_messages
from terang.case_queue import NOT_SENT, CaseQueue, result_lines, send_messages
from terang.cli.arguments import STACK, Moderator, Month, ProviderId, StackName, UsageError
from terang.console import Screen
from terang.review.audit import begin_audit, read_sample, sample_key, unjudged
from terang.review.cards import Card, cards
from terang.review.screens import case_screen
from terang.review.sources import (
    CaseHistory,
    RuleReasons,
    case_history,
    findings_of_run,
    findings_of_stack,
    rule_reasons_in_folder,
    rule_reasons_in_sets,
    second_reviews,
)
from terang.review.terminal import TtyTerminal, audit_posts, is_terminal, review_cards

if TYPE_CHECKING:
    from terang.remote import Remote

console = Screen()


@dataclass(frozen=True, slots=True)
class _ReviewSources:
    """The cards, the reasons of their rules, the clock, and the queue of a stack, if any."""

    cards: tuple[Card, ...]
    why: RuleReasons
    clock: Clock
    queue: Callable[[], CaseQueue] | None = None


def review(
    findings: Annotated[Path | None, Parameter(help="a run's folder; or name --provider")] = None,
    /,
    *,
    moderator: Moderator,
    decisions: Annotated[
        Path | None, Parameter(metavar="FILE", help="default: decisions-NAME.jsonl")
    ] = None,
    provider: Annotated[ProviderId | None, Parameter(help="review this provider's stack")] = None,
    stack: StackName = STACK,
    send: Annotated[bool, Parameter(help="send the decisions at the end")] = False,
    limit: Annotated[int, Parameter(metavar="N", help="at most N findings; default: 200")] = 200,
) -> int:
    """Review findings; 0 when the moderator ends it, even if some are still open."""
    if (findings is None) == (provider is None):
        raise UsageError("name a run's folder, or --provider P of a stack")
    if send and provider is None:
        raise UsageError("--send needs --provider P of a stack")
    _need_terminal("it shows one post at a time and waits for a key")
    file = decisions or Path(f"decisions-{moderator}.jsonl")
    before = read_messages(file) if file.exists() else []
    if findings is not None:
        sources = _of_run(findings, before, limit)
    else:
        _print_questions(stack, provider or "", moderator)
        sources = _of_stack(stack, provider or "", moderator, before, limit)
    with _explain_unwritable(file), TtyTerminal() as terminal:
        messages = review_cards(
            terminal, sources.clock, moderator, sources.cards, sources.why, MessageFile(file).write
        )
    many = "" if len(messages) == 1 else "s"
    console.print(f"{len(messages)} decision{many} in {file}" if messages else "nothing decided")
    if not messages or sources.queue is None:
        return 0
    if send:
        bodies = [msgspec.to_builtins(message) for message in messages]
        for line in result_lines(send_messages(sources.queue(), bodies, list)):
            console.print(line)
    else:
        console.print(f"send with: {_sending(file, provider or '', stack)}")
    return 0


def _of_run(folder: Path, before: Sequence[dict[str, Any]], limit: int) -> _ReviewSources:
    findings = findings_of_run(folder, decided_in(before))[:limit]
    return _ReviewSources(cards(findings), rule_reasons_in_folder(folder), SystemClock())


def _print_questions(stack: str, provider: str, moderator: str) -> None:
    """Print the questions of the flood guard that nobody has answered, and how to answer."""
    for question, verdict in _remote(stack).store.flood_holds(provider):
        if not verdict:
            console.print(f"The flood guard asks: {question}. Are its findings right?")
            console.print(
                f"answer with: terang providers lift {provider} {question.rule}"
                f" --day {question.day} --moderator {moderator} [--leave-held]"
            )


def _of_stack(
    stack: str, provider: str, moderator: str, before: Sequence[dict[str, Any]], limit: int
) -> _ReviewSources:
    """Read the open findings of a stack. Second reviews come after them."""
    remote = _remote(stack)
    findings = findings_of_stack(remote.store, provider, limit, decided_in(before))
    sent = [message for message in before if message.get("type") == "second_review"]
    seconds = second_reviews(
        remote.store,
        provider,
        moderator,
        remote.clock.now().date(),
        [str(message.get("decision")) for message in sent],
    )
    bucket = remote.outputs["PublicBucket"]
    why = rule_reasons_in_sets(lambda key: remote.objects.get(bucket, key))
    return _ReviewSources(
        (*cards(findings), *seconds), why, remote.clock, lambda: remote.cases(provider)
    )


def audit(
    run: Annotated[Path | None, Parameter(help="a run's folder; default: the stack")] = None,
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="whose posts they are")],
    month: Annotated[Month, Parameter(help="the month of the sample")],
    moderator: Moderator,
    verdicts: Annotated[
        Path | None, Parameter(metavar="FILE", help="default: audit-MONTH-NAME.jsonl")
    ] = None,
    stack: StackName = STACK,
) -> int:
    """Audit posts; 0 when the moderator ends it, even if some still wait."""
    _need_terminal("it names one post at a time and waits for a key")
    file = verdicts or Path(f"audit-{month}-{moderator}.jsonl")
    before = read_messages(file) if file.exists() else []
    clock, posts = _sample(run, stack, sample_key(provider, month))
    begun = begin_audit(moderator, month, unjudged(posts, before, month), clock.now())
    with _explain_unwritable(file), TtyTerminal() as terminal:
        messages = audit_posts(terminal, clock, begun, MessageFile(file).write)
    console.print(f"{len(messages)} judged in {file}")
    if messages:
        console.print(f"send with: {_sending(file, provider, stack)}")
    return 0


def _sample(run: Path | None, stack: str, key: str) -> tuple[Clock, list[str]]:
    """Return the clock, and the posts of the month's sample by rank."""
    if run is not None:
        file = run / key
        return SystemClock(), read_sample(read_file(file) if file.is_file() else None, str(file))
    remote = _remote(stack)
    return remote.clock, read_sample(remote.objects.get(remote.outputs["OutBucket"], key), key)


def _need_terminal(reason: str) -> None:
    if not is_terminal():
        raise UsageError(f"it needs a terminal: {reason}")


def _sending(file: Path, provider: str, stack: str) -> str:
    return f"terang cases send {file} --provider {provider} --stack {stack}"


@contextmanager
def _explain_unwritable(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OperatorError(f"cannot write {file}: {error.strerror}") from None


def send(
    file: Annotated[Path, Parameter(help="messages as in docs/case-message.schema.json")],
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="in whose name they are sent")],
    stack: StackName = STACK,
) -> int:
    """Send a file; 0 when every message was answered, even if it was refused."""
    messages = read_messages(file, may_be_pipe=True)
    remote = _remote(stack)
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
    """Show one case with everything that happened; 1 if it does not exist."""
    remote = _remote(stack)
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
    return next((history for case in ids if (history := case_history(store, case))), None)


def _remote(stack: str) -> "Remote":
    from terang.remote import Remote  # late: a run's folder needs no boto3

    return Remote.find(stack)
