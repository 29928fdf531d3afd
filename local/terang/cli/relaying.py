"""`terang relay`: posts of a stream to a stack, as they come."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from terang import InputError
from terang.relay import Send, Source, relay, to_door, to_queues, to_stdout
from terang.relay_sources import Bluesky, Lines, Mastodon, Matrix
from terang.remote import Remote, is_loopback
from terang.terminal import ProviderId, Texts, UsageError, option, says


def relay_posts(
    source: Annotated[Literal["stdin", "bluesky", "mastodon", "matrix"], says("what to read")],
    /,
    *,
    provider: Annotated[ProviderId, Parameter(help="in whose name")],
    to: Annotated[str, option("URL", "a stack's address for posts over HTTP")] = "",
    secret_file: Annotated[Path | None, option("FILE", "the secret for --to")] = None,
    stack: Annotated[str, option("NAME", "instead: the queues of a deployed stack")] = "",
    from_: Annotated[str, Parameter(name="--from", metavar="URL", help="the server to read")] = "",
    token_file: Annotated[Path | None, option("FILE", "its user's token")] = None,
    room: Annotated[Texts, option("#NAME:SERVER", "a room for matrix; repeat for more")] = (),
    cursor: Annotated[Path | None, option("FILE", "default: relay-SOURCE-PROVIDER.json")] = None,
) -> int:
    """Pass posts on until the stream ends; without --to and --stack, print them."""
    if bool(to) != bool(secret_file) or (to and stack):
        raise UsageError("give --to with --secret-file, or --stack, or neither")
    kept = None if source == "stdin" else cursor or Path(f"relay-{source}-{provider}.json")
    relay(_source(source, from_, token_file, room), _send(to, secret_file, stack, provider), kept)
    return 0


def _source(name: str, address: str, token_file: Path | None, rooms: tuple[str, ...]) -> Source:
    if name in {"mastodon", "matrix"}:
        if not (address and token_file):
            raise UsageError(f"{name} needs --from https://SERVER and --token-file")
        server = _secure(address), token_file.read_text("utf-8").strip()
        if name == "mastodon":
            return Mastodon(*server)
        if not rooms:
            raise UsageError("matrix needs --room '#NAME:SERVER'")
        return Matrix(*server, rooms)
    if name == "bluesky":
        return Bluesky(address) if address else Bluesky()
    return Lines()


def _secure(address: str) -> str:
    if not (address.startswith("https://") or is_loopback(address)):
        raise InputError(f"{address}: a secret is sent over https:// only")
    return address


def _send(to: str, secret_file: Path | None, stack: str, provider: str) -> Send:
    if secret_file:
        return to_door(_secure(to), secret_file.read_text("utf-8").strip())
    if not stack:
        return to_stdout
    remote = Remote.find(stack).known(provider)
    urls = {"posts": remote.outputs["PostsUrl"], "cases": remote.outputs["CasesUrl"]}
    return to_queues(partial(remote.queue_client, provider), urls, provider)
