"""Takes a pack, or the packs of a set, that another stack has published.

The digest names the bytes, so it does not matter who serves them. The set proves its packs: each
YAML file must say what the set says. A pulled pack runs in shadow, whatever its author chose, and
names its origin.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import NamedTuple, cast
from urllib.parse import urljoin, urlsplit

import msgspec
import urllib3
import yaml

from authoring.format import LayoutError, canonical
from ledger.errors import OperatorError
from matcher import Pack
from rules.factchecks import without_factchecks
from rules.pack import PACK_BYTES, Mode
from rules.rule_set import SetError
from rules.set_reader import load_set
from terang import InputError
from terang.console import print_warning

SET_BYTES = 64 * 1024 * 1024
SECONDS = 60
"""How long an address may take, from its name to its last byte."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

type Fetch = Callable[[str, int], bytes]
"""Returns what an address serves, at most so many bytes."""


class PulledPack(NamedTuple):
    """A pack that was taken, and the YAML to keep: in shadow, with its origin."""

    pack: Pack
    yaml: str


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


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """An address with the digest of what it must serve: the YAML of a pack, or a set."""

    url: str
    digest: str
    fetch: Fetch = fetch

    def pull(self, ids: Sequence[str]) -> list[PulledPack]:
        """Return the pack, or those packs of the set whose ids are given; without any, all of them.

        Raises OperatorError if an address cannot be read, if anything differs from its digest, or
        if an id is not there, and PackError if a pack does not parse.
        """
        data = self.fetch(self.url, SET_BYTES)
        actual = hashlib.sha256(data).hexdigest()
        if actual != self.digest:
            raise OperatorError(
                f"{self.url}: its SHA-256 is {actual}, not {self.digest}. Somebody changed it, or"
                " the digest belongs to something else. Nothing was taken."
            )
        pulled = list(self._packs_of_set(data, ids) if data[:1] == b"{" else self._pack(data))
        if missing := sorted(set(ids) - {each.pack.id for each in pulled}):
            raise InputError(f"{self.url}: there is no pack {', '.join(missing)}")
        return pulled

    def _pack(self, data: bytes) -> Iterator[PulledPack]:
        if len(data) > PACK_BYTES:
            raise OperatorError(f"{self.url}: a pack has at most {PACK_BYTES:,} bytes")
        yield _pulled(data, self.url)

    def _packs_of_set(self, data: bytes, ids: Sequence[str]) -> Iterator[PulledPack]:
        try:
            packs = without_factchecks(load_set(data).packs)
        except SetError as error:
            raise OperatorError(f"{self.url}: {error}") from None
        for pack in packs:
            if ids and pack.id not in ids:
                continue
            url = urljoin(self.url, f"../packs/{pack.id}/{pack.version}.yaml")
            pulled = _pulled(self.fetch(url, PACK_BYTES), url)
            if pulled.pack.digest != pack.digest:
                raise OperatorError(f"{url}: it is not the version that the set names")
            yield pulled


def _pulled(data: bytes, url: str) -> PulledPack:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OperatorError(f"{url}: byte {error.start} is not UTF-8") from None
    pack = Pack.parse(text, url)
    origin = {"url": url, "sha256": hashlib.sha256(data).hexdigest()}
    try:
        edited = _with_keys(canonical(text, url), mode=Mode.SHADOW, origin=origin)
        return PulledPack(pack, canonical(edited, url))
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


def keep(pulled: Sequence[PulledPack], folder: Path) -> list[Path]:
    """Write each pack as `<id>.yaml`, and return the files. One that is there already stays.

    Raises OperatorError, before anything is written, if a file is a link or has other content.
    """
    paths = {folder / f"{each.pack.id}.yaml": each.yaml for each in pulled}
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
