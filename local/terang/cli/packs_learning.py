"""`terang packs learn`: labelled or decided posts become a scored pack in shadow.

What moderators decided is in the journal of a stack, or in a run's messages. Terang keeps no text,
so it comes from the provider's own files, by the post's id. The finding's id is a digest of the
text too: a post that was edited since is not taken.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec

from authoring import term_candidates
from authoring.check import read_sentences
from authoring.counts import learn_from_counts, read_counts
from authoring.features import LearningError, find_library, read_given_words, words_of_pack
from authoring.labelled import (
    LabelError,
    LabelledPost,
    read_answers,
    read_clean,
    read_labelled,
    relabel,
    review_lines,
)
from authoring.learning import Wanted
from authoring.learning import learn as learn_weights
from authoring.pack_text import NewPack, pack_text
from cases.asked import Audit, Notice
from cases.contest import Complaint, ContestResult, Dispute, Outcome, Reinstatement, SecondReview
from cases.decision import Decision
from cases.kinds import CaseMessage, read_case_message
from ledger.cases import JournalEntry
from ledger.codes import CaseReceipt, CaseRefusal, OperatorError, Refusal
from ledger.findings import Finding, finding_id
from ledger.posts import Post, read_line
from ledger.store import DynamoStore
from ledger.texts import SystemClock
from matcher import Pack
from matcher.sign_catalogue import SIGNS
from rules.pack import PATH_NAME, SHIPPED_SENTENCES, PackError
from rules.pack_parts import category_problem
from terang import ROOT, USAGE, InputError, terminal
from terang.case_queue import (
    complete_times,
    decode_lines,
    read_file,
    read_messages,
    resolve_findings,
)
from terang.terminal import Files, Texts, option, says

_JUDGED = {"confirmed": True, "dismissed": False}
_RIGHT = _JUDGED | {"violating": True, "not_violating": False}


class PublishedNumbers(msgspec.Struct, frozen=True):
    """The numbers of a published month that say how posts were selected."""

    inspected: int = 0
    live: int = 0
    held: int = 0


class PublishedMonth(msgspec.Struct, frozen=True):
    """The fields of a published month that are needed here."""

    numbers: PublishedNumbers


@dataclass(slots=True)
class Decisions:
    """All verdicts of a provider, later messages about them, and the decided findings.

    `erased` counts verdicts on posts of erased authors, `unread` messages that Terang would refuse.
    `months` are those that were published.
    """

    provider: str
    verdicts: list[term_candidates.PostVerdict] = field(default_factory=list)
    later: term_candidates.SecondWords = field(default_factory=term_candidates.SecondWords)
    findings: dict[str, Finding] = field(default_factory=dict)
    erased: int = 0
    unread: int = 0
    months: Sequence[PublishedNumbers] = ()

    def add(
        self,
        key: str,
        about: tuple[str, str],
        said: JournalEntry | Decision | Audit,
        selection: term_candidates.SelectedBy,
        findings: Sequence[Finding] = (),
    ) -> None:
        """Add the verdict on a post and category, and on these findings in it."""
        known = {finding.finding: finding for finding in findings}
        self.findings |= known
        is_right = _RIGHT.get(said.verdict)
        verdict = term_candidates.PostVerdict(
            key, about[0], selection, about[1], is_right, said.moderator, (*known,)
        )
        self.verdicts.append(verdict)


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
                case = store.case(entry.cases[0]) if entry.cases else None
                if case and case.entries and (post := case.entries[0].post):
                    about = post, entry.category
                    decisions.add(entry.entry, about, entry, term_candidates.SelectedBy.AUDIT)
                else:
                    decisions.erased += 1
    decisions.later = term_candidates.SecondWords(frozenset(overturned), looks)
    return decisions


def _add_decision(decisions: Decisions, store: DynamoStore, entry: JournalEntry) -> None:
    cases = [case for name in entry.cases if name != entry.entry and (case := store.case(name))]
    findings = [case.finding for case in cases if case.finding]
    posts = {finding.post for finding in findings}
    posts |= {case.entries[0].post for case in cases if not case.finding}
    if posts - {""}:
        by = term_candidates.SelectedBy.RULE if findings else term_candidates.SelectedBy.NOTICE
        decisions.add(entry.entry, (max(posts), entry.category), entry, by, findings)
    else:
        decisions.erased += 1


def decisions_of_messages(
    provider: str, findings: Sequence[Finding], messages: Iterable[Mapping[str, Any]]
) -> Decisions:
    """Return the decisions of a run's messages, which name their findings by id.

    Messages that Terang would refuse for their fields are counted. A second decision on the same
    finding is left out.
    """
    by_id = {finding.finding: finding for finding in findings}
    read = [read_case_message(msgspec.json.encode(message)) for message in messages]
    taken = [message for message in read if not isinstance(message, CaseRefusal)]
    notices = {message.id: message for message in taken if isinstance(message, Notice)}
    decisions = Decisions(provider, later=_second_words(taken), unread=len(read) - len(taken))
    done: set[str] = set()
    for message in taken:
        match message:
            case Decision() if message.verdict in _JUDGED and done.isdisjoint(message.findings):
                done.update(message.findings)
                found = [by_id[name] for name in message.findings if name in by_id]
                by = term_candidates.SelectedBy.RULE if found else term_candidates.SelectedBy.NOTICE
                if on := found[0] if found else notices.get(message.notice or ""):
                    decisions.add(message.id, (on.post, on.category), message, by, found)
            case Audit():
                about = message.post, message.category or ""
                decisions.add(message.id, about, message, term_candidates.SelectedBy.AUDIT)
    return decisions


def _second_words(messages: Sequence[CaseMessage]) -> term_candidates.SecondWords:
    """Return which decisions were overturned, and second reviews at them, by the sender's ids."""
    contests = (each for each in messages if isinstance(each, Complaint | Dispute))
    contested = {each.id: each.decision for each in contests}
    looks: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    overturned: set[str] = set()
    for message in messages:
        match message:
            case Outcome(outcome=ContestResult.REVERSED):
                overturned.add(contested.get(message.complaint or message.dispute or "", ""))
            case Reinstatement():
                overturned.add(message.decision)
            case SecondReview() if message.verdict in _JUDGED:
                looks[message.decision].append((message.moderator, _JUDGED[message.verdict]))
    return term_candidates.SecondWords(frozenset(overturned), looks)


def selection_shares(
    decisions: Decisions,
) -> dict[term_candidates.SelectedBy, term_candidates.SelectionShare]:
    """Return how many posts of each kind were decided, out of how many in the published months.

    Held findings count as proposed if somebody decided on one: then a person had opened them.
    """
    counted = Counter(verdict.selection for verdict in decisions.verdicts)
    is_opened = any(finding.held for finding in decisions.findings.values())
    live = sum(month.live - (0 if is_opened else month.held) for month in decisions.months)
    unmet = sum(max(month.inspected - month.live, 0) for month in decisions.months)
    decided = sum(finding.mode == "live" for finding in decisions.findings.values())
    shares = {
        term_candidates.SelectedBy.RULE: term_candidates.SelectionShare(decided, live or None),
        term_candidates.SelectedBy.AUDIT: term_candidates.SelectionShare(
            counted[term_candidates.SelectedBy.AUDIT], unmet or None
        ),
        term_candidates.SelectedBy.NOTICE: term_candidates.SelectionShare(
            counted[term_candidates.SelectedBy.NOTICE], None
        ),
    }
    return {name: share for name, share in shares.items() if counted[name]}


def with_texts(
    decided: Sequence[term_candidates.DecidedPost], decisions: Decisions, files: Iterable[Path]
) -> tuple[list[LabelledPost], int, int]:
    """Return the decided posts with their texts from the provider's files, in the order of lines.

    After them: how many decided posts have an id that no file has, and how many another text than
    the one that was inspected.

    Raises OperatorError if a file holds no post that Terang takes.
    """
    wanted = {one.post: one for one in decided}
    shares = selection_shares(decisions)
    weights = term_candidates.selection_weights(shares)
    labelled: dict[str, LabelledPost] = {}
    known: set[str] = set()
    for path in files:
        for number, post in _posts(path, read_file(path)):
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
                    selected=term_candidates.selection_words(
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


def _text_of(post: Post, decided: term_candidates.DecidedPost, decisions: Decisions) -> str:
    """Return the part in which a rule found something, else the text; empty if it was edited."""
    parts = dict(post.parts)
    for name in decided.findings:
        finding = decisions.findings[name]
        rule = finding.pack, finding.rule, finding.mode
        if name == finding_id(decisions.provider, post.id, post.text_digest, *rule):
            place = finding.spans[0].part if finding.spans else "text"
            return post.text if place.startswith("links/") else parts.get(place, post.text)
    return "" if decided.findings else post.text


def learn(
    *labelled: Annotated[Path, says("JSON Lines or .csv, with `text` and `label`")],
    clean: Annotated[Files, option("FILE", "further ordinary posts, with `text`")] = (),
    counts: Annotated[Files, option("FILE", "tables that count harmful documents by term")] = (),
    pack_id: terminal.PackId,
    category: Annotated[str, option("CODE", "a category of the DSA")],
    out: Annotated[Path, option("DIR", "the folder of the results")],
    language: Annotated[str, option("TAG", "such as id; default: to be filled in")] = "",
    harmful: Annotated[Texts, option("LABEL", "labels of harmful posts; others: ordinary")] = (),
    strike: Annotated[Path | None, option("FILE", "terms that may not be used, one a line")] = None,
    words: Annotated[Path | None, option("FILE", "lines of `word: weight` to start from")] = None,
    from_packs: Annotated[
        Texts, option("PACK", "a pack's file or shipped id to start from", name="--from")
    ] = (),
    relabel_file: Annotated[
        Path | None, option("FILE", "a review.jsonl with `answer` filled in", name="--relabel")
    ] = None,
    most: Annotated[int, option("N", "terms and signs with a weight")] = 400,
    today: Annotated[terminal.Day | None, says("the first day in force")] = None,
    provider: Annotated[terminal.ProviderId | None, says("learn from a stack's decisions")] = None,
    stack: terminal.StackName = terminal.STACK,
    run: Annotated[Path | None, option("DIR", "learn from the decisions of a run's folder")] = None,
    cases: Annotated[Files, option("FILE", "the messages of that run")] = (),
    posts: Annotated[Files, option("FILE", "its posts, for the texts of decided ones")] = (),
) -> int:
    """Write the pack in shadow, its card, and the posts whose labels somebody should look at."""
    asked = provider is not None or run is not None
    nothing = "name a file of labelled posts, or --counts, or --provider or --run for decisions"
    mistakes = {
        category_problem(category): True,
        nothing: not (labelled or asked or counts),
        "--counts needs no labelled posts or decisions; give --clean texts": bool(
            counts and (labelled or asked)
        ),
        "name --provider P of a stack, or --run DIR, not both": bool(provider and run),
        "--posts FILE is needed: Terang keeps no texts of posts": asked and not posts,
        "--run needs --cases FILE, the messages with the decisions": bool(run and not cases),
        "--posts and --cases need --provider P of a stack, or --run DIR": not asked
        and bool(posts or cases),
    }
    if problem := next((words for words, is_so in mistakes.items() if words and is_so), ""):
        raise terminal.UsageError(problem)
    try:
        given = _read(labelled, partial(read_labelled, harmful=harmful))
        others = _read(clean, read_clean)
        rows = [row for path in counts for row in read_counts(read_file(path), str(path), harmful)]
        if relabel_file:
            given = relabel(given, read_answers(read_file(relabel_file), str(relabel_file)))
        struck = read_file(strike).decode("utf-8", "replace").splitlines() if strike else []
        known = [read_given_words(read_file(words), str(words))] if words else []
        known += [rule for name in from_packs for rule in words_of_pack(_pack_named(name))]
    except LabelError as error:
        for row in error.problems:
            terminal.print_problem(row)
        return USAGE
    except PackError as error:
        raise InputError(str(error)) from None
    if asked:
        decisions = _of_run(run, cases) if run else _of_stack(stack, provider or "")
        given += _texts_of(decisions, category, posts)
    problems, protected = read_sentences(SHIPPED_SENTENCES)
    if problems:
        raise InputError("\n".join(map(str, problems)))
    sentences = [sentence.text for sentence in protected]
    struck_out = tuple(line for line in struck if line.strip())
    signs = tuple(sign for sign in SIGNS if not sign.startswith("words-"))  # fees know the length
    wanted = Wanted(most, signs, struck_out, tuple(known))
    try:
        find_library(ROOT)
        learned = (
            learn_from_counts(rows, others, sentences, wanted, terminal.print_warning)
            if counts
            else learn_weights(given, others, sentences, wanted, terminal.print_warning)
        )
        languages = (language,) if language else ()
        pack = NewPack(pack_id, category, (), languages, "", today or terminal.today_utc())
        text = pack_text(pack, learned)
    except (LearningError, PackError) as error:  # a pack does not check if its terms contradict
        raise OperatorError(": ".join([*map(str, counts or labelled), str(error)])) from None
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{pack_id}.yaml"
    path.write_text(text, "utf-8", newline="\n")
    (out / "review.jsonl").write_text("\n".join([*review_lines(learned.measured), ""]), "utf-8")
    terminal.print_result(f"wrote {path} and {out / 'review.jsonl'}")
    return 0


def _pack_named(name: str) -> Pack:
    """Return the pack of a file, or the one that ships with this id."""
    shipped = SHIPPED_SENTENCES.parent / f"{name}.yaml"
    path = shipped if PATH_NAME.fullmatch(name) and shipped.is_file() else Path(name)
    return Pack.parse(read_file(path).decode("utf-8", "replace"), str(path))


def _read(
    paths: Sequence[Path], read: Callable[[bytes, str, str], list[LabelledPost]]
) -> list[LabelledPost]:
    return [
        post
        for path in paths
        for post in read(read_file(path, may_be_pipe=True), str(path), path.suffix)
    ]


def _texts_of(decisions: Decisions, category: str, files: Sequence[Path]) -> list[LabelledPost]:
    """Return the decided posts with their texts, and say how many there are.

    Raises OperatorError if there are no decisions, no texts, or the decisions of one person alone.
    """
    if not decisions.verdicts:
        erased = f" ({decisions.erased} on posts of erased authors)" if decisions.erased else ""
        unread = f" ({decisions.unread} messages would be refused)" if decisions.unread else ""
        raise OperatorError(
            f"{decisions.provider} has no decisions yet{erased}{unread}: confirm or dismiss some"
            " findings"
        )
    decided = term_candidates.decided_posts(decisions.verdicts, decisions.later, category)
    posts, missing, edited = with_texts(decided, decisions, files)
    terminal.print_warning(
        f"{len(decisions.verdicts):,} decisions label {len(decided):,} posts for {category};"
        f" {len(posts):,} of them are in the files, {missing:,} are not,"
        f" {edited:,} have another text there"
    )
    if not posts:
        raise OperatorError(
            f"none of {len(decided):,} decided posts is in the files with its text: --posts must"
            " hold the posts as they were sent, with the same `id` and `text`"
        )
    people = frozenset().union(*(post.moderators for post in posts))
    if len(people) < term_candidates.MODERATORS:
        raise OperatorError(
            f"all decisions are by {', '.join(people)}: {term_candidates.MODERATORS} moderators"
            " must have decided, or the pack learns one person's habit"
        )
    return posts


def _of_stack(stack: str, provider: str) -> Decisions:
    """Read the journal of the days that have a published summary."""
    from terang.remote import Remote  # late: files need no boto3

    remote = Remote.find(stack).known(provider)
    bucket, folder = remote.outputs["PublicBucket"], f"summaries/{provider}/"
    periods = [
        key.removeprefix(folder).removesuffix(".json")
        for key in remote.objects.keys(bucket, folder)
        if key.endswith(".json")
    ]
    days = [name for name in periods if len(name) == len("2026-11-25") and name[:2] == "20"]
    decisions = decisions_of_stack(remote.store, provider, sorted(days))
    decisions.months = [
        _month(remote.objects.get(bucket, f"{folder}{name}.json") or b"{}")
        for name in {day[:7] for day in days} & set(periods)
    ]
    return decisions


def _of_run(folder: Path, cases: Sequence[Path]) -> Decisions:
    path = folder / "findings.jsonl"
    findings = decode_lines(read_file(path), Finding, str(path), "no findings.jsonl of a run")
    if not findings:
        raise OperatorError(f"{path}: the run found nothing")
    provider = findings[0].provider
    messages = [message for case in cases for message in read_messages(case)]
    receipts = [
        decode_lines(read_file(path), CaseReceipt, str(path))[0]
        for path in sorted((folder / "out" / provider / "receipts/messages").glob("*/*.json"))
        if b'"kind":"case"' in read_file(path).replace(b" ", b"")
    ]
    refused = {receipt.id for receipt in receipts if receipt.status == "refused" and receipt.id}
    taken = [message for message in messages if message.get("id") not in refused]
    clock = SystemClock()
    named = [resolve_findings(complete_times(message, clock), findings) for message in taken]
    files = (folder / "public/summaries" / provider).glob("20??-??.json")
    decisions = decisions_of_messages(provider, findings, filter(None, named))
    decisions.months = [_month(read_file(file)) for file in files]
    return decisions


def _month(data: bytes) -> PublishedNumbers:
    try:
        return msgspec.json.decode(data, type=PublishedMonth).numbers
    except msgspec.MsgspecError as error:
        raise OperatorError(f"a published month cannot be read: {error}") from None
