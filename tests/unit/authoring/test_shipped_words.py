"""The shipped packs explain themselves in each language of the pages."""

from pathlib import Path

import pytest

from matcher import Pack
from phrases import LANGUAGES

PACKS = sorted((Path(__file__).parents[3] / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_pack_lacks_no_words(path: Path) -> None:
    """It names what is missing: `title`, `why`, or the ids of rules without a translated `why`."""
    pack = Pack.parse(path.read_text("utf-8"), path.name)
    for language in LANGUAGES:
        said = {"title": pack.title_in(language), "why": pack.why_in(language)}
        said |= {rule.id: pack.reason_in(language, rule) for rule in pack.rules}
        assert [name for name, words in said.items() if words.language != language] == []
