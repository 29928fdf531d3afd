"""The exceptions from checkov are the narrowest: what it finds in a template, and no more."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LINE = re.compile(r"(CKV_AWS_\d+) +(AWS::\w+::\w+)\.(\w+) +# \S.+")
LISTED = (ROOT / "scripts/checkov_exceptions.txt").read_text().splitlines()[1:]


def test_an_exception_is_for_one_resource_of_the_template_and_says_why() -> None:
    found = [LINE.fullmatch(one) for one in LISTED]
    named = [one.groups() for one in found if one]
    template = (ROOT / "template.yaml").read_text()
    assert len({*named}) == len(LISTED)
    assert all(
        f"\n  {name}:" in template and f"    Type: {kind}\n" in template for _, kind, name in named
    )


@pytest.mark.parametrize(("passed", "found", "code"), [
    pytest.param(9, LISTED, 0, id="what is listed"),
    pytest.param(9, [*LISTED, "CKV_AWS_1 AWS::S3::Bucket.New"], 1, id="another fault"),
    pytest.param(9, LISTED[1:], 1, id="an exception that nothing needs"),
    pytest.param(0, LISTED, 1, id="a template that it cannot read"),
])  # fmt: skip
def test_checkov_finds_the_list(tmp_path: Path, passed: int, found: list[str], code: int) -> None:
    faults = "".join(f'Check: {check}: "x"\n\tFAILED for resource: {resource}\n'
                     for check, resource in (one.split()[:2] for one in found))  # fmt: skip
    checkov = tmp_path / "checkov"
    checkov.write_text(
        f"#!/bin/sh\ncat <<'END'\nPassed checks: {passed}, Failed\n{faults}END\nexit 1\n"
    )
    checkov.chmod(0o700)
    command = [ROOT / "scripts/check_checkov.sh", checkov, ROOT / "template.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == code
