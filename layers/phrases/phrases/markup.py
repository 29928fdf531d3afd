"""Phrases for pages of HTML: what the catalogue says is markup, what is put into it is escaped.

`page_engine` makes the template engine of every page that Terang serves or publishes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from phrases.phrases import Phrases


@dataclass(frozen=True, slots=True)
class PagePhrases:
    """What a template calls as `_` and `ngettext`. `clean` is applied to texts put into them."""

    phrases: Phrases
    clean: Callable[[str], str] = str

    def gettext(self, message: str, /, **values: object) -> Markup:
        """Return a message of the catalogue with escaped values.

        >>> from phrases import of
        >>> PagePhrases(of("en")).gettext("<b>%(name)s</b>", name="<i>")
        Markup('<b>&lt;i&gt;</b>')
        """
        return self._filled(self.phrases.translations.gettext(message) if message else "", values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> Markup:
        """Return the form of a message for a count, which is `%(num)s` in it.

        >>> from phrases import of
        >>> PagePhrases(of("en")).ngettext("%(num)s post", "%(num)s posts", 1)
        Markup('1 post')
        """
        message = self.phrases.translations.ngettext(one, many, count)
        return self._filled(message, {"num": count, **values})

    def _filled(self, message: str, values: dict[str, object]) -> Markup:
        # The messages are ours: a test compares their tags with those of the English text.
        text = Markup(message)  # noqa: S704 # nosec B704
        if not values:
            return text
        return text % {name: self._shown(value) for name, value in values.items()}

    def _shown(self, value: object) -> object:
        found = self.phrases.shown(value)
        return found if isinstance(found, Markup) else self.clean(str(found))


def page_engine(
    templates: Path, phrases: Phrases, clean: Callable[[str], str], *, separators: bool = False
) -> Environment:
    """Return the template engine of a language: everything that a stranger wrote is escaped.

    An unknown name in a template is an error.

    Args:
        templates: The folder of the templates.
        phrases: What `_` and `ngettext` say.
        clean: What is done to each text that is not markup before it is escaped.
        separators: Whether numbers are printed with the separators of the language.
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
    say = PagePhrases(phrases, clean)
    engine.globals |= {
        "_": say.gettext,  # for messages in the template alone: their tags are tags
        "ngettext": say.ngettext,
        "language": phrases.language,
    }
    return engine
