"""Read any text as a pack, any bytes as a published set: usable, or refused with a reason."""

import atheris
from harness import INSTRUMENTED, ROOT, fuzz

with atheris.instrument_imports(include=INSTRUMENTED):
    from support.sample_posts import PACK, SHADOW, pack

    from matcher import Matcher, Pack, SetError, build_set, load_set
    from rules.pack import PackError, Problem
    from rules.rule import Rule
    from rules.yaml_reader import keys_of

TEXTS, SETS = 0, 1
SHIPPED = 6000
"""A shipped pack of at most so many bytes is a seed."""


def one_document(data: bytes) -> None:
    """Load one document in the way that its first byte says."""
    if data[:1] and data[0] % 2 == SETS:
        _load(data[1:])
    else:
        _parse(data[1:].decode("utf-8", "surrogateescape"))


def _parse(text: str) -> None:
    found = _pack_or_problems(text)
    if isinstance(found, tuple):
        assert found
        assert all(problem.line > 0 for problem in found)
        return
    matcher = Matcher([found])
    for rule in found.rules:
        for example in (*rule.match, *rule.ignore):
            matcher.find(example)


def _pack_or_problems(text: str) -> Pack | tuple[Problem, ...]:
    try:
        return Pack.parse(text, "pack.yaml")
    except PackError as error:
        return error.problems


def _load(data: bytes) -> None:
    try:
        found = load_set(data)
    except SetError:
        return
    Matcher(found.packs)


if __name__ == "__main__":
    shipped = [path.read_bytes() for path in sorted((ROOT / "packs").glob("*.yaml"))]
    texts = [PACK.encode(), SHADOW.encode(), *(one for one in shipped if len(one) < SHIPPED)]
    sets = [build_set([pack()], notice_hours=24), build_set([], notice_hours=0)]
    words = [f"{word}: ".encode()
             for word in (*keys_of(Pack), *keys_of(Rule), "n", "of", "from", "until")]  # fmt: skip
    words += [b"- ", b"[[", b"*", b"~", b"!", b"&a", b"\n  "]
    seeds = [*(b"\0" + text for text in texts), *(b"\1" + one for one in sets)]
    fuzz("packs", one_document, seeds, words, longest=SHIPPED)
