"""`terang packs pull`, `publish`, `list` and `rollback`: the sets of deployed stacks.

A pack is taken from another stack by a digest. The digest names the bytes, so it does not matter
who serves them. A set proves its packs: each YAML file must say what the set says. A pulled pack
runs in shadow, whatever its author chose, and names its origin.
"""

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Thread
from typing import Annotated, cast
from urllib.parse import urljoin, urlsplit

import msgspec
import urllib3
import yaml
from cyclopts import Parameter

from authoring.format import LayoutError, canonical
from ledger.closing import RETURN_DAYS
from ledger.codes import OperatorError
from matcher import Matcher, Mode, Pack, PackError, ProviderSettings, RuleSet
from rules.pack import PACK_BYTES
from rules.pinned import FACTCHECKS, without_factchecks
from rules.rule_set import SetError, load_set
from terang import USAGE, InputError, check_known
from terang.comparison import as_lines, compare
from terang.remote import Remote
from terang.set_publishing import NO_RULE, SetChange, notice_until, rules_words
from terang.terminal import (
    STACK,
    StackName,
    Today,
    UsageError,
    console,
    counted,
    load_checked,
    option,
    print_pack_problems,
    print_problem,
    print_result,
    print_results,
    print_warning,
)

SET_BYTES = 64 * 1024 * 1024
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
    data = fetch(url, SET_BYTES)
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
            del lines[key.start_mark.line : _last_line(value) + 1]
    added = (f"{key}: {msgspec.json.encode(value).decode()}\n" for key, value in values.items())
    return "".join([*lines, *added])


def _last_line(node: yaml.Node) -> int:
    """Return the last line of a value. A mapping ends only after the comments that follow it."""
    while isinstance(node, yaml.MappingNode):
        node = node.value[-1][1]
    line: int = node.end_mark.line
    return line


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


Posts = Annotated[
    Path | None, option("FILE", "posts as JSON Lines: show what the change hits in them")
]
WithoutRules = Annotated[
    tuple[str, ...], option("PROVIDER", "a provider that may be left without a rule")
]
Yes = Annotated[bool, Parameter(help="do not ask at a terminal")]


def pull(
    url: Annotated[str, Parameter(help="a published pack (.yaml) or set (.json): https://…")],
    /,
    *,
    digest: Annotated[
        str,
        option("SHA256", "the SHA-256 of that file, from somebody you trust; a set's is its name"),
    ],
    out: Annotated[Path, option("DIR", "where the packs are written")],
    only: Annotated[
        tuple[str, ...], option("ID", "take this pack of a set; repeat it for more")
    ] = (),
    today: Today | None = None,
) -> int:
    """Show each pack and write it in shadow; 1 if it cannot be taken or does not check here.

    A pack that does not check is written too: the problems name lines of its file.
    """
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(f"--digest {digest}: a SHA-256 has 64 of 0-9 and a-f")
    try:
        pulled = published_packs(url, digest, only)
    except PackError as error:
        print_pack_problems(error)
        return 1
    for pack, _ in pulled:
        print_results(describe(pack))
    paths = keep(pulled, out)
    if load_checked(out, today) is None:
        written = " ".join(map(str, paths))
        print_problem(f"written: {written}; mend or remove what does not check, then publish {out}")
        return 1
    print_result(f"{counted(len(paths), 'pack')} in {out}, in shadow: only counted, never proposed")
    print_result(f"next: terang packs diff packs {out} --posts posts.jsonl")
    print_result(f"then: terang packs publish {out}")
    return 0


def publish(
    packs: Annotated[Path | None, Parameter(help="their folder; not needed with --remove")] = None,
    /,
    *,
    stack: StackName = STACK,
    provider: Annotated[
        tuple[str, ...],
        option(
            "ID=PACK,PACK",
            "the packs that one provider runs (default: all that rest on the law), or with"
            " ID=+PACK the ones that it runs besides",
        ),
    ] = (),
    remove: Annotated[tuple[str, ...], option("ID", "a pack that leaves the set")] = (),
    posts: Posts = None,
    allow_no_rules: WithoutRules = (),
    yes: Yes = False,
) -> int:
    """Publish packs and print the digest of the set in force; 2 if the packs do not check."""
    chosen = _chosen(provider)
    if packs is None and not (remove or chosen):
        raise UsageError("name the folder of the packs, or --remove ID")

    remote, registered = _stack_with(stack, posts, (*chosen, *allow_no_rules))
    now = remote.clock.now()
    checked: Sequence[Pack] | None = []
    if packs is not None:
        checked = load_checked(packs, now.date(), advice=True)
    if checked is None:
        return USAGE
    digest = remote.public.publish(
        packs,
        checked,
        chosen,
        notice_hours=remote.notice_hours,
        now=now,
        removed=remove,
        registered=registered,
        without_rules=allow_no_rules,
        consent=_Consent(posts, yes=yes, asks_for_removal=False),
    )
    print_result(digest)
    return 0


def rollback(
    digest: Annotated[str, Parameter(help="from `terang packs list`; its beginning is enough")],
    /,
    *,
    stack: StackName = STACK,
    posts: Posts = None,
    allow_no_rules: WithoutRules = (),
    yes: Yes = False,
) -> int:
    """Put an earlier set in force again, and print the digest of the set in force."""
    remote, registered = _stack_with(stack, posts, allow_no_rules)
    in_force = remote.public.go_back(
        digest,
        notice_hours=remote.notice_hours,
        now=remote.clock.now(),
        registered=registered,
        without_rules=allow_no_rules,
        consent=_Consent(posts, yes=yes, asks_for_removal=True),
    )
    print_result(in_force)
    return 0


def _stack_with(stack: str, posts: Path | None, named: Sequence[str]) -> tuple[Remote, list[str]]:
    """Return the stack and its registered providers. Raises UsageError for what is not there."""
    if posts is not None and not posts.is_file():
        raise UsageError(f"{posts}: no such file")
    remote = Remote.find(stack)
    registered = [provider.provider for provider in remote.store.providers()]
    for name in named:
        check_known("provider", name, {*registered, *remote.public.provider_settings()})
    return remote, registered


def _chosen(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the packs by provider, from words such as `acme=pack-1,pack-2` or `acme=+pack-3`."""
    chosen = {}
    for word in words:
        provider, separator, names = word.partition("=")
        if not separator:
            raise UsageError(f"--provider {word!r}: write it as ID=PACK,PACK")
        chosen[provider] = [name for name in names.split(",") if name]
        added = [name for name in chosen[provider] if name.startswith("+")]
        if added and len(added) < len(chosen[provider]):
            raise UsageError(f"--provider {word!r}: write + before each pack, or before none")
    return chosen


@dataclass(slots=True)
class _Consent:
    """Shows a change on stderr, and asks at a terminal if it replaces or removes something.

    Removal asks only if `asks_for_removal`: `--remove ID` is a consent already.
    """

    posts: Path | None
    yes: bool
    asks_for_removal: bool
    _shown: list[str] = field(default_factory=list)

    def __call__(self, change: SetChange) -> None:
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
            console.print(line, soft_wrap=True)
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
            console.print("Publish this? [y/N]", end=" ")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise OperatorError("not published")


def list_in_force(*, stack: StackName = STACK) -> int:
    """Print the set in force, its packs, what each provider runs, and the sets before it."""
    remote = Remote.find(stack)
    pointer, rule_set = remote.public.in_force()
    registered = [provider.provider for provider in remote.store.providers()]
    now = remote.clock.now()
    print_result(f"set {pointer.set}")
    print_result(f"in force since {pointer.since}")
    for pack in rule_set.packs:
        print_result(f"  {_pack_line(pack, notice_until(pack, rule_set.notice_hours), now)}")
    print_result("providers:")
    names, today = sorted({*registered, *rule_set.providers}), now.date()
    print_results(f"  {name}: {_provider_line(rule_set, name, today)}" for name in names)
    if pointer.earlier:
        print_result(f"sets before it, of the last {RETURN_DAYS} days:")
    print_results(f"  {earlier.set} until {earlier.until}" for earlier in pointer.earlier)
    return 0


def _pack_line(pack: Pack, notice: datetime, now: datetime) -> str:
    is_live = any(pack.mode_of(rule) is Mode.LIVE for rule in pack.rules)
    published_at = pack.published_at or now
    days = pack.in_force
    return (
        f"{pack.id} version {pack.version}: {rules_words(pack)}, {'live' if is_live else 'shadow'},"
        f" published {_minute(published_at)},"
        f" notice until {_minute(notice)}{'' if notice > now else ' (over)'},"
        f" runs {days.from_} to {days.until}{'' if now.date() <= days.until else ' (expired)'}"
    )


def _provider_line(rule_set: RuleSet, name: str, today: date) -> str:
    settings = rule_set.providers.get(name, ProviderSettings())
    packs = [pack.id for pack in rule_set.packs_of(name, today) if pack.id != FACTCHECKS]
    line = ", ".join(packs) or "no pack of words"
    if rule_set.is_without_rules(name, today):
        line = NO_RULE
    if settings.paused:
        line += f"; paused: {', '.join(pause.rule for pause in settings.paused)}"
    return line + ("; fact-checks are proposed" if settings.factchecks else "")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
