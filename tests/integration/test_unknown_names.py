"""Every command that takes a name says that nobody has it, and changes nothing."""

import inspect
import shlex
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import boto3
import pytest
from support.canary import places_of
from support.world import World

from terang.cli import COMMANDS, main
from terang.remote import Remote

NOBODY = "unknown provider 'nobody-here'; allowed: acme"
NAMES = {"provider", "partner", "rule", "allow_no_rules", "accept"}
MAKES_THE_NAME = {"run", "cases import", "providers add", "partners add"}
OF_A_FOLDER = {"reconcile"}
"""It needs a report and a log: test_reconcile asks it for nobody."""

ROWS = (
    ("providers secret nobody-here", NOBODY), ("providers sign nobody-here", NOBODY),
    ("relay stdin --provider nobody-here --stack terang", NOBODY),
    ("providers pause nobody-here codes/asks-for-code --why x", NOBODY),
    ("providers pause acne codes/asks-for-code --why x", "'acne'; did you mean acme?"),
    ("providers pause acme node/asks-for-code --why x", "did you mean codes/asks-for-code?"),
    ("providers pause acme codes/no --why x", "'codes/no'; allowed: codes/asks-for-code"),
    ("providers factchecks nobody-here on", NOBODY),
    ("providers door nobody-here queue", NOBODY),
    ("providers lift nobody-here codes/asks-for-code --moderator m-1", NOBODY),
    ("providers add new-chat --principal arn --territory EU --packs codes,no",
     "unknown pack 'no'; allowed: codes"),
    ("partners remove helpdesc", "unknown partner 'helpdesc'; did you mean helpdesk?"),
    ("partners remove nobody", "unknown partner 'nobody'; allowed: helpdesk"),
    ("webhooks add nobody-here https://hooks.example/x", NOBODY),
    ("webhooks test --provider nobody-here", NOBODY),
    ("webhooks remove acme", "unknown webhook 'acme'; allowed: none"),
    ("packs publish --provider nobody-here=codes", NOBODY),
    ("packs publish --remove prizes --allow-no-rules nobody-here", NOBODY),
    ("packs rollback 01234567 --allow-no-rules nobody-here", NOBODY),
    ("packs learn --provider nobody-here --id p-1 --category VIOLENCE --out o --posts p", NOBODY),
    ("review --provider nobody-here --moderator m-1", NOBODY),
    ("audit --provider nobody-here --month 2026-11 --moderator m-1", NOBODY),
    ("case c-1 --provider nobody-here", NOBODY),
    ("cases send /dev/null --provider nobody-here", NOBODY),
    ("report --provider nobody-here --period 2026 --out o", NOBODY),
    ("publish --accept nobody-here/2026-11-25", NOBODY),
    ("erase --provider nobody-here --account ana", NOBODY),
    ("trial --provider nobody-here", NOBODY),
    ("trial --provider acme --begin codes/no --moderator m-1", "unknown rule 'codes/no'"),
    ("trial --provider acme --forbid codes/no --why x", "'codes/no'; allowed: codes/asks-for"),
    ("trial --provider acme --allow codes/asks-for-code", "unknown paused rule"),
    ("redrive --queue console", "unknown queue of this stack 'console'; allowed: cases, feeds"),
    (f"statements lint {__file__} --packs nowhere", "nowhere: no such folder"),
)  # fmt: skip


@pytest.fixture
def stack(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world as `--stack` finds it, with the partner `helpdesk` and no webhook."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    outputs = defaultdict(lambda: world.queue_url, PublicBucket=world.public)
    client = boto3.client("secretsmanager")
    for name, content in (("Partners", '{"nobody":"","helpdesk":""}'), ("Webhooks", "{}")):
        made = client.create_secret(Name=f"{name}-{world.number}", SecretString=content)
        outputs[f"{name}SecretArn"] = made["ARN"]
    found = Remote("terang", outputs, notice_hours=24, today="2026-11-25")
    found.__dict__.update(store=world.store, objects=world.objects, clock=world.clock)
    monkeypatch.setattr(Remote, "find", lambda _: found)
    return world


@pytest.mark.parametrize(("line", "said"), ROWS, ids=[line for line, _ in ROWS])
def test_an_unknown_name_is_answered_with_a_sentence(
        stack: World, line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    before = [*places_of(stack)]
    assert main(shlex.split(line)) == 2
    out, err = capsys.readouterr()
    assert (out, said in err, len(err.splitlines())) == ("", True, 1), err
    assert [*places_of(stack)] == before
    assert [*tmp_path.iterdir()] == []


def test_no_command_that_takes_a_name_is_left_out() -> None:
    """`report` is an application of its own, and in the table too."""
    asked = {" ".join(line.split()[:2]) for line, _ in ROWS}
    for command in COMMANDS:
        module, _, function = command.function.partition(":")
        if function in {"", "app"} or command.words in MAKES_THE_NAME | OF_A_FOLDER:
            continue
        takes = inspect.signature(getattr(import_module(module), function)).parameters
        if NAMES & {*takes}:
            assert any(name.startswith(command.words) for name in asked), command.words
