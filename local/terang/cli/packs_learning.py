"""`terang packs learn`: labelled or decided posts become a scored pack in shadow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from authoring.check import read_sentences
from authoring.labelled import (
    LabelError,
    LabelledPost,
    read_answers,
    read_clean,
    read_labelled,
    relabel,
    review_lines,
)
from authoring.term_candidates import MODERATORS, decided_posts
from ledger.dsa_codes import CaseReceipt
from ledger.findings import Finding
from ledger.refusals import OperatorError
from ledger.texts import SystemClock
from matcher.sign_catalogue import SIGNS
from rules.pack import SHIPPED_SENTENCES, PackError
from rules.pack_parts import category_problem
from terang import ROOT, USAGE, InputError
from terang.case_queue import (
    complete_times,
    decode_lines,
    read_file,
    read_messages,
    resolve_findings,
)
from terang.packs.decided_posts import (
    Decisions,
    PublishedMonth,
    decisions_of_messages,
    decisions_of_stack,
    selection_shares,
    with_texts,
)
from terang.terminal import (
    STACK,
    Day,
    PackId,
    ProviderId,
    StackName,
    UsageError,
    print_problem,
    print_result,
    print_warning,
    today_utc,
)


def learn(
    *labelled: Annotated[Path, Parameter(help="JSON Lines or .csv, with `text` and `label`")],
    clean: Annotated[
        tuple[Path, ...], Parameter(metavar="FILE", help="further ordinary posts, with `text`")
    ] = (),
    counts: Annotated[
        tuple[Path, ...],
        Parameter(metavar="FILE", help="learn from tables that count harmful documents by term"),
    ] = (),
    pack_id: PackId,
    category: Annotated[str, Parameter(metavar="CODE", help="a category of the DSA")],
    out: Annotated[Path, Parameter(metavar="DIR", help="the folder of the results")],
    language: Annotated[
        str, Parameter(metavar="TAG", help="of the posts, such as id; default: to be filled in")
    ] = "",
    harmful: Annotated[
        tuple[str, ...],
        Parameter(metavar="LABEL", help="labels that mean harmful; all others mean ordinary"),
    ] = (),
    strike: Annotated[
        Path | None, Parameter(metavar="FILE", help="terms that must not be used, one a line")
    ] = None,
    words: Annotated[
        Path | None,
        Parameter(metavar="FILE", help="`word: weight` a line, from which the weights start"),
    ] = None,
    relabel_file: Annotated[
        Path | None,
        Parameter(name="--relabel", metavar="FILE", help="a review.jsonl with `answer` filled in"),
    ] = None,
    most: Annotated[int, Parameter(metavar="N", help="terms and signs with a weight")] = 200,
    today: Annotated[Day | None, Parameter(help="the first day in force")] = None,
    provider: Annotated[
        ProviderId | None, Parameter(help="learn from its decisions in the stack")
    ] = None,
    stack: StackName = STACK,
    run: Annotated[
        Path | None, Parameter(metavar="DIR", help="learn from the decisions of a run's folder")
    ] = None,
    cases: Annotated[
        tuple[Path, ...], Parameter(metavar="FILE", help="the messages of that run")
    ] = (),
    posts: Annotated[
        tuple[Path, ...],
        Parameter(metavar="FILE", help="the provider's own posts, for the texts of decided ones"),
    ] = (),
) -> int:
    """Write the pack in shadow, its card, and the posts whose labels somebody should look at."""
    from authoring.counts import learn_from_counts, read_counts  # late: they need numpy
    from authoring.features import LearningError, find_library, read_given_words
    from authoring.learning import Wanted
    from authoring.learning import learn as learn_weights
    from authoring.pack_text import LearnedPack, pack_text

    if problem := category_problem(category):
        raise UsageError(problem)
    asked = _DecisionsAsked(provider, stack, run, cases, posts)
    asked.check(labelled, counts)
    try:
        given = _read(labelled, partial(read_labelled, harmful=harmful))
        others = _read(clean, read_clean)
        rows = [row for path in counts for row in read_counts(read_file(path), str(path), harmful)]
        if relabel_file:
            given = relabel(given, read_answers(read_file(relabel_file), str(relabel_file)))
        struck = read_file(strike).decode("utf-8", "replace").splitlines() if strike else []
        given_words = read_given_words(read_file(words), str(words)) if words else {}
    except LabelError as error:
        for row in error.problems:
            print_problem(row)
        return USAGE
    if asked.any:
        given += _decided(asked, category)
    problems, protected = read_sentences(SHIPPED_SENTENCES)
    if problems:
        raise InputError("\n".join(map(str, problems)))
    sentences = [sentence.text for sentence in protected]
    struck_out = tuple(line for line in struck if line.strip())
    wanted = Wanted(most, tuple(SIGNS), struck_out, given_words)
    pack = LearnedPack(pack_id, category, language, today or today_utc())
    try:
        find_library(ROOT)
        learned = (
            learn_from_counts(rows, others, sentences, wanted, print_warning)
            if counts
            else learn_weights(given, others, sentences, wanted, print_warning)
        )
        text = pack_text(pack, learned, {})
    except (LearningError, PackError) as error:  # a pack does not check if its terms contradict
        raise OperatorError(": ".join([*map(str, counts or labelled), str(error)])) from None
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{pack_id}.yaml"
    path.write_text(text, "utf-8", newline="\n")
    (out / "review.jsonl").write_text("\n".join([*review_lines(learned.measured), ""]), "utf-8")
    print_result(f"wrote {path} and {out / 'review.jsonl'}")
    return 0


def _read(
    paths: Sequence[Path], read: Callable[[bytes, str, str], list[LabelledPost]]
) -> list[LabelledPost]:
    return [
        post
        for path in paths
        for post in read(read_file(path, may_be_pipe=True), str(path), path.suffix)
    ]


@dataclass(frozen=True, slots=True)
class _DecisionsAsked:
    """Whose decisions to learn from: a provider's in a stack, or those of a run."""

    provider: str | None
    stack: str
    run: Path | None
    cases: tuple[Path, ...]
    posts: tuple[Path, ...]

    @property
    def any(self) -> bool:
        """Return whether decisions are asked for at all."""
        return self.provider is not None or self.run is not None

    def check(self, labelled: Sequence[Path], counts: Sequence[Path]) -> None:
        """Raise UsageError if something is missing or contradicts something else."""
        if not labelled and not self.any and not counts:
            raise UsageError(
                "name a file of labelled posts, or --counts, or --provider or --run for decisions"
            )
        if counts and (labelled or self.any):
            raise UsageError("--counts needs no labelled posts or decisions; give --clean texts")
        if self.provider is not None and self.run is not None:
            raise UsageError("name --provider P of a stack, or --run DIR, not both")
        if self.any and not self.posts:
            raise UsageError("--posts FILE is needed: Terang keeps no texts of posts")
        if self.run is not None and not self.cases:
            raise UsageError("--run needs --cases FILE, the messages with the decisions")
        if not self.any and (self.posts or self.cases):
            raise UsageError("--posts and --cases need --provider P of a stack, or --run DIR")


def _decided(asked: _DecisionsAsked, category: str) -> list[LabelledPost]:
    """Return the decided posts with their texts, and say how many there are.

    Raises OperatorError if there are no decisions, no texts, or the decisions of one person alone.
    """
    if asked.run is not None:
        decisions, months = _of_run(asked.run, asked.cases)
    else:
        decisions, months = _of_stack(asked.stack, asked.provider or "")
    if not decisions.verdicts:
        erased = f" ({decisions.erased} on posts of erased authors)" if decisions.erased else ""
        unread = f" ({decisions.unread} messages would be refused)" if decisions.unread else ""
        raise OperatorError(
            f"{decisions.provider} has no decisions yet{erased}{unread}: confirm or dismiss some"
            " findings"
        )
    decided = decided_posts(decisions.verdicts, decisions.later, category)
    shares = selection_shares(decisions, months)
    posts, missing, edited = with_texts(decided, decisions, shares, asked.posts, read_file)
    print_warning(
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
    if len(people) < MODERATORS:
        raise OperatorError(
            f"all decisions are by {', '.join(people)}: {MODERATORS} moderators must have decided,"
            " or the pack learns one person's habit"
        )
    return posts


def _of_stack(stack: str, provider: str) -> tuple[Decisions, dict[str, PublishedMonth]]:
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
    months = {
        name: _month(remote.objects.get(bucket, f"{folder}{name}.json") or b"{}")
        for name in {day[:7] for day in days} & set(periods)
    }
    return decisions_of_stack(remote.store, provider, sorted(days)), months


def _of_run(folder: Path, cases: Sequence[Path]) -> tuple[Decisions, dict[str, PublishedMonth]]:
    path = folder / "findings.jsonl"
    findings = decode_lines(read_file(path), Finding, str(path), "no findings.jsonl of a run")
    if not findings:
        raise OperatorError(f"{path}: the run found nothing")
    provider = findings[0].provider
    messages = [message for case in cases for message in read_messages(case)]
    refused = _refused_in(folder / "out" / provider / "receipts/messages")
    taken = [message for message in messages if message.get("id") not in refused]
    clock = SystemClock()
    named = [resolve_findings(complete_times(message, clock), findings) for message in taken]
    months = {
        file.stem: _month(read_file(file))
        for file in (folder / "public/summaries" / provider).glob("20??-??.json")
    }
    return decisions_of_messages(provider, findings, filter(None, named)), months


def _refused_in(folder: Path) -> set[str]:
    """Return the sender's ids of the messages that the run refused."""
    receipts = [
        decode_lines(read_file(path), CaseReceipt, str(path))[0]
        for path in sorted(folder.glob("*/*.json"))
        if b'"kind":"case"' in read_file(path).replace(b" ", b"")
    ]
    return {receipt.id for receipt in receipts if receipt.status == "refused" and receipt.id}


def _month(data: bytes) -> PublishedMonth:
    try:
        return msgspec.json.decode(data, type=PublishedMonth)
    except msgspec.MsgspecError as error:
        raise OperatorError(f"a published month cannot be read: {error}") from None
