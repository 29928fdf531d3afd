"""What is deployed is what was tested, and all that the functions import."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse
from template.resolved import ROOT

PIN = re.compile(r"([a-z0-9-]+)==([^\s;\\]+)")
BROUGHT_BY_LAMBDA = {"boto3", "botocore"}
LAYERS = ("terang", "matcher", "claims", "pages")
OURS = {path.stem for path in ROOT.glob("layers/*/*") if path.is_dir() or path.suffix == ".py"}
DEPLOYED = sorted(path.parent for path in ROOT.glob("*/*/requirements.txt"))


def lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [line for line in text.splitlines() if line[:1].isalnum()]


def pins(path: Path) -> dict[str, str]:
    return {found[1]: found[2] for line in lines(path) if (found := PIN.match(line))}


def imported(folder: Path) -> Iterator[str]:
    """The distributions that a folder's modules import, but for the standard library and ours."""
    ours = {path.stem for path in folder.iterdir()} | OURS
    distributions = packages_distributions()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in {one.partition(".")[0] for one in names} - ours - sys.stdlib_module_names:
                yield from (re.sub(r"[-_.]+", "-", one).lower() for one in distributions[name])


@pytest.mark.parametrize("processor", ["x86_64", "arm64"])
def test_libraries_are_built_for_the_processor_that_a_stack_may_have(processor: str) -> None:
    """With the one command by which `make build` takes another one."""
    [command] = re.findall(r"sed '(s/.+)' template.yaml", (ROOT / "Makefile").read_text())
    _, old, new, _ = command.replace("$(ARCH)", processor).split("/")
    template = yaml_parse((ROOT / "template.yaml").read_text().replace(old, new))
    parameter = template["Parameters"]["Architecture"]
    assert (parameter["Default"], parameter["AllowedValues"]) == (processor, [processor])
    layers = [one for one in template["Resources"].values() if one["Type"].endswith("LayerVersion")]
    assert len(layers) == len(LAYERS)
    assert {one["Metadata"]["BuildArchitecture"] for one in layers} == {processor}


@pytest.mark.parametrize("folder", DEPLOYED, ids=lambda folder: folder.name)
def test_a_folder_pins_what_the_tests_run_with(folder: Path) -> None:
    path = folder / "requirements.txt"
    assert len(pins(path)) == len(lines(path))
    assert pins(path).items() <= pins(ROOT / "requirements/dev.lock").items()


@pytest.mark.parametrize("function", ["intake", "scan", "decide", "publish", "feeds", "answer"])
def test_a_function_is_deployed_with_what_it_imports(function: str) -> None:
    folder = ROOT / "functions" / function
    layers = [ROOT / "layers" / name / "requirements.txt" for name in LAYERS]
    brought = {name for path in [folder / "requirements.txt", *layers] for name in pins(path)}
    assert set(imported(folder)) - brought - BROUGHT_BY_LAMBDA == set()
