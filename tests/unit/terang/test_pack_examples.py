"""An example is put into the file of its rule, and the rest of the file stays as it is."""

from datetime import date
from pathlib import Path

import pytest

from desk.deciding import Adoption
from rules.pack import Pack
from terang.run_table import PackExamples, with_example

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 25)
FILES = sorted((ROOT / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_rules_of_every_shipped_pack_take_an_example(path: Path) -> None:
    source = path.read_text("utf-8")
    pack = Pack.parse(source, path.name)
    text = 'a "quotation": # not a comment, 警惕'
    rules = [rule for rule in pack.rules if not rule.copies]
    for rule in (rules[0], rules[-1]):
        for kind in ("match", "ignore"):
            after = with_example(source, Adoption(pack.id, rule.id, kind, text))  # type: ignore[arg-type]
            assert after is not None
            made = Pack.parse(after, path.name)
            assert getattr(made.rule(rule.id), kind) == (*getattr(rule, kind), text)
            kept = [line for line in source.splitlines() if line not in after.splitlines()]
            assert len(kept) <= 1  # of a list in brackets, one line changes


def test_a_rule_without_such_examples_gets_a_list() -> None:
    source = (
        "id: a\nrules:\n  - id: r\n    why: x\n    match:\n      - one\n\n  - id: s\n    why: y\n"
    )
    after = with_example(source, Adoption("a", "r", "ignore", "two"))
    assert after == source.replace("      - one\n", '      - one\n    ignore:\n      - "two"\n')
    last = with_example(source, Adoption("a", "s", "match", "two"))
    assert last == f'{source}    match:\n      - "two"\n'
    assert with_example(source, Adoption("b", "r", "ignore", "two")) is None
    assert with_example(source, Adoption("a", "t", "ignore", "two")) is None


def test_the_check_says_what_the_rule_does_with_it() -> None:
    examples = PackExamples(ROOT / "packs", TODAY)
    [pack] = [Pack.parse(path.read_text("utf-8"), path.name) for path in FILES
              if path.stem == "threats-of-violence"]  # fmt: skip
    rule = pack.rules[0]
    assert f"{pack.id}/{rule.id}" in examples.rules()
    assert "account-takeover/copies-of-recovery-offer" not in examples.rules()
    quoted = examples.adopted(Adoption(pack.id, rule.id, "ignore", f"{rule.match[0]} again"))
    assert quoted is not None
    assert "threats-of-violence.yaml" in quoted.problems[0]
    kept = examples.adopted(Adoption(pack.id, rule.id, "ignore", "the weather kills the mood"))
    assert kept is not None
    assert kept.problems == ()
    assert '+      - "the weather kills the mood"' in kept.patch
    assert examples.adopted(Adoption("nothing", "here", "ignore", "x")) is None
