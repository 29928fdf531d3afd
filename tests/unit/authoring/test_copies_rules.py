"""A rule of copies names another rule of its pack, has no terms, and runs in shadow at first."""

from datetime import UTC, datetime

import msgspec
import pytest
from support.sample_posts import PACK

from authoring.explain import explain
from authoring.format import canonical, pack_schema
from matcher import Matcher, Pack, build_set, load_set
from rules.pack import Mode, PackError
from rules.pack_parts import ALGORITHM, digest_of_definition
from rules.rule_set import SetError

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
COPIES = """  - id: copies-of-code
    severity: medium
    why: Is nearly the text of a post that a person confirmed.
    copies: {of: asks-for-code}
"""


def read(change: tuple[str, str] = ("", ""), pack: str = PACK) -> Pack:
    return Pack.parse(pack + COPIES.replace(*change), "codes.yaml")


def test_it_runs_in_shadow_until_it_says_otherwise() -> None:
    pack = read()
    assert pack.mode_of(pack.rules[1]) is Mode.SHADOW
    live = read(("code}", "code, mode: live}"))
    assert live.mode_of(live.rules[1]) is Mode.LIVE


def test_it_is_in_shadow_if_its_pack_is() -> None:
    pack = read(("code}", "code, mode: live}"), PACK.replace("rules:", "mode: shadow\nrules:"))
    assert pack.mode_of(pack.rules[1]) is Mode.SHADOW


@pytest.mark.parametrize(("change", "message"), [
    pytest.param(("of: asks", "of: begs"), "`begs-for-code` is not a rule", id="no such rule"),
    pytest.param(("of: asks-for-code", "of: copies-of-code"), "is not a rule", id="itself"),
    pytest.param(("    copies", "    any: [code]\n    copies"), "no `any`", id="terms"),
    pytest.param(("    copies", "    match: [Code]\n    copies"), "no `match`", id="examples"),
    pytest.param(("    copies", "    mode: live\n    copies"), "write it into", id="mode"),
])  # fmt: skip
def test_a_problem_is_named(change: tuple[str, str], message: str) -> None:
    with pytest.raises(PackError) as raised:
        read(change)
    assert message in str(raised.value)


def test_a_pack_of_violence_has_none() -> None:
    violent = PACK.replace("SCAMS_AND_FRAUD", "VIOLENCE").replace(
        "PHISHING", "INCITEMENT_VIOLENCE_HATRED"
    )
    with pytest.raises(PackError, match="one word can turn a threat around"):
        read(pack=violent)


def test_the_matcher_leaves_it_out() -> None:
    [hit] = Matcher([read()]).find("Send me the one-time code")
    assert hit.rule == "asks-for-code"


def test_trying_says_that_it_cannot_be_tried() -> None:
    lines = list(explain([read()], "The market opens at nine"))
    assert any("copies-of-code: it finds near copies" in line for line in lines)


def test_the_layout_and_the_schema_know_it() -> None:
    written = canonical(PACK + COPIES, "codes.yaml")
    assert COPIES in written
    assert canonical(written, "codes.yaml") == written
    then = pack_schema()["$defs"]["Rule"]["then"]
    assert "copies" in then["propertyNames"]["enum"]


class TestSet:
    """A set pins the algorithm; code with another one runs neither."""

    def document(self) -> bytes:
        return build_set([msgspec.structs.replace(read(), published_at=MOMENT)], notice_hours=0)

    def test_names_the_algorithm(self) -> None:
        assert load_set(self.document()).signs == {ALGORITHM: digest_of_definition()}

    def test_with_another_definition_is_refused(self) -> None:
        other = self.document().replace(digest_of_definition().encode(), b"0" * 64)
        with pytest.raises(SetError, match=ALGORITHM):
            load_set(other)
