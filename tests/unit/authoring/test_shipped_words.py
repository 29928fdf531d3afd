"""The shipped packs explain themselves in each language of the pages."""

from pathlib import Path

import pytest

from matcher import Pack
from phrases import LANGUAGES

PACKS = sorted((Path(__file__).parents[3] / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_shipped_pack_says_everything_in_each_language(path: Path) -> None:
    """Packs of other people need English alone: `packs check` asks for nothing else."""
    pack = Pack.parse(path.read_text("utf-8"), path.name)
    missing = [
        f"{language}: {what}"
        for language in LANGUAGES
        for what, said in (
            ("title", pack.title_in(language)),
            ("why", pack.why_in(language)),
            *((f"why of {rule.id}", pack.reason_in(language, rule)) for rule in pack.rules),
        )
        if said.language != language
    ]
    assert not missing, (
        f"packs/{path.name} ships, so it needs words in {', '.join(LANGUAGES)}. Write"
        f" `why: {{en: …, id: …, zh: …}}`, see docs/packs.md. Missing: {'; '.join(missing)}"
    )
