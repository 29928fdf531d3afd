"""A local stack is built once; a deployed one is found, and gets its first lines."""

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    WaiterError,
)

from terang import InputError
from terang import emulator as stack
from terang.cli import main, operate
from terang.remote import Remote, first_steps, senders_of


def test_the_error_without_a_region_names_what_a_stack_needs(monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path) -> None:  # fmt: skip
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(InputError, match=r"export AWS_DEFAULT_REGION.*--keep.*[(]NoRegionError"):
        Remote.find("terang")


def refused(code: str, operation: str = "GetItem") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "words of AWS"}}, operation)


@pytest.mark.parametrize(("error", "advice"), [
    (NoCredentialsError(), "no credentials: sign in"),
    (ProfileNotFound(profile="x"), "no credentials: sign in"),
    (EndpointConnectionError(endpoint_url="http://x"), "AWS does not answer"),
    (WaiterError("StackCreateComplete", "failed", {}), "CloudFormation could not finish"),
    (refused("ExpiredToken"), "the credentials have expired"),
    (refused("ExpiredTokenException"), "the credentials have expired"),
    (refused("InvalidClientTokenId"), "AWS does not know these credentials"),
    (refused("AccessDeniedException"), "these credentials may not do that"),
    (refused("ResourceNotFoundException"), "a part of the stack is not there"),
    (refused("AWS.SimpleQueueService.NonExistentQueue"), "a part of the stack is not there"),
    (refused("ProvisionedThroughputExceededException"), "AWS is busy"),
    (refused("ValidationError", "DescribeStacks"), "there is no such stack in this account"),
    (refused("ValidationError", "UpdateStack"), "AWS refuses: words of AWS"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_what_aws_answers_becomes_what_to_do(
        error: Exception, advice: str, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    """Whatever the command, and with the code of AWS or boto in brackets at the end."""

    def find(_: str) -> Remote:
        raise error

    monkeypatch.setattr(Remote, "find", find)
    assert main(["partners", "list"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    assert said.startswith(f"terang partners list: {advice}")
    assert f"({code or type(error).__name__}" in said
    assert ("words of AWS" in said) is ("words of AWS" in advice)


@pytest.mark.parametrize(
    ("log", "code"), [({}, 0), ({"log": "refused: another key signs"}, 1)], ids=["grew", "refused"]
)
def test_publish_ends_with_1_if_the_log_refused(
        log: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    remote = Remote("terang", {"PublishFunction": "publish"}, 24, "", 30, "")
    monkeypatch.setattr(Remote, "find", lambda _: remote)
    monkeypatch.setattr(operate, "call_function", lambda *_: {"written": 4, "revised": 0} | log)
    monkeypatch.setattr(boto3, "client", lambda *_, **__: None)
    assert operate.publish() == code
    printed = capsys.readouterr().err
    assert "4 written" in printed
    assert ("log refused: another key signs" in printed) is bool(code)


OUTPUTS = {"DropBucket": "terang-drop-123456789012-eu-west-1",
    "OutBucket": "terang-out-123456789012-eu-west-1",
    "PostsUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/terang-Posts-X",
    "CasesUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/terang-Cases-X"}  # fmt: skip
ROLE = "arn:aws:iam::123456789012:role/terang-provider-acme-Role-X"
AWS = first_steps(
    "acme", ROLE, OUTPUTS, "eu-west-1", "https://cloudformation.eu-west-1.amazonaws.com"
)
LOCAL = first_steps("acme", "", OUTPUTS, "eu-west-1", "http://127.0.0.1:4566")
PLACES = ("s3://terang-drop-123456789012-eu-west-1/drop/acme/",
          "s3://terang-out-123456789012-eu-west-1/out/acme/receipts/",
          "s3://terang-out-123456789012-eu-west-1/out/acme/findings/", OUTPUTS["PostsUrl"],
          OUTPUTS["CasesUrl"], "the attribute provider = acme")  # fmt: skip


@pytest.mark.parametrize("text", [AWS, LOCAL], ids=["on AWS", "on this machine"])
def test_a_shell_can_run_every_line(text: str) -> None:
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    compile(text.partition("python3 - <<'EOF'\n")[2].partition("EOF\n")[0], "first message", "exec")
    assert [place for place in PLACES if place not in text] == []
    assert 'MessageAttributes={"provider": {"DataType": "String", "StringValue": "acme"}}' in text


def test_on_aws_the_role_is_taken_and_no_address_is_set() -> None:
    assert f"aws sts assume-role --role-arn {ROLE} " in AWS
    assert "export AWS_DEFAULT_REGION=eu-west-1\n" in AWS
    assert "AWS_ENDPOINT_URL" not in AWS


def test_taking_the_role_sets_the_three_credentials() -> None:
    """The line is run in a shell in which `aws` answers as AWS does: one line with tabs."""
    line = re.search(r"^export \$\(printf.*?text\)\)$", AWS, re.MULTILINE | re.DOTALL)
    script = f"aws() {{ printf 'KEY\\tSE/CR+ET\\tTOKEN==\\n'; }}\n{line[0]}\nenv"
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True)
    assert {"AWS_ACCESS_KEY_ID=KEY", "AWS_SECRET_ACCESS_KEY=SE/CR+ET",
            "AWS_SESSION_TOKEN=TOKEN=="} <= set(done.stdout.splitlines())  # fmt: skip


def test_on_this_machine_any_credentials_do() -> None:
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in LOCAL
    assert "export AWS_ACCESS_KEY_ID=test\n" in LOCAL
    assert "assume-role" not in LOCAL


@pytest.mark.parametrize(("account", "endpoint", "senders"), [
    ("123456789012", "http://127.0.0.1:4566", {"AROA1", "123456789012"}),
    ("123456789012", "https://sqs.eu-west-1.amazonaws.com", {"AROA1"}),
    ("210987654321", "http://localhost:4566", {"AROA1"}),
], ids=["the emulator", "AWS", "another account behind a tunnel"])  # fmt: skip
def test_only_the_account_of_the_emulator_is_registered_too(account: str, endpoint: str,
        senders: set[str]) -> None:  # fmt: skip
    assert senders_of("AROA1", account, endpoint) == senders


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of each layer and function there is one module; nothing is there before."""
    module = tmp_path / "module.py"
    module.write_text("FROM_THE_LAYER = True\n")
    monkeypatch.setattr(stack, "BUILT", tmp_path / "built")
    monkeypatch.setattr(stack, "files_of", lambda folder: {f"room/{folder.name}.py": module})
    return tmp_path / "built"


def test_builds_of_earlier_sources_are_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "functions-scan-0.zip").write_bytes(b"of an earlier day")
    (folder / "layers-terang-0").mkdir()
    os.utime(folder / "layers-terang-0", (0, 0))
    os.utime(folder / "functions-scan-0.zip", (0, 0))
    (folder / "tmpabcdefgh").write_bytes(b"of a run that was killed")
    zips = stack.built()
    with stack.builds_kept():
        unpacked = {zips[f"layers/{name}"].with_suffix("") for name in stack.LAYERS}
        assert set(folder.iterdir()) == {*zips.values(), *unpacked}
        assert stack.built() == zips


def test_a_running_stack_keeps_its_builds(folder: Path) -> None:
    """It may start a worker from them at any moment, even if this run has ended."""
    folder.mkdir()
    (folder / "tmpabcdefgh").touch()
    with stack.builds_kept() as builds:
        assert list(folder.iterdir()) == []
        (folder / "tmpabcdefgh").touch()
        emulator = subprocess.Popen(["sleep", "60"], pass_fds=[builds])
    try:
        with stack.builds_kept():
            assert len(list(folder.iterdir())) == 1
    finally:
        emulator.kill()
        emulator.wait()
    with stack.builds_kept():
        assert list(folder.iterdir()) == []


def test_a_build_of_another_run_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be reading its zips just now."""
    others: list[dict[str, Path]] = []
    plain = stack.files_of

    def files_of(folder: Path) -> dict[str, Path]:
        if not others:
            others.append({})
            others[0] |= stack.built()
        return plain(folder)

    unlinked: list[Path] = []
    monkeypatch.setattr(stack, "files_of", files_of)
    monkeypatch.setattr(Path, "unlink", lambda path, **_: unlinked.append(path))
    assert stack.built() == others[0]
    assert unlinked == []
    assert not list(folder.glob("tmp*"))


def test_the_zip_of_a_layer_leads_to_its_modules(folder: Path, tmp_path: Path) -> None:
    """Its folder comes before everything else, as on AWS."""
    path = stack.built()["layers/terang"]
    zipfile.ZipFile(path).extractall(tmp_path / "layer")
    code = (
        f"import site; site.addsitedir({str(tmp_path / 'layer' / stack.SITE)!r});"
        " import sys, room.terang; assert room.terang.FROM_THE_LAYER; print(sys.path[0])"
    )
    done = subprocess.run([sys.executable, "-Ic", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(path.with_suffix(""))


def test_the_same_files_give_the_same_zip() -> None:
    files = {"b.py": b"2", "a.py": b"1"}
    made = stack.zip_of(files)
    assert made == stack.zip_of(dict(sorted(files.items())))
    assert set(zipfile.ZipFile(io.BytesIO(made)).namelist()) == set(files)


def test_a_checkout_below_a_folder_named_tests_is_built_whole(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "layer"
    (folder / "room" / "tests").mkdir(parents=True)
    (folder / "room" / "module.py").touch()
    (folder / "room" / "tests" / "test_module.py").touch()
    assert set(stack.files_of(folder)) == {"room/module.py"}


def test_tests_of_packages_are_left_out() -> None:
    names = stack.files_of(stack.ROOT / "layers/matcher")
    assert "numpy/__init__.py" in names
    assert not [name for name in names if "/tests/" in name]
