"""Nothing is installed or deployed that is not pinned by its bytes, and each licence is listed."""

import re
from importlib.metadata import distribution, metadata, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
LOCKS = sorted(ROOT.glob("requirements/*.lock"))
DEPLOYED = sorted(
    [*ROOT.glob("layers/*/requirements.txt"), *ROOT.glob("functions/*/requirements.txt")]
)
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z0-9,-]+\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
FETCHED = (
    "--find-links", "--index-url", "--extra-index-url", "--trusted-host", "git+", "https:", "http:",
)  # fmt: skip
BROUGHT_BY_LAMBDA = {"boto3", "botocore", "s3transfer"}


def blocks(path: Path) -> list[str]:
    """The requirements of a file, each with the lines that continue it."""
    text = path.read_text("utf-8").replace("\\\n", " ")
    return [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]


def pins(path: Path) -> dict[str, str]:
    found = (PIN.match(block) for block in blocks(path))
    return {normal(one["name"]): one["version"] for one in found if one}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", [*LOCKS, *DEPLOYED], ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_is_pinned_and_hashed(path: Path) -> None:
    for block in blocks(path):
        assert PIN.match(block), block[:60]
        assert HASH.findall(block), block[:60]
        assert not any(word in block for word in FETCHED), block[:60]
    assert blocks(path)


@pytest.mark.parametrize("path", [*LOCKS, *DEPLOYED], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_wanted_is_locked(path: Path) -> None:
    wanted = [normal(Requirement(line).name)
              for line in path.with_suffix(".in").read_text("utf-8").splitlines()
              if line.strip() and not line.startswith("#")]  # fmt: skip
    assert wanted
    assert [name for name in wanted if name not in pins(path)] == []


@pytest.mark.parametrize("path", DEPLOYED, ids=lambda path: path.parent.name)
def test_what_is_deployed_needs_nothing_that_is_not_pinned(path: Path) -> None:
    """Otherwise pip would take the newest of it on the day of the build."""
    for name in pins(path):
        for line in requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert normal(needed.name) in pins(path).keys() | BROUGHT_BY_LAMBDA


def test_nothing_that_learns_is_deployed() -> None:
    """`make learning` has an environment of its own."""
    for path in DEPLOYED:
        assert not pins(path).keys() & {"scipy", "scikit-learn"}


def test_all_that_is_deployed_is_as_the_tests_have_it() -> None:
    tested = pins(ROOT / "requirements/dev.lock")
    for path in DEPLOYED:
        assert pins(path).items() <= tested.items()


LISTED = re.compile(
    r"^\| (?P<name>[a-z0-9-]+) \| (?P<version>\d\S*) \| (?P<licence>[^|]+) \|", re.MULTILINE
)


def test_each_package_that_runs_is_listed_with_its_version_and_licence() -> None:
    """As the package itself says, in its metadata."""
    listed = {
        one["name"]: (one["version"], one["licence"].strip())
        for one in LISTED.finditer((ROOT / "docs/licences.md").read_text("utf-8"))
    }
    runs = {name for path in DEPLOYED for name in pins(path)} | of_the_command()
    assert listed == {name: (distribution(name).version, licence(name)) for name in runs}


def of_the_command() -> set[str]:
    """What the command on an operator's machine wants: the first part of dev.in."""
    text = (ROOT / "requirements/dev.in").read_text("utf-8").partition("# development")[0]
    names = (line.partition("[")[0] for line in text.splitlines())
    return {normal(name) for name in names if name and not name.startswith("#")}


def licence(name: str) -> str:
    """What a distribution says of its licence: an SPDX expression, a field, or classifiers."""
    told = metadata(name)
    classifiers = [
        one.rpartition(" :: ")[2] for one in told.get_all("Classifier", ()) if "License ::" in one
    ]
    field = (told.get("License") or "").strip().partition("\n")[0]
    return told.get("License-Expression") or field or ", ".join(classifiers)
