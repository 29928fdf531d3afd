"""What a template prints."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from phrases import of, page_engine


def printed(source: str, *, separators: bool = False, **values: object) -> str:
    engine = page_engine(Path(), of("en"), str.upper, separators=separators)
    return engine.from_string(source).render(values)


def test_a_statement_on_a_line_of_its_own_leaves_no_line() -> None:
    assert printed("{% if true %}\n  a\n  {% endif %}\nb") == "  a\nb"


def test_a_text_is_cleaned_and_escaped_and_markup_is_not() -> None:
    assert printed("{{ it }}", it="<a>") == "&lt;A&gt;"
    assert printed("{{ it }}", it=Markup("<a>")) == "<a>"


def test_only_pages_that_ask_for_them_have_numbers_with_separators() -> None:
    engine = page_engine(Path(), of("en"), str)
    assert engine.from_string("{{ it }}").render(it=1200) == "1200"
    assert printed("{{ it }}", separators=True, it=1200) == "1,200"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        printed("{{ nobody_set_this }}")
