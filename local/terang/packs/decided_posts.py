"""Reads what a provider's moderators decided: from the journal of a stack, or a run's messages.

Finds the text of each decided post, and how likely it was that somebody decided it.

Terang keeps no text, so it comes from the provider's own files, by the post's id. The finding's id
is a digest of the text too: a post that was edited since is not taken.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from authoring.labelled import LabelledPost
from authoring.term_candidates import (
    DecidedPost,
    PostVerdict,
    SecondWords,
    SelectedBy,
    SelectionShare,
    selection_weights,
    selection_words,
)
from cases.audit import Audit
from cases.contest import Complaint, ContestResult, Dispute, Outcome, Reinstatement, SecondReview
from cases.decision import Decision
from cases.kinds import CaseMessage, read_case_message
from cases.notice import Notice
from ledger.aws.store import DynamoStore
from ledger.cases import JournalEntry
from ledger.dsa_codes import CaseRefusal
from ledger.findings import Finding, finding_id
from ledger.posts import Post, read_line
from ledger.refusals import Refusal
from terang import InputError

_JUDGED = {"confirmed": True, "dismissed": False}
_AUDITED = {"violating": True, "not_violating": False}


@dataclass(slots=True)
class Decisions:
    """All verdicts of a provider, later messages about them, and the decided findings.

    `erased` counts verdicts on posts of erased authors, `unread` messages that Terang would refuse.
    """

    provider: str
    verdicts: list[PostVerdict] = field(default_factory=list)
    later: SecondWords = field(default_factory=SecondWords)
    findings: dict[str, Finding] = field(default_factory=dict)
    erased: int = 0
    unread: int = 0


def decisions_of_stack(store: DynamoStore, provider: str, days: Iterable[str]) -> Decisions:
    """Return what people decided on these days. Decisions on erased authors' posts are counted."""
    decisions = Decisions(provider)
    overturned: set[str] = set()
    looks: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for day in days:
        for entry in store.journal_entries(provider, day):
            if entry.overturns:
                overturned.add(entry.decision)
            if entry.type == "second_review" and entry.verdict in _JUDGED:
                looks[entry.decision].append((entry.moderator, _JUDGED[entry.verdict]))
            if entry.type == "decision" and entry.verdict in _JUDGED:
                _add_decision(decisions, store, entry)
            if entry.type == "audit":
                _add_audit(decisions, store, entry)
    decisions.later = SecondWords(frozenset(overturned), looks)
    return decisions


def _add_decision(decisions: Decisions, store: DynamoStore, entry: JournalEntry) -> None:
    cases = [case for name in entry.cases if name != entry.entry and (case := store.case(name))]
    findings = [case.finding for case in cases if case.finding]
    posts = {finding.post for finding in findings}
    posts |= {case.entries[0].post for case in cases if not case.finding}
    if not posts - {""}:
        decisions.erased += 1
        return
    decisions.findings |= {finding.finding: finding for finding in findings}
    decisions.verdicts.append(_decided(entry.entry, max(posts), entry.category, entry, findings))


def _add_audit(decisions: Decisions, store: DynamoStore, entry: JournalEntry) -> None:
    case = store.case(entry.cases[0]) if entry.cases else None
    post = case.entries[0].post if case and case.entries else ""
    if not post:
        decisions.erased += 1
        return
    decisions.verdicts.append(_audited(entry.entry, post, entry))


def _decided(
    key: str,
    post: str,
    category: str,
    decision: JournalEntry | Decision,
    findings: Sequence[Finding],
) -> PostVerdict:
    return PostVerdict(
        key=key,
        post=post,
        selection=SelectedBy.RULE if findings else SelectedBy.NOTICE,
        category=category,
        is_right=_JUDGED[decision.verdict],
        moderator=decision.moderator,
        findings=tuple(finding.finding for finding in findings),
    )


def _audited(key: str, post: str, audit: JournalEntry | Audit) -> PostVerdict:
    return PostVerdict(
        key=key,
        post=post,
        selection=SelectedBy.AUDIT,
        category=audit.category or "",
        is_right=_AUDITED.get(audit.verdict),
        moderator=audit.moderator,
    )


def decisions_of_messages(
    provider: str, findings: Sequence[Finding], messages: Iterable[Mapping[str, Any]]
) -> Decisions:
    """Return the decisions of a run's messages, which name their findings by id.

    Messages that Terang would refuse for their fields are counted. A second decision on the same
    finding is left out.
    """
    by_id = {finding.finding: finding for finding in findings}
    read = [_read(message) for message in messages]
    taken = [message for message in read if message is not None]
    notices = {message.id: message for message in taken if isinstance(message, Notice)}
    decisions = Decisions(provider, later=_second_words(taken), unread=len(read) - len(taken))
    done: set[str] = set()
    for message in taken:
        match message:
            case Decision() if message.verdict in _JUDGED and done.isdisjoint(message.findings):
                done.update(message.findings)
                _add_message(decisions, message, by_id, notices)
            case Audit():
                decisions.verdicts.append(_audited(message.id, message.post, message))
            case _:
                pass
    return decisions


def _read(fields: Mapping[str, Any]) -> CaseMessage | None:
    message = read_case_message(msgspec.json.encode(fields))
    return None if isinstance(message, CaseRefusal) else message


def _second_words(messages: Iterable[CaseMessage]) -> SecondWords:
    """Return which decisions were overturned, and second reviews at them, by the sender's ids."""
    listed = list(messages)
    contested = {each.id: each.decision for each in listed if isinstance(each, Complaint | Dispute)}
    looks: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    overturned: set[str] = set()
    for message in listed:
        match message:
            case Outcome(outcome=ContestResult.REVERSED):
                overturned.add(contested.get(message.complaint or message.dispute or "", ""))
            case Reinstatement():
                overturned.add(message.decision)
            case SecondReview() if message.verdict in _JUDGED:
                looks[message.decision].append((message.moderator, _JUDGED[message.verdict]))
            case _:
                pass
    return SecondWords(frozenset(overturned), looks)


def _add_message(
    decisions: Decisions,
    message: Decision,
    findings: Mapping[str, Finding],
    notices: Mapping[str, Notice],
) -> None:
    found = [findings[name] for name in message.findings if name in findings]
    about = found[0] if found else notices.get(message.notice or "")
    if about is None:
        return
    decisions.findings |= {finding.finding: finding for finding in found}
    decisions.verdicts.append(_decided(message.id, about.post, about.category, message, found))


class PublishedNumbers(msgspec.Struct, frozen=True):
    """The numbers of a published month that say how posts were selected."""

    inspected: int = 0
    live: int = 0
    held: int = 0


class PublishedMonth(msgspec.Struct, frozen=True):
    """The fields of a published month that are needed here."""

    numbers: PublishedNumbers


def selection_shares(
    decisions: Decisions, months: Mapping[str, PublishedMonth]
) -> dict[SelectedBy, SelectionShare]:
    """Return how many posts of each kind were decided, out of how many in the published months.

    Held findings count as proposed if somebody decided on one: then a person had opened them.
    """
    counted = Counter(verdict.selection for verdict in decisions.verdicts)
    is_opened = any(finding.held for finding in decisions.findings.values())
    live = sum(
        month.numbers.live - (0 if is_opened else month.numbers.held) for month in months.values()
    )
    unmet = sum(max(month.numbers.inspected - month.numbers.live, 0) for month in months.values())
    decided = sum(finding.mode == "live" for finding in decisions.findings.values())
    shares = {
        SelectedBy.RULE: SelectionShare(decided, live or None),
        SelectedBy.AUDIT: SelectionShare(counted[SelectedBy.AUDIT], unmet or None),
        SelectedBy.NOTICE: SelectionShare(counted[SelectedBy.NOTICE], None),
    }
    return {name: share for name, share in shares.items() if counted[name]}


def with_texts(
    decided: Sequence[DecidedPost],
    decisions: Decisions,
    shares: Mapping[SelectedBy, SelectionShare],
    files: Iterable[Path],
    read: Callable[[Path], bytes],
) -> tuple[list[LabelledPost], int, int]:
    """Return the decided posts with their texts from the provider's files, in the order of lines.

    After them: how many decided posts have an id that no file has, and how many another text than
    the one that was inspected.

    Raises OperatorError if a file holds no post that Terang takes.
    """
    wanted = {one.post: one for one in decided}
    weights = selection_weights(shares)
    labelled: dict[str, LabelledPost] = {}
    known: set[str] = set()
    for path in files:
        for number, post in _posts(path, read(path)):
            one = wanted.get(post.id)
            if one is None:
                continue
            known.add(post.id)
            if (text := _text_of(post, one, decisions)) and post.id not in labelled:
                share, weight = shares[one.selection], weights[one.selection]
                labelled[post.id] = LabelledPost(
                    text,
                    one.is_harmful,
                    f"{path}:{number}",
                    weight=weight,
                    moderators=one.moderators,
                    selected=selection_words(
                        one.selection, share, weight, is_harmful=one.is_harmful
                    ),
                )
    return [*labelled.values()], len(wanted.keys() - known), len(known - labelled.keys())


def _posts(path: Path, data: bytes) -> Iterator[tuple[int, Post]]:
    posts = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip() and not isinstance(read := read_line(line.rstrip(b"\r")), Refusal):
            posts += 1
            yield number, read[0]
    if not posts:
        raise InputError(f"{path}: no line is a post; write JSON Lines as docs/posts.md says")


def _text_of(post: Post, decided: DecidedPost, decisions: Decisions) -> str:
    """Return the part in which a rule found something, else the text; empty if it was edited."""
    parts = dict(post.parts)
    for name in decided.findings:
        finding = decisions.findings[name]
        same = finding_id(
            decisions.provider,
            post.id,
            post.text_digest,
            finding.pack,
            finding.rule,
            finding.mode,
        )
        if same == name:
            place = finding.spans[0].part if finding.spans else "text"
            return post.text if place.startswith("links/") else parts.get(place, post.text)
    return "" if decided.findings else post.text
