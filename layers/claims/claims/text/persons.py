"""Decide whether a claim names a person: by titles, given names, and words written like names.

Limits: A single unusual name without a title or a verb of speech passes, since firms and places
look the same. In a headline with all words capitalised, only titles and given names count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import and_

from claims.lists import common_words, stop_words
from claims.text.words import MOSTLY_CAPITALS, stem

NAME_LANGUAGES = ("en", "id")
"""Languages that mark names by capitals and have word lists here."""
LONGEST_NAME = 4
"""Most words of a name; a longer run of capitalised words is a heading."""

_TOKEN = re.compile(r"[^\W\d_][\w'’-]*")
_OPENS = re.compile(r"[.!?:;\"“(\n]")
_BETWEEN = re.compile(r"\.?[ \u00a0]+")
_GENITIVE = re.compile(r"['’]s$")


@dataclass(frozen=True)
class _Token:
    """A word. `opens`: it begins a sentence. `joined`: only blanks separate it from the last."""

    text: str
    opens: bool
    joined: bool

    @cached_property
    def name(self) -> str:
        """The word without the ending 's."""
        return _GENITIVE.sub("", self.text)

    @cached_property
    def is_capitalised(self) -> bool:
        return self.text[0].isupper() and any(char.islower() for char in self.text)

    @cached_property
    def may_be_name(self) -> bool:
        """The word is written like a name or an initial."""
        return self.is_capitalised or (len(self.name) == 1 and self.text[0].isupper())


class PersonNames:
    """Finds names of persons by the lists under `names` in topics.json.

    `terms` are words of the other lists, which are not names.
    """

    def __init__(self, lists: Mapping[str, str], terms: Iterable[str]):
        self._titles, self._given, self._not_persons, self._before_places, self._speech = (
            frozenset(lists[name].split())
            for name in ("titles", "given", "not persons", "places after", "speaks")
        )
        families, verbs = lists["families zh"], lists["speaks zh"].split()
        self._chinese = re.compile(f"[{families}][\u4e00-\u9fff]{{1,2}}(?:{'|'.join(verbs)})")
        self._common = frozenset(
            stem(word, language)
            for language in NAME_LANGUAGES
            for word in (*common_words(language), *stop_words(language), *terms)
        )

    def is_in(self, text: str) -> bool:
        """Return whether a text names a person; True if in doubt."""
        if self._chinese.search(text):
            return True
        tokens = list(_tokens(text))
        capitalised = sum(token.is_capitalised for token in tokens)
        is_headline = len(tokens) > 1 and capitalised > MOSTLY_CAPITALS * len(tokens)
        return any(
            self._is_person(run, before, after, is_headline=is_headline)
            for run, before, after in self._runs(tokens)
        )

    def _runs(self, tokens: list[_Token]) -> Iterator[tuple[list[_Token], str, str]]:
        """Yield each run of capitalised tokens, with the words before and after it."""
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
                    run = run[1:]  # its capital only begins the sentence
                if run:
                    yield run, before, after
            start = max(end, start + 1)

    def _is_person(self, run: list[_Token], before: str, after: str, *, is_headline: bool) -> bool:
        names = [token.name for token in run]
        if is_headline:
            return self._is_in_headline(run)
        if len(run) > 1 and names[0] in self._titles:
            return True
        if self._not_persons.intersection(names):
            return False
        if any(name in self._given for name in names):
            return True
        if all(self._is_common(token) for token in run):
            return False
        if after in self._speech and not names[-1].endswith("s"):
            return True
        return 2 <= len(run) <= LONGEST_NAME and before not in self._before_places

    def _is_in_headline(self, run: list[_Token]) -> bool:
        """Return whether two neighbours may be a name: each is unlisted or a given name."""
        may_be_name = [
            not self._is_common(token) and token.name not in self._not_persons for token in run
        ]
        return any(map(and_, may_be_name, may_be_name[1:]))

    def _is_common(self, token: _Token) -> bool:
        word = token.name.casefold()
        is_listed = any(stem(word, language) in self._common for language in NAME_LANGUAGES)
        return is_listed and token.name not in self._given


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the words of a text. A dot after up to three letters abbreviates a title or a name."""
    last = ""
    end = 0
    for match in _TOKEN.finditer(text):
        between = text[end : match.start()]
        shortened = between.startswith(".") and last[:1].isupper() and len(last) < LONGEST_NAME
        opens = not last or bool(_OPENS.search(between[shortened:]))
        joined = between.isspace() if not shortened else bool(_BETWEEN.fullmatch(between))
        yield _Token(match[0], opens, bool(last) and joined and not opens)
        last, end = match[0], match.end()
