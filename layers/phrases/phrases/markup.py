"""Phrases for pages of HTML: what the catalogue says is markup, what is put into it is escaped."""

from collections.abc import Callable
from dataclasses import dataclass

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
