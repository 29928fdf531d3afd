"""Packs that are not in force yet: taken from another stack, compared with others, consented to.

A pack is taken by a digest. The digest names the bytes, so it does not matter who serves them. A
set proves its packs: each YAML file must say what the set says. A taken pack runs in shadow,
whatever its author chose, and names its origin.
"""

import hashlib
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

import msgspec
import urllib3
import yaml

from authoring.advice import why_unprotected
from authoring.explain import NOTHING_ALONE, deciding_terms
from authoring.format import LayoutError, canonical, last_line
from ledger.codes import OperatorError, Refusal
from ledger.findings import excerpt_of
from ledger.posts import Post, read_line
from matcher import Hit, Matcher, Mode, Pack, Severity
from rules.pack import PACK_BYTES
from rules.pack_parts import Score
from rules.pinned import without_factchecks
from rules.rule_set import SetError, load_set
from terang import InputError
from terang.terminal import print_warning, screen

if TYPE_CHECKING:
    from terang.set_publishing import SetChange

SECONDS = 60
"""How long an address may take, from its name to its last byte."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def fetch(url: str, most: int) -> bytes:
    """Return what an address serves, without following it elsewhere. Say on stderr what is read.

    Raises InputError if it is not an https address (http on this machine), does not answer 200,
    takes more than `SECONDS`, or serves more than `most` bytes.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InputError(f"{url}: {error}") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise InputError(f"{url}: write an https:// address")
    print_warning(f"reading {url}, for at most {SECONDS} seconds")
    answer: Future[tuple[int, bytes]] = Future()
    Thread(target=_read, args=(url, most, answer), daemon=True).start()
    try:
        status, data = answer.result(SECONDS)
    except TimeoutError:
        raise InputError(f"{url}: not served within {SECONDS} seconds") from None
    except urllib3.exceptions.HTTPError as error:
        raise InputError(f"{url}: {type(error).__name__}") from None
    if status != 200:
        raise InputError(f"{url}: HTTP {status}")
    if len(data) > most:
        raise InputError(f"{url}: more than {most:,} bytes")
    return data


def _read(url: str, most: int, into: "Future[tuple[int, bytes]]") -> None:
    """Read an address in a thread: no time-out of a socket bounds an answer byte by byte."""
    pool = urllib3.PoolManager(retries=False, timeout=SECONDS)
    try:
        answer = pool.request("GET", url, redirect=False, preload_content=False)
        into.set_result((answer.status, answer.read(most + 1)))
    except Exception as error:  # noqa: BLE001 - the caller raises it
        into.set_exception(error)
    finally:
        pool.clear()


def published_packs(url: str, digest: str, ids: Sequence[str]) -> list[tuple[Pack, str]]:
    """Return the pack, or those packs of the set whose ids are given; without any, all of them.

    Each comes with the YAML to keep: in shadow, with its origin.

    Raises OperatorError if an address cannot be read, if anything differs from its digest, or
    if an id is not there, and PackError if a pack does not parse.
    """
    data = fetch(url, 64 * 1024 * 1024)
    actual = hashlib.sha256(data).hexdigest()
    if actual != digest:
        raise OperatorError(
            f"{url}: its SHA-256 is {actual}, not {digest}. Somebody changed it, or"
            " the digest belongs to something else. Nothing was taken."
        )
    if data[:1] == b"{":
        pulled = list(_packs_of_set(url, data, ids))
    elif len(data) > PACK_BYTES:
        raise OperatorError(f"{url}: a pack has at most {PACK_BYTES:,} bytes")
    else:
        pulled = [_pulled(data, url)]
    if missing := sorted(set(ids) - {pack.id for pack, _ in pulled}):
        raise InputError(f"{url}: there is no pack {', '.join(missing)}")
    return pulled


def _packs_of_set(set_url: str, data: bytes, ids: Sequence[str]) -> Iterator[tuple[Pack, str]]:
    try:
        packs = without_factchecks(load_set(data).packs)
    except SetError as error:
        raise OperatorError(f"{set_url}: {error}") from None
    for pack in packs:
        if not ids or pack.id in ids:
            url = urljoin(set_url, f"../packs/{pack.id}/{pack.version}.yaml")
            pulled = _pulled(fetch(url, PACK_BYTES), url)
            if pulled[0].digest != pack.digest:
                raise OperatorError(f"{url}: it is not the version that the set names")
            yield pulled


def _pulled(data: bytes, url: str) -> tuple[Pack, str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OperatorError(f"{url}: byte {error.start} is not UTF-8") from None
    pack = Pack.parse(text, url)
    origin = {"url": url, "sha256": hashlib.sha256(data).hexdigest()}
    try:
        edited = _with_keys(canonical(text, url), mode=Mode.SHADOW, origin=origin)
        return pack, canonical(edited, url)
    except LayoutError as error:
        raise OperatorError(f"{url}: {error}") from None


def _with_keys(text: str, **values: object) -> str:
    """Return the YAML of a pack, in the canonical layout, with these keys in place of its own."""
    top = cast("yaml.MappingNode", yaml.compose(text, Loader=yaml.SafeLoader))
    lines = text.splitlines(keepends=True)
    for key, value in reversed(top.value):
        if key.value in values:
            del lines[key.start_mark.line : last_line(value) + 1]
    added = (f"{key}: {msgspec.json.encode(value).decode()}\n" for key, value in values.items())
    return "".join([*lines, *added])


def keep(pulled: Sequence[tuple[Pack, str]], folder: Path) -> list[Path]:
    """Write each pack as `<id>.yaml`, and return the files. One that is there already stays.

    Raises OperatorError, before anything is written, if a file is a link or has other content.
    """
    paths = {folder / f"{pack.id}.yaml": text for pack, text in pulled}
    for path, text in paths.items():
        if path.is_symlink() or (path.exists() and path.read_bytes() != text.encode()):
            raise OperatorError(f"{path} is a link or has other content: move it")
    folder.mkdir(parents=True, exist_ok=True)
    for path in [path for path in paths if not path.exists()]:
        with path.open("x", encoding="utf-8", newline="\n") as file:  # follows no link
            file.write(paths[path])
    return list(paths)


def describe(pack: Pack) -> Iterator[str]:
    """Yield the lines that show a pulled pack to the person who decides whether to run it."""
    chosen = "its author runs it live" if pack.mode is Mode.LIVE else "its author runs it in shadow"
    yield f"{pack.id} version {pack.version}: {pack.title}"
    yield f"  {pack.why}"
    yield (
        f"  {pack.category}, {', '.join(pack.languages)}, by {pack.owner};"
        f" in force {pack.in_force.from_} to {pack.in_force.until}; {chosen}"
    )
    yield f"  {pack.legal_ground.text}: {pack.legal_ground.url}"
    for rule in pack.rules:
        yield f"  {rule.id} ({rule.severity}): {rule.why}"


BATCH = 2_000
"""Posts that are matched at once."""


@dataclass(slots=True)
class RuleChange:
    """How one rule's hits changed, with the first ten posts of each kind; all are counted."""

    newly: int = 0
    no_longer: int = 0
    still: int = 0
    raised: int = 0  # of those still hit: now of high severity, and not before
    lowered: int = 0
    examples: dict[str, list[tuple[Post, Hit]]] = field(
        default_factory=lambda: {"newly": [], "no_longer": []}
    )

    def count(self, post: Post, before: Hit | None, after: Hit | None) -> None:
        """Count one post that the old version hit, the new version hit, or both."""
        if before and after:
            self.still += 1
            self.raised += before.severity is not Severity.HIGH is after.severity
            self.lowered += after.severity is not Severity.HIGH is before.severity
        elif hit := after or before:
            self.newly += hit is after
            self.no_longer += hit is before
            examples = self.examples["newly" if hit is after else "no_longer"]
            if len(examples) < 10:
                examples.append((post, hit))


@dataclass(slots=True)
class PackComparison:
    """The changes by `pack/rule`, the number of posts, and of lines that were refused."""

    posts: int = 0
    refused: int = 0
    rules: defaultdict[str, RuleChange] = field(default_factory=lambda: defaultdict(RuleChange))


def compare(old: Matcher, new: Matcher, lines: Iterable[bytes]) -> PackComparison:
    """Compare what two versions hit in posts, one a line of JSON. Blank lines do not count."""
    comparison = PackComparison()
    for batch in batched((line for line in lines if line.strip()), BATCH):
        read = [read_line(line.rstrip(b"\r\n")) for line in batch]
        posts = [result[0] for result in read if not isinstance(result, Refusal)]
        comparison.posts += len(posts)
        comparison.refused += len(read) - len(posts)
        parts = [post.parts for post in posts]
        before, after = old.find_posts(parts), new.find_posts(parts)
        for post, was, now in zip(posts, map(_by_rule, before), map(_by_rule, after), strict=True):
            for rule in was.keys() | now.keys():
                comparison.rules[rule].count(post, was.get(rule), now.get(rule))
    return comparison


def hit_row(hit: Hit) -> dict[str, Any]:
    """Return a hit as JSON shows it.

    A hit of a scored rule also has the sum and the threshold, and its spans have weights.
    `spans_capped` says that there are more spans.
    """
    fields = msgspec.to_builtins(hit)
    shown = ["pack", "rule", "mode", "severity", "spans"]
    shown += ["score", "threshold"] if hit.score is not None else []
    shown += ["spans_capped"] if hit.spans_capped else []
    for span in fields["spans"]:
        if span["weight"] is None:
            del span["weight"]
    return {name: fields[name] for name in shown}


def as_row(comparison: PackComparison) -> dict[str, Any]:
    """Return the comparison for programs: ids and spans, without text of posts."""
    kinds = ("newly", "no_longer", "still", "raised", "lowered")
    rules = {
        name: {
            **{kind: getattr(change, kind) for kind in kinds},
            "examples": {
                kind: [_example_row(post, hit) for post, hit in shown]
                for kind, shown in change.examples.items()
            },
        }
        for name, change in sorted(comparison.rules.items())
    }
    return {"posts": comparison.posts, "refused": comparison.refused, "rules": rules}


def as_lines(comparison: PackComparison) -> Iterator[str]:
    """Yield the comparison for people: the rules that changed, with examples."""
    for name, change in sorted(comparison.rules.items()):
        if not (change.newly or change.no_longer or change.raised or change.lowered):
            continue
        severity = f", {change.raised} raised to high, {change.lowered} lowered"
        yield (
            f"{name}: {change.newly} newly hit, {change.no_longer} no longer, {change.still} still"
            f"{severity if change.raised or change.lowered else ''}"
        )
        for kind, sign in (("newly", "+"), ("no_longer", "-")):
            for post, hit in change.examples[kind]:
                yield from _example(sign, post, hit)
            more = getattr(change, kind) - len(change.examples[kind])
            if more:
                yield f"  {sign} and {more} more"
    newly = sum(change.newly for change in comparison.rules.values())
    gone = sum(change.no_longer for change in comparison.rules.values())
    refused = f" ({comparison.refused} lines refused)" if comparison.refused else ""
    yield f"{comparison.posts} posts{refused}: {newly} newly hit, {gone} no longer"


def _example_row(post: Post, hit: Hit) -> dict[str, Any]:
    row = hit_row(hit)
    shown = {key: row[key] for key in ("spans", "score") if key in row}
    decided = {} if hit.score is None else {"decided_by": deciding_terms(hit)}
    return {"id": post.id} | shown | decided


def pack_changes(old: Iterable[Pack], new: Iterable[Pack]) -> Iterator[str]:
    """Yield which packs are unprotected, and a line for each scored rule whose numbers changed.

    A new entry is shown as `+pin 4`, one that is gone as `-pin 4`, another weight as `pin 4 to 3`.
    """
    before = {f"{pack.id}/{rule.id}": rule.score for pack in old for rule in pack.rules}
    for pack in new:
        if why := why_unprotected(pack):
            yield f"{pack.id}: {why}"
        for rule in pack.rules:
            name, score = f"{pack.id}/{rule.id}", rule.score
            was = before.get(name)
            if was and score and (changes := list(_changed_numbers(was, score))):
                yield f"{name}: {', '.join(changes)}"


def _changed_numbers(old: Score, new: Score) -> Iterator[str]:
    if old.threshold != new.threshold:
        yield f"threshold {old.threshold} to {new.threshold}"
    if old.high != new.high:
        yield f"high {old.high or 'none'} to {new.high or 'none'}"
    if old.reads != new.reads:
        yield "another gate"
    before, after = _weights(old), _weights(new)
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+{name} {after[name]}"
        elif name not in after:
            yield f"-{name} {before[name]}"
        elif before[name] != after[name]:
            yield f"{name} {before[name]} to {after[name]}"


def _weights(score: Score) -> dict[str, int]:
    signs = {f"{{{sign}}}": weight for sign, weight in score.signs.items()}
    pinyin = {f"pinyin {term}": weight for term, weight in score.pinyin.items()}
    return score.terms | signs | pinyin


def _by_rule(hits: tuple[Hit, ...]) -> dict[str, Hit]:
    return {f"{hit.pack}/{hit.rule}": hit for hit in hits}


def _example(sign: str, post: Post, hit: Hit) -> Iterator[str]:
    spans = ", ".join(
        f"{span.part} {span.start}-{span.end} {span.term!r}"
        + ("" if span.weight is None else f" {span.weight:+d}")
        for span in hit.spans
    )
    fee = sum(span.weight or 0 for span in hit.spans) - (hit.score or 0)
    spans += f", length {-fee:+d}" if fee and not hit.spans_capped else ""
    score = "" if hit.score is None else f"score {hit.score}, it needs {hit.threshold}: "
    terms = ", ".join(deciding_terms(hit)) or NOTHING_ALONE
    decided = "" if hit.score is None else f"; decided by {terms}"
    yield f"  {sign} {post.id}: {score}{spans}{decided}"
    first = hit.spans[0]
    text = dict(post.parts)[first.part]
    _, excerpt = excerpt_of(text, first.start, first.end)
    yield f"      {' '.join(excerpt.split())}{'…' if len(excerpt) < len(text) else ''}"


@dataclass(slots=True)
class AskedConsent:
    """Shows a change on stderr, and asks at a terminal if it replaces or removes something.

    Removal asks only if `asks_for_removal`: `--remove ID` is a consent already.
    """

    posts: Path | None
    yes: bool
    asks_for_removal: bool
    _shown: list[str] = field(default_factory=list)

    def __call__(self, change: "SetChange") -> None:
        """Raise OperatorError if the operator answers no."""
        lines = [*change.lines()]
        if self.posts is not None:  # show which of them the change newly hits, or no longer
            old = Matcher(change.before.packs if change.before else ())
            with self.posts.open("rb") as posts:
                lines += as_lines(compare(old, Matcher(change.after.packs), posts))
        if lines == self._shown:
            return  # somebody else published meanwhile, and it makes no difference
        if self._shown:
            print_warning("somebody else published meanwhile: this is the change now")
        self._shown = lines
        for line in lines:
            screen.print(line, soft_wrap=True)
        for name in change.without_rules:
            print_warning(
                f"{name} runs no rule: its posts are inspected by nothing; name packs for it with"
                f" --provider {name}=PACK,PACK"
            )
        for name in change.losing:
            print_warning(
                f"{name} no longer runs packs that stay in the set: to add to what it runs, write"
                f" --provider {name}=+PACK"
            )
        wants_answer = (
            change.replaced or change.losing or (change.removed and self.asks_for_removal)
        )
        if wants_answer and not self.yes and sys.stdin.isatty():
            screen.print("Publish this? [y/N]", end=" ")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise OperatorError("not published")
