"""The `terang` command: every command with its summary and an example, and how a command ends.

A command is a function that reads arguments, does or calls the work, and prints; its signature
describes its arguments. No command imports another one. The module is imported when the command is
called, so `terang scan` does not wait for boto3.

Exit codes are in docs/operate.md: 2 if nothing was read or done, because of the arguments or of
what they name. For a pack with problems, `packs check` ends with 1, and other commands with 2.
"""

import os
import sys
import tomllib
import traceback
from collections.abc import Callable, Sequence
from importlib import metadata
from inspect import BoundArguments
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from cyclopts import (
    App,
    CycloptsError,
    Group,
    MissingArgumentError,
    Parameter,
    UnknownCommandError,
    UnusedCliTokensError,
)

from ledger.codes import OperatorError
from terang import IS_INSTALLED, ROOT, USAGE, InputError, UnknownNameError
from terang.terminal import UsageError, escape_unencodable, print_problem

TRACEBACK = "TERANG_TRACEBACK"
"""The variable that lets an unexpected error end with its traceback; the tests set it."""

CALLERS = InputError, FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError
"""Mistakes of the caller: the exit code is `USAGE`."""


class Command(NamedTuple):
    """One line of `terang --help`. `function` is `module:name`, and empty for a group."""

    words: str
    function: str
    summary: str
    example: str


_TABLE = """\
run -> terang.cli.run:run
    Send files through the whole stack on this machine, and publish the results.
    terang run export.json --provider acme-chat --packs packs --out out --today 2026-11-25
scan -> terang.cli.packs:scan
    Match posts from stdin without AWS; print a line for each post with hits.
    terang scan --packs packs < posts.jsonl > hits.jsonl
packs
    Write, check, try and publish packs.
    terang packs check packs
packs check -> terang.cli.packs:check
    Check every pack of a folder.
    terang packs check packs
packs try -> terang.cli.packs:try_text
    Show which rules hit a text, and why or why not.
    terang packs try packs "Please send me the OTP"
packs format -> terang.cli.packs:format_packs
    Write packs in the canonical layout; comments are kept.
    terang packs format packs --check
packs diff -> terang.cli.packs:diff
    Compare two versions of packs: which posts does the new one hit, and no longer hit?
    terang packs diff packs new-packs --posts posts.jsonl
packs import -> terang.cli.packs:import_words
    Turn a list of words into a shadow pack on stdout, to be filled in.
    terang packs import words.txt --id new-pack --category SCAMS_AND_FRAUD > new-pack.yaml
packs learn -> terang.cli.packs_learning:learn
    Learn a scored pack in shadow from labelled posts, or from what moderators decided.
    terang packs learn posts.csv --id new-pack --category SCAMS_AND_FRAUD --out learned
packs schema -> terang.cli.packs:schema
    Print the JSON Schema of a pack, for editors.
    terang packs schema > docs/pack.schema.json
packs pull -> terang.cli.packs:pull
    Take a pack or set that another stack has published; it runs in shadow first.
    terang packs pull https://stats.example/packs/new-scam/2.yaml --digest SHA256 --out pulled
packs publish -> terang.cli.packs:publish
    Check packs and put them in force; packs that are not named stay.
    terang packs publish packs --stack terang
packs list -> terang.cli.packs:list_in_force
    Show the set in force, what each provider runs, and the sets before it.
    terang packs list --stack terang
packs rollback -> terang.cli.packs:rollback
    Put the packs of an earlier set in force again.
    terang packs rollback 0123456789abcdef --stack terang
review -> terang.cli.review:review
    Decide on findings in the browser, two keys for each.
    terang review terang-out --moderator m-7
trial -> terang.cli.trying:trial
    Show how often each rule in shadow is right, and which may propose.
    terang trial terang-out
audit -> terang.cli.review:audit
    Judge posts that no rule hit: the month's random sample.
    terang audit --provider acme-chat --month 2026-11 --moderator m-7
case -> terang.cli.review:show
    Show one case with everything that happened.
    terang case 9f2c41d0 --provider acme-chat --stack terang
cases
    Send decisions, complaints and other messages about cases.
    terang cases send decisions.jsonl --provider acme-chat
cases send -> terang.cli.review:send
    Send a file of messages, and wait for the answer to each.
    terang cases send decisions.jsonl --provider acme-chat --stack terang
factchecks
    Import published fact-checks.
    terang factchecks import feed.json --index terang-index
factchecks import -> terang.check_library:import_feed
    Read a feed of ClaimReview or a table of checks, and rebuild the index.
    terang factchecks import checks.csv --index terang-index --trust check.example
ask -> terang.check_library:ask_texts
    Find the published checks that are about a text; nothing is stored.
    terang ask "salt water cures colds" --index terang-index
partners
    Manage who may ask the tip line.
    terang partners list
partners add -> terang.cli.providers:add_partner
    Give a partner a new secret, which is printed only now.
    terang partners add helpdesk --stack terang
partners remove -> terang.cli.providers:remove_partner
    Take a partner's access away.
    terang partners remove helpdesk --stack terang
partners list -> terang.cli.providers:list_partners
    List the partners.
    terang partners list --stack terang
providers
    Register and manage providers.
    terang providers list
providers add -> terang.cli.providers:add
    Deploy a provider's role, register it, and print what the provider needs.
    terang providers add acme-chat --principal arn:aws:iam::123456789012:root --territory EU
providers list -> terang.cli.providers:list_all
    List the providers.
    terang providers list --stack terang
providers sentinel -> terang.cli.providers:sentinel
    Register the stack as the sender of its own daily post, which must be found.
    terang providers sentinel --stack terang
providers pause -> terang.cli.providers:pause
    Hold a rule in shadow for a provider until a higher version of its pack with other rules.
    terang providers pause acme-chat account-takeover/asks-for-code --why "hits school timetables"
providers factchecks -> terang.cli.providers:factchecks
    Propose labels with published fact-checks to a provider, or only count them.
    terang providers factchecks acme-chat on
providers door -> terang.cli.providers:door
    Let a provider's moderators decide at the console, or in messages to the queue.
    terang providers door acme-chat console
providers lift -> terang.cli.providers:lift
    Answer the flood guard: let a held rule propose again and open its findings, or leave them.
    terang providers lift acme-chat account-takeover/asks-for-code --moderator m-7
webhooks
    Send a provider's events to its own server.
    terang webhooks list
webhooks add -> terang.cli.providers:add_webhook
    Register a provider's address, or change its secret, which is printed only now.
    terang webhooks add acme-chat https://hooks.acme.example/terang --stack terang
webhooks test -> terang.cli.providers:send_test
    Send a test event to a provider's webhook.
    terang webhooks test --provider acme-chat --stack terang
webhooks remove -> terang.cli.providers:remove_webhook
    Send a provider no more events.
    terang webhooks remove acme-chat --stack terang
webhooks list -> terang.cli.providers:list_webhooks
    List the webhooks, without their secrets.
    terang webhooks list --stack terang
recount -> recount:recount_command
    Prove every published number from the public journal.
    terang recount out/public
verify -> terang.cli.published:verify
    Check the public log, and every file and number that it names.
    terang verify https://terang.example --state seen.json
prove
    Prove that the public log names a finding, or the receipt of a file.
    terang prove file receipt.json terang-out/public
prove finding -> terang.cli.published:prove_one_finding
    Write a proof that the log names a finding.
    terang prove finding 0123abcd --stack terang
prove file -> terang.cli.published:prove_file
    Write a proof that the log names the receipt of a file.
    terang prove file receipt.json terang-out/public
monitor -> terang.cli.published:monitor
    Watch a log: check it against what was seen before, and name what came late.
    terang monitor https://terang.example --state seen.json
reconcile -> terang.cli.reconciling:reconcile
    Ask why a report and the statements of the Transparency Database do not fit together.
    terang reconcile --report report --dump sor-2026-01-01.zip --out asked
statements
    Check statements of reasons, and send them.
    terang statements lint out/out/acme-chat/statements
statements lint -> terang.cli.published:lint
    Check anyone's statements against the schema, and whether they make sense.
    terang statements lint statements.jsonl --last last-month.csv.gz
statements submit -> terang.cli.published:submit
    Send statements to the DSA Transparency Database; call it again to continue.
    terang statements submit out/out/acme-chat/statements --to https://SANDBOX
report -> terang.cli.published:app
    Write the harmonised report of a provider's year, with the proof of every number.
    terang report --provider acme-chat --period 2026 --out report --about about.yaml
fsck -> terang.cli.operate:fsck
    Recompute every published number from the table and the files; name each difference.
    terang fsck --stack terang
redrive -> terang.cli.operate:redrive
    Send dead letters and failed events to where they were going.
    terang redrive --queue posts --dry-run
publish -> terang.cli.operate:publish
    Publish now, without waiting for the schedule.
    terang publish --since 2026-01-01 --rebuild
restore -> terang.cli.operate:restore
    Put back the items that a restored copy of the table has and the table has not.
    terang restore terang-Table-1ABC-restored
erase -> terang.cli.operate:erase
    Erase an author from a stack; the published numbers stay.
    terang erase --provider acme-chat --account - < account.txt
"""
"""Three lines for each command: its words and function, its summary, an example."""

GROUPS = {
    "Try, and write rules": "run scan packs ask factchecks",
    "Moderate": "review trial audit case cases",
    "Check what was published": "verify recount prove monitor reconcile",
    "Answer for a provider": "statements report",
    "Operate a stack": "providers partners webhooks publish fsck redrive restore erase",
}
"""The groups of `terang --help`, by who types them."""

COMMANDS = tuple(
    Command(*head.partition(" -> ")[::2], summary.strip(), example.strip())
    for head, summary, example in batched(_TABLE.splitlines(), 3, strict=True)
)


def build_app() -> App:
    """Return the command line. No module of a command is imported yet."""
    app = App(
        name="terang",
        help="Inspect public posts against published, expiring rules.",
        help_epilogue="Example: terang run posts.jsonl --provider acme-chat --packs packs",
        help_format="plaintext",
        version=_version,
        version_flags="--version",
        default_parameter=Parameter(negative=(), show_default=False, allow_repeating=True),
        result_action="return_value",
    )
    groups = {
        name: group
        for order, (title, names) in enumerate(GROUPS.items())
        for group in [Group(title, sort_key=order)]
        for name in names.split()
    }
    for order, command in enumerate(COMMANDS):
        above, _, name = command.words.rpartition(" ")
        parent = app[above] if above else app
        shown: dict[str, Any] = {"help": command.summary, "sort_key": order}
        if not above:
            shown["group"] = groups[name]
        if not command.function.endswith(":app"):  # one has commands of its own, and its example
            shown["help_epilogue"] = f"Example: {command.example}"
        if command.function:
            parent.command(command.function, name=name, **shown)
        else:
            parent.command(App(name=name, **shown))
    return app


def _version() -> str:
    """Return the release of the program: that of its checkout, or that which was installed."""
    if IS_INSTALLED:
        return metadata.version("terang")
    project: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return project


def parse(app: App, tokens: Sequence[str]) -> tuple[Callable[..., int | None], BoundArguments]:
    """Return the function that the tokens name, and its arguments.

    Raises CycloptsError or UsageError for wrong usage.
    """
    words, apps, rest = app.parse_commands(tokens)
    if not tokens:
        return app.parse_args(["--help"])[:2]
    if apps[-1].default_command is None and not rest:
        names = _names_below(" ".join(("terang", *words)))
        raise UsageError(f"name a command: {', '.join(names)}")
    function, bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
    for name, value in bound.arguments.items():
        if name not in {"text", "feed"}:  # a text to look at and a feed's name may be any bytes
            _check_utf8(value)
    return function, bound


def _check_utf8(value: object) -> None:
    """Raise UsageError for an option that is not UTF-8. A path may be any bytes."""
    for word in value if isinstance(value, tuple | list) else (value,):
        try:
            _ = word.encode() if isinstance(word, str) else b""
        except UnicodeEncodeError:
            raise UsageError(f"{word!r} is not UTF-8") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    escape_unencodable()
    app, tokens = build_app(), list(sys.argv[1:] if arguments is None else arguments)
    try:
        name = " ".join(("terang", *app.parse_commands(tokens)[0]))
        return _call(*parse(app, tokens))
    except (CycloptsError, UsageError) as error:
        print_problem(f"{name}: {_explain(error, name)}")
        examples = {f"terang {command.words}": command.example for command in COMMANDS}
        if name in examples:
            print_problem(f"Example: {examples[name]}")
        print_problem(f"All options: {name} --help")
        return USAGE
    except BrokenPipeError:
        sys.stderr.close()  # the program that read our output has ended
        return 0
    except (OperatorError, OSError) as error:
        for line in f"{name}: {error}".splitlines():  # a stack that fails quotes its log
            print_problem(line)
        return USAGE if isinstance(error, CALLERS) else 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        print_problem(  # without its text: that may quote a post
            f"terang: an unexpected error ({type(error).__name__} at"
            f" {Path(place.filename).name}:{place.lineno}). Please report it with the command, as"
            f" CONTRIBUTING.md says; {TRACEBACK}=1 in the environment shows where it came from"
        )
        return 1


def _call(function: Callable[..., int | None], bound: BoundArguments) -> int:
    """Run a command. What AWS answers becomes an error that says what to do."""
    try:
        return function(*bound.args, **bound.kwargs) or 0
    except Exception as error:
        remote = sys.modules.get("terang.remote")  # a command that asks no stack waits for no boto3
        if remote and (advice := remote.what_to_do(error)):
            raise OperatorError(advice) from error
        raise


def _explain(error: Exception, name: str) -> str:
    """Return the error in plain words. The library's text is kept where it is plain."""
    if isinstance(error, UnknownCommandError):  # its own text would import every command
        word = (error.unused_tokens or [""])[0]
        return str(UnknownNameError("command", word, _names_below(name)))
    if isinstance(error, UnusedCliTokensError):
        return f"there is no place for {' '.join(error.unused_tokens or ())!r}"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        is_given = error.keyword is not None
        return f"{error.argument.name} {'needs a value' if is_given else 'is missing'}"
    return str(error)


def _names_below(name: str) -> list[str]:
    """Return the commands of `terang`, or of one of its groups such as `terang packs`."""
    below = [f"terang {command.words}".partition(f"{name} ")[2] for command in COMMANDS]
    return [words for words in below if words and " " not in words]
