"""Each message of the sources has a translation in each language, with the same values and tags."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from phrases import LANGUAGES, PagePhrases, of, page_engine

ROOT = Path(__file__).parents[3]
VALUE = re.compile(r"%\((\w+)\)s|%%|</?[a-z]+[^>]*>")


def script() -> ModuleType:
    """The script that brings the catalogues up to the sources."""
    spec = importlib.util.spec_from_file_location("extract", ROOT / "scripts/build_documents.py")
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXTRACT = script()
CATALOGUES = [(language, name)
              for language in LANGUAGES if language != "en"
              for name, folder in EXTRACT.packages().items()
              if len(EXTRACT.messages_of(folder))]  # fmt: skip


@pytest.mark.parametrize(("language", "package"), CATALOGUES)
def test_a_catalogue_lacks_nothing(language: str, package: str) -> None:
    """Run scripts/build_documents.py, then translate what this names."""
    catalogue = EXTRACT.updated(EXTRACT.packages()[package], language)
    assert EXTRACT.lacking(catalogue) == []


@pytest.mark.parametrize(("language", "package"), CATALOGUES)
def test_a_catalogue_is_as_the_script_writes_it(language: str, package: str) -> None:
    """No message that no source has, and no order of its own."""
    catalogue = EXTRACT.updated(EXTRACT.packages()[package], language)
    path = EXTRACT.CATALOGUES / language / f"{package}.po"
    assert path.read_bytes() == EXTRACT.written(catalogue)


@pytest.mark.parametrize(("language", "package"), CATALOGUES)
def test_a_translation_has_the_values_and_tags_of_its_message(language: str, package: str) -> None:
    for message in EXTRACT.updated(EXTRACT.packages()[package], language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if not message.id:
            continue
        for text in texts:
            wanted = sorted(found[0] for found in VALUE.finditer(ids[-1]))
            assert sorted(found[0] for found in VALUE.finditer(text)) == wanted, ids[0]


WORDS = {
    r"providers?\b": {"id": "penyedia", "zh": "服务商"},
    r"complaints?\b|objections?\b|contests?\b": {"id": "keberatan", "zh": "申诉"},
    r"decisions?\b": {"id": "keputusan", "zh": "决定"},
}
"""The field's word for each idea."""


@pytest.mark.parametrize(("language", "package"), CATALOGUES)
def test_an_idea_has_one_word_on_all_pages(language: str, package: str) -> None:
    for message in EXTRACT.updated(EXTRACT.packages()[package], language):
        said = VALUE.sub("", str(message.id)).lower()
        for idea, words in WORDS.items():
            if message.id and re.search(rf"\b({idea})", said):
                assert words[language] in str(message.string).lower(), message.id


def test_a_message_without_a_translation_is_said_in_english() -> None:
    assert of("zh").gettext("nobody translated this") == "nobody translated this"


def test_numbers_and_dates_are_those_of_the_language() -> None:
    assert of("id").gettext("%(n)s", n=1234567) == "1.234.567"
    assert of("zh").ngettext("%(num)s minute", "%(num)s minutes", 1) == "1 分钟"
    assert of("id").duration(80) == "3,3 hari"
    assert [(of(language).gap, of(language).comma) for language in LANGUAGES] == [
        (" ", ", "), (" ", ", "), ("", "、"),
    ]  # fmt: skip


def test_values_on_a_page_are_escaped_and_the_catalogue_is_not() -> None:
    english = of("en")
    page = PagePhrases(english.language, english.locale, english.translations)
    assert page.gettext("<b>%(x)s</b>", x='"><script>') == "<b>&#34;&gt;&lt;script&gt;</b>"
    assert page.gettext("%(x)s", x=page.gettext("<i>")) == "<i>"


def test_there_is_no_other_language() -> None:
    with pytest.raises(KeyError):
        of("xx")


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
