"""Which texts cannot reach the threshold of a scored rule because of terms that speak against it.

The simple way is to add up all weights of the keys in a text. But a key of words only says that a
term may be there, so a sum with weights against a post would be no bound. Here a term against a
post counts if the text surely has it: in plain letters, between spaces or plain signs, outside of
links. Most ordinary posts that have a few words of adverts have such terms, and need not be aligned
to be let go.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from matcher.effort import STEPS_AT_LEAST, STEPS_PER_POINT
from matcher.text.fold import STRICT
from matcher.text.links import without_opaque

_BEFORE, _AFTER = ' \n("“，。！？、：；', ' \n.,!?:;)"”，。！？、：；'
_HAN = "\u4e00", "\u9fff"


def is_plain(term: str) -> bool:
    """Return whether a term is small plain letters with single spaces between words.

    >>> is_plain("at home"), is_plain("什么"), is_plain("hom*"), is_plain("Straße")
    (True, True, False, False)
    """
    letters = term.split(" ")
    return all(letters) and all(
        char == char.lower() and STRICT[ord(char)].strip(" ") == char for char in "".join(letters)
    )


def surely_has(text: str, term: str) -> bool:
    """Return whether a text in small letters has a plain term at a place where it surely counts.

    >>> surely_has("i was at home.", "at home"), surely_has("that home's", "home")
    (True, False)
    """
    at = text.find(term)
    while at >= 0:
        end = at + len(term)
        if _is_apart(text[at - 1 : at], _BEFORE) and _is_apart(text[end : end + 1], _AFTER):
            return True
        at = text.find(term, end)
    return False


def _is_apart(neighbour: str, signs: str) -> bool:
    return neighbour in signs or _HAN[0] <= neighbour <= _HAN[1]


class Counterweights:
    """The plain terms against a post of scored rules, by key.

    >>> against = Counterweights([(3, 7, -5, "at home")], {3: 1})
    >>> against.outweighing("I am at HOME now", [3, 3], {7: 9}, {7: 5})
    {7}
    """

    def __init__(self, terms: Iterable[tuple[int, int, int, str]], uses: Mapping[int, int]):
        """Take keys with a rule, a weight against a post and its term; and the uses of keys.

        A use is a term of a scored rule that has the key. Each takes a step at a place.
        """
        self._terms: defaultdict[int, list[tuple[int, int, str]]] = defaultdict(list)
        for key, rule, weight, term in terms:
            if is_plain(term):
                self._terms[key].append((rule, weight, term))
        self._uses = uses

    def weights(self) -> Iterator[tuple[int, int, int]]:
        """Yield the keys with a rule and a weight there."""
        for key, terms in self._terms.items():
            yield from ((key, rule, weight) for rule, weight, _ in terms)

    def outweighing(
        self,
        text: str,
        keys: Sequence[int],
        sums: Mapping[int, float],
        thresholds: Mapping[int, int],
    ) -> set[int]:
        """Return those rules whose thresholds a text surely does not reach.

        There are none if adding up all of its terms might take more steps than the text may take.

        Args:
            text: The text.
            keys: Its keys of words, as often as they occur.
            sums: The most that each rule may add up there, by its other terms and signs.
            thresholds: The thresholds of all rules.
        """
        steps = sum(self._uses.get(key, 0) for key in keys)
        if steps > STEPS_AT_LEAST + STEPS_PER_POINT * len(text):
            return set()
        terms: defaultdict[int, set[tuple[int, str]]] = defaultdict(set)
        for key in set(keys):
            for rule, weight, term in self._terms.get(key, ()):
                terms[rule].add((weight, term))
        plain = without_opaque(text).lower()
        return {
            rule
            for rule, most in sums.items()
            if _is_outweighed(plain, most - thresholds[rule], sorted(terms[rule]))
        }


def _is_outweighed(text: str, margin: float, terms: Iterable[tuple[int, str]]) -> bool:
    """Return whether a text surely has terms whose weights take more than a margin, in order."""
    for weight, term in terms:
        if margin < 0:
            break
        if surely_has(text, term):
            margin += weight
    return margin < 0
