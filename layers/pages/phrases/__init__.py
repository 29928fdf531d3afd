"""What Terang says to people, in each of its languages: sentences, counts, dates and numbers.

English is written in the code; `catalogues/<language>/<package>.po` holds the translations of one
package. It imports nothing else of Terang. Start with `of`. For pages of HTML, `page_engine` makes
the template engine: a message of a catalogue is markup, what is put into it is escaped.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

LANGUAGES = ("en", "id", "zh")
"""The languages that people can read; English is the one that the code is written in."""

NAMES = {"en": "English", "id": "Bahasa Indonesia", "zh": "中文"}
"""Each language by its own name."""

LOCALES = {"en": "en_GB", "id": "id_ID", "zh": "zh_Hans_CN"}
"""Whose dates and numbers a language has: "5 November 2026" in English."""

CATALOGUES = Path(__file__).parent / "catalogues"


def to_translate(message: str) -> str:
    """Return the message as it is. It marks a constant whose translation is looked up later.

    >>> to_translate("Scams and fraud")
    'Scams and fraud'
    """
    return message


@dataclass(frozen=True, slots=True)
class Phrases:
    """Says things in one language. A message without a translation is said in English."""

    language: str
    locale: Locale
    translations: NullTranslations

    @property
    def gap(self) -> str:
        """Return the separator of two sentences: nothing in Chinese."""
        return "" if self.language == "zh" else " "

    @property
    def comma(self) -> str:
        """Return the separator of two parts of a list."""
        return "、" if self.language == "zh" else ", "

    @property
    def _thousands(self) -> str:
        """Return the separator of thousands. Asking Babel for each number takes 50 times longer."""
        return "." if self.language == "id" else ","

    def gettext(self, message: str, /, **values: object) -> str:
        """Return a message with its values: whole numbers get the separators of the language.

        >>> of("id").gettext("%(posts)s posts", posts=1200)
        '1.200 posts'
        """
        return self._filled(self.translations.gettext(message) if message else "", values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """Return the form of a message for a count, which is `%(num)s` in it.

        >>> of("en").ngettext("%(num)s post", "%(num)s posts", 1200)
        '1,200 posts'
        """
        message = self.translations.ngettext(one, many, count)
        return self._filled(message, {"num": count, **values})

    def shown(self, value: object) -> object:
        """Return a whole number with separators, and anything else as it is.

        >>> of("id").shown(12345), of("zh").shown(True), of("en").shown("a")
        ('12.345', True, 'a')
        """
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return f"{value:,}".replace(",", self._thousands)

    def decimal(self, value: float, digits: int) -> str:
        """Return a number with so many digits after the decimal sign.

        >>> of("en").decimal(5.04, 1), of("id").decimal(5.04, 1)
        ('5.0', '5,0')
        """
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(value, format=pattern, locale=self.locale)

    def share(self, share: float | None) -> str:
        """Return a share in per cent, with a decimal only below 10 %; "" for None.

        >>> of("id").share(0.0012), of("zh").share(0.4567), of("en").share(None)
        ('0,1%', '46%', '')
        >>> [of("zh").share(share) for share in (0, 0.01, 0.099, 0.1)]
        ['0%', '1.0%', '9.9%', '10%']
        """
        if share is None:
            return ""
        whole = 100 * share
        digits = 0 if whole == 0 or whole >= 10 else 1
        return f"{self.decimal(whole, digits)}%"

    def day(self, day: str) -> str:
        """Return an ISO day in words; any other text is returned unchanged.

        >>> of("en").day("2026-11-05"), of("id").day("2026-11-05"), of("zh").day("2026-11-05")
        ('5 November 2026', '5 November 2026', '2026年11月5日')
        """
        found = _day_of(day)
        return format_date(found, "long", locale=self.locale) if found else day

    def month(self, month: str) -> str:
        """Return an ISO month in words; any other text is returned unchanged.

        >>> of("id").month("2026-10"), of("zh").month("2026-10"), of("en").month("2026-10")
        ('Oktober 2026', '2026年10月', 'October 2026')
        """
        found = _day_of(f"{month}-01")
        return format_skeleton("yMMMM", found, locale=self.locale) if found else month

    def short_month(self, month: str) -> str:
        """Return an ISO month without its year, as a chart labels it.

        >>> of("en").short_month("2026-10"), of("id").short_month("2026-10")
        ('Oct', 'Okt')
        """
        found = _day_of(f"{month}-01")
        return format_skeleton("MMM", found, locale=self.locale) if found else month

    def duration(self, hours: float | None) -> str:
        """Return a duration in words: "" for None, and less than a minute by that name.

        >>> [of("en").duration(hours) for hours in (0.001, 1 / 60, 0.75, 1.0, 5.04)]
        ['less than a minute', '1 minute', '45 minutes', 'an hour', '5 hours']
        >>> [of("en").duration(hours) for hours in (71.5, 72.0, 80.0)]
        ['71.5 hours', '3 days', '3.3 days']
        """
        if hours is None:
            return ""
        minutes = round(hours * 60)
        if minutes < 1:
            return self.gettext("less than a minute")
        if hours < 1:
            return self.ngettext("%(num)s minute", "%(num)s minutes", minutes)
        if hours < 72:
            number = round(hours, 1)
            if number == 1:
                return self.gettext("an hour")
            return self.gettext("%(hours)s hours", hours=self._short(number))
        return self.gettext("%(days)s days", days=self._short(hours / 24))

    def _short(self, value: float) -> str:
        return format_decimal(value, format="#,##0.#", locale=self.locale)

    def language_name(self, code: str) -> str:
        """Return the name of a language by its code, or the code if it is not known.

        >>> of("en").language_name("id"), of("zh").language_name("en"), of("id").language_name("xy")
        ('Indonesian', '英语', 'xy')
        """
        names = self.locale.languages
        name = names.get(code.replace("-", "_")) or names.get(code.partition("-")[0])
        return str(name) if name else code

    def _filled(self, message: str, values: dict[str, object]) -> str:
        if not values:
            return message
        return message % {name: self.shown(value) for name, value in values.items()}


@cache
def of(language: str) -> Phrases:
    """Return the phrases of a language, read once. Raises KeyError unless it is in `LANGUAGES`."""
    locale = Locale.parse(LOCALES[language])
    catalogues = [_read(path) for path in sorted((CATALOGUES / language).glob("*.po"))]
    translations = reduce(Translations.merge, catalogues) if catalogues else NullTranslations()
    return Phrases(language, locale, translations)


def _read(path: Path) -> Translations:
    """Return the translations of a catalogue. One that cannot be read is an error at start."""
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)


def _day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-05") else None
    except ValueError:
        return None


def package_words(package: Path) -> dict[str, dict[str, Any]]:
    """Return the words of a package that are data, by kind and code, from its `words.json`.

    They are messages in English, to be translated. A sentence about a count has both its forms.
    """
    words: dict[str, dict[str, Any]] = json.loads((package / "words.json").read_bytes())
    return words


_WORDS = package_words(Path(__file__).parent)

CATEGORIES: dict[str, str] = _WORDS["categories"]
"""The categories that a pack may carry, in the order in which charts stack them."""

REPORTED: dict[str, str] = _WORDS["reported"]
"""Categories of the DSA that no pack may carry. People name them in notices, orders and audits."""

MEASURES: dict[str, str] = _WORDS["measures"]
"""Measures in words, by the codes of the DSA."""


def category_words(category: str) -> str:
    """Return a category or a measure in English words, to be translated.

    >>> category_words("SELF_HARM"), category_words("NEW_ONE"), category_words("")
    ('Self-harm', 'New one', '')
    """
    known = CATEGORIES | REPORTED | MEASURES
    return known.get(category) or category.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class PagePhrases(Phrases):
    """What a template calls as `_` and `ngettext`: messages are markup, their values are escaped.

    `clean` is applied to texts put into them.

    >>> english, never = Locale.parse("en_GB"), NullTranslations()
    >>> PagePhrases("en", english, never).gettext("<b>%(name)s</b>", name="<i>")
    Markup('<b>&lt;i&gt;</b>')
    >>> PagePhrases("en", english, never).ngettext("%(num)s post", "%(num)s posts", 1)
    Markup('1 post')
    """

    clean: Callable[[str], str] = str

    def _filled(self, message: str, values: dict[str, object]) -> Markup:
        # The messages are ours: a test compares their tags with those of the English text.
        text = Markup(message)  # noqa: S704 # nosec B704
        if not values:
            return text
        return text % {name: self._shown(value) for name, value in values.items()}

    def _shown(self, value: object) -> object:
        found = self.shown(value)
        return found if isinstance(found, Markup) else self.clean(str(found))


def page_engine(
    templates: Path | Sequence[Path],
    phrases: Phrases,
    clean: Callable[[str], str],
    *,
    separators: bool = False,
) -> Environment:
    """Return the template engine of a language: everything that a stranger wrote is escaped.

    `clean` is applied to each text that is not markup before it is escaped. `separators` says
    whether numbers are printed with those of the language. An unknown name is an error.
    """

    def shown(value: object) -> object:
        printed = str(phrases.shown(value)) if separators else value
        if isinstance(value, Markup) or not isinstance(printed, str):
            return value
        return clean(printed)

    engine = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say = PagePhrases(phrases.language, phrases.locale, phrases.translations, clean)
    engine.globals |= {
        "_": say.gettext,  # for messages in the template alone: their tags are tags
        "ngettext": say.ngettext,
        "language": phrases.language,
        "day_words": phrases.day,
        "decimal": phrases.decimal,
        "share_words": phrases.share,
        "category_words": lambda category: phrases.gettext(category_words(category)),
    }
    return engine
