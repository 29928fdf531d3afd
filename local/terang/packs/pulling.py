"""Takes a pack, or the packs of a set, that another stack has published.

The digest names the bytes, so it does not matter who serves them. The set proves its packs: each
YAML file must say what the set says. A pulled pack runs in shadow, whatever its author chose, and
names its origin.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
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

SET_BYTES = 64 * 1024 * 1024
SECONDS = 60
"""How long an address may be silent."""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}

type Fetch = Callable[[str, int], bytes]
"""Returns what an address serves, at most so many bytes."""


class PulledPack(NamedTuple):
    """A pack that was taken, and the YAML to keep: in shadow, with its origin."""

    pack: Pack
    yaml: str


def fetch(url: str, most: int) -> bytes:
    """Return what an address serves, without following it elsewhere.

    Raises OperatorError if it is not an https address (http on this machine), does not answer 200,
    or serves more than `most` bytes.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OperatorError(f"{url}: {error}") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise OperatorError(f"{url}: write an https:// address")
    pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=10, read=SECONDS))
    try:
        answer = pool.request("GET", url, redirect=False, preload_content=False)
        data = answer.read(most + 1)
    except urllib3.exceptions.HTTPError as error:
        raise OperatorError(f"{url}: {type(error).__name__}") from None
    finally:
        pool.clear()
    if answer.status != 200:
        raise OperatorError(f"{url}: HTTP {answer.status}")
    if len(data) > most:
        raise OperatorError(f"{url}: more than {most:,} bytes")
    return data


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
            raise OperatorError(f"{self.url}: there is no pack {', '.join(missing)}")
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

    Raises OperatorError, before anything is written, if a file has other content.
    """
    paths = [folder / f"{each.pack.id}.yaml" for each in pulled]
    for path, each in zip(paths, pulled, strict=True):
        if path.exists() and path.read_text("utf-8", errors="replace") != each.yaml:
            raise OperatorError(f"{path} has other content: move it, or choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    for path, each in zip(paths, pulled, strict=True):
        path.write_text(each.yaml, "utf-8", newline="\n")
    return paths


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
