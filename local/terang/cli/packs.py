"""`terang packs` and `terang scan`: check, try, compare and write packs, and put them in force."""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from authoring.explain import NEAREST, explain, hits_beside_contacts
from authoring.format import LayoutError, canonical, pack_schema
from ledger.codes import OperatorError, Refusal
from ledger.posts import Post, read_line
from ledger.texts import encode_json_lines
from matcher import Matcher, Pack, PackError, load_packs
from rules.pack import pack_paths
from rules.pack_parts import category_problem
from terang import USAGE, InputError, check_known, new_packs, terminal
from terang.case_queue import read_file
from terang.terminal import STACK, Day, PackId, StackName, Texts, Today, UsageError, option, says

if TYPE_CHECKING:
    from terang.remote import Remote

type Row = dict[str, Any]

Folder = Annotated[Path, says("the folder of the packs, or one file")]


def check(
    packs: Folder,
    /,
    *,
    posts: Annotated[Path | None, option("FILE", "ordinary posts, tried with contacts too")] = None,
    today: Today | None = None,
) -> int:
    """Print each problem with file and line; 0 if there are none, else 1.

    With ordinary posts of your own, warn of rules that hit them once ways to get in touch follow.
    """
    checked = terminal.load_checked(packs, today, advice=True)
    if checked is None:
        return 1
    rules = terminal.counted(sum(len(pack.rules) for pack in checked), "rule")
    count = len(checked.warnings) + (_try_on_ordinary_posts(checked, posts) if posts else 0)
    state = f"valid, {terminal.counted(count, 'warning')}" if count else "all well"
    terminal.print_result(f"{terminal.counted(len(checked), 'pack')}, {rules}: {state}")
    return 0


def _try_on_ordinary_posts(packs: Iterable[Pack], file: Path) -> int:
    """Print a warning for each rule that hits ordinary posts beside contacts. Return how many."""
    lines = read_file(file, may_be_pipe=True).split(b"\n")
    posts, refused = _read_posts(tuple(enumerate(lines, 1)))
    if refused:
        codes = Counter(refusal.code for refusal in refused)
        why = ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items()))
        skipped = terminal.counted(len(refused), "line")
        tried = terminal.counted(len(posts), "post")
        terminal.print_warning(f"{file}: {skipped} skipped ({why}), {tried} tried")
    with terminal.progress_bar(description="trying ordinary posts", total=len(posts)) as update:
        found = hits_beside_contacts(Matcher(packs), _each(posts, update))
    for (pack, rule), hit in sorted(found.items(), key=lambda item: -item[1].count):
        terminal.print_warning(f"warning: {pack}/{rule}: {hit.message(len(posts))}")
    return len(found)


def _each(posts: Iterable[Post], update: Callable[..., None]) -> Iterator[str]:
    for post in posts:
        yield post.text
        update(advance=1)


def try_text(
    packs: Folder,
    text: Annotated[str, says("the text; - reads stdin", allow_leading_hyphen=True)],
    /,
    *,
    show_all: Annotated[bool, says("all rules that share a term with it", name="--all")] = False,
    today: Today | None = None,
) -> int:
    """Print what hits the text, and what decided against the rules that nearly do."""
    checked = terminal.load_checked(packs, today)
    if checked is None:
        return USAGE
    misses = sys.maxsize if show_all else NEAREST
    words = sys.stdin.read() if text == "-" else text
    if not words.strip():
        raise InputError(
            "the text is empty: give the words of a post, or - to read them from stdin"
        )
    terminal.print_results(explain(checked, words, misses))
    return 0


def format_packs(
    packs: Folder,
    /,
    *,
    check_only: Annotated[bool, says("only say if a file would change", name="--check")] = False,
) -> int:
    """Write each pack in the canonical layout; 1 if one does not parse, or `--check` finds one."""
    if not packs.exists():
        raise InputError(f"{packs}: no such file or folder")
    paths = pack_paths(packs)
    if not paths:
        raise InputError(f"{packs}: no packs here: no file ends in .yaml; name their folder")
    results = [_format(path, check_only=check_only) for path in paths]
    return 0 if all(results) else 1


def _format(path: Path, *, check_only: bool) -> bool:
    """Lay out one file. Return whether it is now in the canonical layout."""
    try:
        text = read_file(path).decode("utf-8")
        laid_out = canonical(text, str(path))
    except PackError as error:
        terminal.print_pack_problems(error)
        return False
    except UnicodeDecodeError as error:
        terminal.print_problem(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8")
        return False
    except (LayoutError, OperatorError) as error:
        terminal.print_problem(error)
        return False
    if laid_out == text:
        return True
    if check_only:
        terminal.print_result(f"would format {path}")
        return False
    path.write_text(laid_out, "utf-8", newline="\n")
    terminal.print_result(f"formatted {path}")
    return True


def diff(
    old: Annotated[Path, says("a folder or a file")],
    new: Annotated[Path, says("a folder or a file")],
    /,
    *,
    posts: Annotated[Path, option("FILE", "posts as JSON Lines")],
    as_json: Annotated[bool, says("print a line of JSON without posts", name="--json")] = False,
) -> int:
    """Print which posts the new version hits and the old one does not, and the reverse.

    Packs that only the old one holds are left out, as `packs publish` leaves them in force.
    """
    try:
        held, after = (load_packs(place, date.min) for place in (old, new))
        ids = {pack.id for pack in after}
        before = [pack for pack in held if pack.id in ids]
        with posts.open("rb") as lines:
            comparison = new_packs.compare(Matcher(before), Matcher(after), lines)
    except PackError as error:
        terminal.print_pack_problems(error)
        return USAGE
    if as_json:
        terminal.print_lines_of_json(encode_json_lines([new_packs.as_row(comparison)]))
    else:
        terminal.print_results(
            (*new_packs.pack_changes(before, after), *new_packs.as_lines(comparison))
        )
    return 0


def import_words(
    words: Annotated[Path, says("a term a line (# starts a comment), or .csv, .tsv")],
    /,
    *,
    pack_id: PackId,
    category: Annotated[str, option("CODE", "a category of the DSA")],
    keyword: Annotated[Texts, option("CODE", "default: to be filled in")] = (),
    language: Annotated[Texts, option("TAG", "such as en; default: to be filled in")] = (),
    owner: Annotated[str, option("NAME", "default: to be filled in")] = "",
    column: Annotated[str, option("NAME", "of a table; default: `term`, or the first one")] = "",
    today: Annotated[Day | None, says("the first day in force")] = None,
) -> int:
    """Print the pack; 2 if no word can be a term."""
    from authoring import pack_text  # late: it needs numpy

    if problem := category_problem(category):
        raise UsageError(problem)
    try:
        listed = pack_text.read_words(read_file(words, may_be_pipe=True), words.suffix, column)
    except pack_text.WordListError as error:
        raise InputError(f"{words}: {error}") from None
    terms = list(pack_text.usable_terms(listed, str(words), terminal.print_warning))
    if not terms:
        raise InputError(f"{words}: there is no term in it")
    pack = pack_text.NewPack(
        pack_id, category, keyword, language, owner, today or terminal.today_utc()
    )
    terminal.print_results(pack_text.pack_lines(pack, terms))
    return 0


def schema() -> int:
    """Print the JSON Schema of a pack."""
    terminal.print_results(json.dumps(pack_schema(), indent=2).split("\n"))
    return 0


def scan(
    *,
    packs: Annotated[Path, option("DIR", "the folder of the packs")],
    today: Today | None = None,
    scores: Annotated[bool, says("print the sums of all scored rules, for every post")] = False,
) -> int:
    """Print a line for each post with hits, and return 0 when all were read.

    With `--scores`, print a line for each post instead. Refused lines, and posts of which only a
    part was read, are lines of JSON on stderr.
    """
    checked = terminal.load_checked(packs, today)
    if checked is None:
        return USAGE
    matcher = Matcher(checked)
    rows_of = _score_rows if scores else _hit_rows
    read, refused = 0, Counter[str]()
    for batch in batched(enumerate(sys.stdin.buffer, 1), new_packs.BATCH):
        posts, notes = _read_posts(batch)
        read += len(posts)
        refused.update(note.code for note in notes)
        rows, further_notes = rows_of(matcher, posts)
        terminal.print_lines_of_json(encode_json_lines([*notes, *further_notes]), stderr=True)
        terminal.print_lines_of_json(encode_json_lines(rows))
    if refused and not read:
        terminal.print_problem(
            f"nothing was read: {refused.total():,} lines refused, {', '.join(sorted(refused))};"
            " scan reads JSON Lines, one post a line (docs/posts.md)"
        )
    return 0


def _read_posts(lines: tuple[tuple[int, bytes], ...]) -> tuple[list[Post], list[Refusal]]:
    posts: list[Post] = []
    refused: list[Refusal] = []
    for number, line in lines:
        if not line.strip():
            continue
        read = read_line(line.rstrip(b"\r\n"))
        if isinstance(read, Refusal):
            refused.append(msgspec.structs.replace(read, line=number))
        else:
            posts.append(read[0])
    return posts, refused


def _hit_rows(matcher: Matcher, posts: list[Post]) -> tuple[list[Row], list[Row]]:
    results = list(zip(posts, matcher.results([post.parts for post in posts]), strict=True))
    hits = [
        {"id": post.id, "hits": [new_packs.hit_row(hit) for hit in result.hits]}
        for post, result in results
        if result.hits
    ]
    partly_read = [{"id": post.id, "partly_read": True} for post, of in results if of.partly_read]
    return hits, partly_read


def _score_rows(matcher: Matcher, posts: list[Post]) -> tuple[list[Row], list[Row]]:
    scores = matcher.scores([post.parts for post in posts])
    return [{"id": post.id, "scores": of} for post, of in zip(posts, scores, strict=True)], []


Posts = Annotated[
    Path | None, option("FILE", "posts as JSON Lines: show what the change hits in them")
]
WithoutRules = Annotated[Texts, option("PROVIDER", "a provider that may be left without a rule")]
Yes = Annotated[bool, says("do not ask at a terminal")]


def pull(
    url: Annotated[str, says("a published pack (.yaml) or set (.json): https://…")],
    /,
    *,
    digest: Annotated[
        str,
        option("SHA256", "the SHA-256 of that file, from somebody you trust; a set's is its name"),
    ],
    out: Annotated[Path, option("DIR", "where the packs are written")],
    only: Annotated[Texts, option("ID", "take this pack of a set; repeat it for more")] = (),
    today: Today | None = None,
) -> int:
    """Show each pack and write it in shadow; 1 if it cannot be taken or does not check here.

    A pack that does not check is written too: the problems name lines of its file.
    """
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(f"--digest {digest}: a SHA-256 has 64 of 0-9 and a-f")
    try:
        pulled = new_packs.published_packs(url, digest, only)
    except PackError as error:
        terminal.print_pack_problems(error)
        return 1
    for pack, _ in pulled:
        terminal.print_results(new_packs.describe(pack))
    paths = new_packs.keep(pulled, out)
    if terminal.load_checked(out, today) is None:
        written = " ".join(map(str, paths))
        terminal.print_problem(
            f"written: {written}; mend or remove what does not check, then publish {out}"
        )
        return 1
    terminal.print_result(
        f"{terminal.counted(len(paths), 'pack')} in {out}, in shadow: only counted, never proposed"
    )
    terminal.print_result(f"next: terang packs diff packs {out} --posts posts.jsonl")
    terminal.print_result(f"then: terang packs publish {out}")
    return 0


def publish(
    packs: Annotated[Path | None, says("their folder; not needed with --remove")] = None,
    /,
    *,
    stack: StackName = STACK,
    provider: Annotated[
        Texts,
        option(
            "ID=PACK,PACK",
            "the packs that one provider runs (default: all that rest on the law), or with"
            " ID=+PACK the ones that it runs besides",
        ),
    ] = (),
    remove: Annotated[Texts, option("ID", "a pack that leaves the set")] = (),
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
    checked = () if packs is None else terminal.load_checked(packs, now.date(), advice=True)
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
        consent=new_packs.AskedConsent(posts, yes=yes, asks_for_removal=False),
    )
    terminal.print_result(digest)
    return 0


def rollback(
    digest: Annotated[str, says("from `terang packs list`; its beginning is enough")],
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
        consent=new_packs.AskedConsent(posts, yes=yes, asks_for_removal=True),
    )
    terminal.print_result(in_force)
    return 0


def _stack_with(stack: str, posts: Path | None, named: Sequence[str]) -> tuple["Remote", list[str]]:
    """Return the stack and its registered providers. Raises UsageError for what is not there."""
    from terang.remote import Remote  # late: what is done on this machine needs no boto3

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


def list_in_force(*, stack: StackName = STACK) -> int:
    """Print the set in force, its packs, what each provider runs, and the sets before it."""
    remote, registered = _stack_with(stack, None, ())
    terminal.print_results(remote.public.lines(registered, remote.clock.now()))
    return 0
