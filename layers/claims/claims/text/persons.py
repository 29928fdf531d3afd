"""Whether a claim names a person: by titles, given names, and words written like names.

Limits: a single unusual name without a title or a verb of saying passes, since firms and places
look the same. In a headline that writes every word large only titles and given names count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import and_

from claims.text.common import common_words
from claims.text.words import stem, stop_words

LANGUAGES = ("en", "id")
"""Languages that mark names by capitals and whose words are known here."""

LONGEST_NAME = 4
"""Words of a name, at most: a longer run of capitals is a heading."""
MOSTLY_CAPITALS = 0.6
"""Share of capitals above which a text is a headline whose capitals mark no names."""

_TOKEN = re.compile(r"[^\W\d_][\w'’-]*")
_OPENS = re.compile(r"[.!?:;\"“(\n]")
_BETWEEN = re.compile(r"\.?[ \u00a0]+")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    opens: bool
    joined: bool
    """Whether only blanks part it from the token before."""

    @property
    def name(self) -> str:
        """The word without the ending of a genitive."""
        return re.sub(r"['’]s$", "", self.text)

    @property
    def is_large(self) -> bool:
        return self.text[0].isupper() and any(char.islower() for char in self.text)

    @property
    def may_be_name(self) -> bool:
        """Whether it is written like a name, or like the initial of one."""
        return self.is_large or (len(self.name) == 1 and self.text[0].isupper())


class PersonNames:
    """Finds names of persons by the lists `names` of topics.json.

    `terms` are words that other lists know: they are no names.
    """

    def __init__(self, lists: Mapping[str, str], terms: Iterable[str]):
        self._titles, self._given, self._not_persons, self._after, self._speaks = (
            frozenset(lists[name].split())
            for name in ("titles", "given", "not persons", "places after", "speaks")
        )
        families, verbs = lists["families zh"], lists["speaks zh"].split()
        self._joined = re.compile(f"[{families}][\u4e00-\u9fff]{{1,2}}(?:{'|'.join(verbs)})")
        self._common = frozenset(
            stem(word, one)
            for one in LANGUAGES
            for word in (*common_words(one), *stop_words(one), *terms)
        )

    def is_in(self, text: str) -> bool:
        """Return whether a text names a person; when in doubt, that it does."""
        if self._joined.search(text):
            return True
        tokens = list(_tokens(text))
        large = sum(token.is_large for token in tokens)
        titled = len(tokens) > 1 and large > MOSTLY_CAPITALS * len(tokens)
        return any(
            self._is_person(run, before, after, titled=titled)
            for run, before, after in self._runs(tokens)
        )

    def _runs(self, tokens: list[_Token]) -> Iterator[tuple[list[_Token], str, str]]:
        """Yield neighbouring tokens with capitals, and the words before and after them."""
        start = 0
        while start < len(tokens):
            end = start
            while (
                end < len(tokens)
                and tokens[end].may_be_name
                and (end == start or tokens[end].joined)
            ):
                end += 1
            if end > start:
                run = tokens[start:end]
                before = tokens[start - 1].name.casefold() if start and run[0].joined else ""
                follows = end < len(tokens) and tokens[end].joined
                after = tokens[end].name.casefold() if follows else ""
                if run[0].opens and run[0].name not in self._titles and self._is_common(run[0]):
                    run = run[1:]  # its capital is only that of a sentence
                if run:
                    yield run, before, after
            start = max(end, start + 1)

    def _is_person(self, run: list[_Token], before: str, after: str, *, titled: bool) -> bool:
        names = [token.name for token in run]
        if titled:
            return self._is_in_headline(run)
        if len(run) > 1 and names[0] in self._titles:
            return True
        if self._not_persons.intersection(names):
            return False
        if any(name in self._given for name in names):
            return True
        strange = [token for token in run if not self._is_common(token)]
        if not strange:
            return False
        if after in self._speaks and not names[-1].endswith("s"):
            return True
        return 2 <= len(run) <= LONGEST_NAME and before not in self._after

    def _is_in_headline(self, run: list[_Token]) -> bool:
        """Return whether two neighbours are words that no list knows, or a given name and one."""
        may_be = [
            not self._is_common(token) and token.name not in self._not_persons for token in run
        ]
        return any(map(and_, may_be, may_be[1:]))

    def _is_common(self, token: _Token) -> bool:
        word = token.name.casefold()
        known = any(stem(word, one) in self._common for one in LANGUAGES)
        return known and token.name not in self._given


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words of a text. A dot behind one or a few letters shortens a title or a name."""
    last = ""
    end = 0
    for found in _TOKEN.finditer(text):
        between = text[end : found.start()]
        shortened = between.startswith(".") and last[:1].isupper() and len(last) < LONGEST_NAME
        opens = not last or bool(_OPENS.search(between[shortened:]))
        joined = between.isspace() if not shortened else bool(_BETWEEN.fullmatch(between))
        yield _Token(found[0], opens, bool(last) and joined and not opens)
        last, end = found[0], found.end()
