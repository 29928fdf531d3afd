"""A slow, obvious matcher, to hold the real one against. It shares with the engine only the fold
table, the scripts of letters, the forms of Indonesian words and the finding of links (each tested
on its own). It knows no words in disguise: what those are is defined by `matcher.vocabulary` and
has tests of its own. It has no automaton, no patterns and no offsets: it tries every slice of the
text, and every pair of spans for a window."""

import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from support.reference_terms import Match, is_mark, matches_of, sound_matches_of

from matcher import Evasion, Pack, Rule
from matcher.aligned import find_hosts, opaque_spans
from matcher.fold import FOLD, host_of, is_spaceless, normal_host
from matcher.part_signs import passes
from matcher.sign_catalogue import find_signs
from matcher.sign_shapes import signs_of_link
from rules.pack import sign_of

type Span = tuple[str, int, int, str, tuple[str, ...]]
"""Part, start, end, term, evasion."""

type Found = tuple[str, str, tuple[Span, ...]]
"""Pack, rule, and spans."""

LINK_SIGNS = ("link", "messenger-link", "short-link", "rare-domain")
DRESSED = (
    "{dressed-letters}", "{styled-letters}", "{enclosed-letters}", "{wide-letters}",
    "{small-capitals}", "{struck-letters}", "{half-dressed}", "{dressed-in-plain}",
    "{dressed-name-number}", "{mixed-scripts}", "{spaced-letters}", "{name-in-pieces}",
    "{han-apart}", "{rare-han}", "{emoji-wrapped}", "{game-name}", "{contact-in-pieces}",
)  # fmt: skip
DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}


def find(packs: Sequence[Pack], text: str) -> list[Found]:
    return find_post(packs, [("text", text)])


def find_post(packs: Sequence[Pack], post: Sequence[tuple[str, str]]) -> list[Found]:
    """The hits of one post, in the order of pack ids and rules."""
    found = []
    for pack in sorted(packs, key=lambda pack: pack.id):
        for rule in pack.rules:
            spans = spans_of(rule, post)
            if spans is not None:
                found.append((pack.id, rule.id, spans))
    return found


def spans_of(rule: Rule, post: Sequence[tuple[str, str]]) -> tuple[Span, ...] | None:
    linked = linked_groups(rule, post)
    satisfied = False
    spans: set[Span] = set()
    texts = [part for part in post if not part[0].startswith("links/")]
    if all(name != "text" for name, _ in texts):
        texts.append(("text", ""))
    for name, text in texts:
        served = linked if name == "text" else {}
        inside = spans_in(rule, text, served=served.keys())
        if inside is not None:
            satisfied = True
            spans.update((name, *span) for span in inside)
            spans.update(*served.values())
    order = {name: number for number, (name, _) in enumerate(post)}
    return tuple(sorted(spans, key=lambda s: (order[s[0]], *s[1:4]))) if satisfied else None


def linked_groups(rule: Rule, post: Sequence[tuple[str, str]]) -> dict[int, list[Span]]:
    groups: defaultdict[int, list[Span]] = defaultdict(list)
    for name, url in post:
        if name.startswith("links/"):
            if (host := host_of(url)) and (found := host_term(rule, host.name)):
                groups[len(groups_of(rule))].append((name, *host[:2], *found))
            for number, group in enumerate(groups_of(rule)):
                for sign in LINK_SIGNS:
                    places = of_sign(sign, name, url) if f"{{{sign}}}" in group else []
                    groups[number] += [(name, *place, f"{{{sign}}}", ()) for place in places]
    return {number: spans for number, spans in groups.items() if spans}


type Weighed = tuple[int, tuple[tuple[str, int, int, str, tuple[str, ...], int], ...]]
"""A sum, and what it is the sum of: spans with weights, in the order of places and terms."""


def weigh_post(rule: Rule, post: Sequence[tuple[str, str]]) -> Weighed:
    """The highest score of a part of a post under a scored rule; of equal ones, the first."""
    texts = [part for part in post if not part[0].startswith("links/")]
    links = [(name, url) for name, url in post if name.startswith("links/")]
    if links and all(name != "text" for name, _ in texts):
        texts.append(("text", ""))
    scores = [weigh(rule, name, text, links if name == "text" else ()) for name, text in texts]
    return max(scores, key=lambda score: score[0]) if scores else (0, ())


def weigh(rule: Rule, name: str, text: str, links: Sequence[tuple[str, str]] = ()) -> Weighed:
    """Each term in a text counts where it ends first, and each sign where it is first."""
    if rule.score is None or matches_of(rule, [*rule.unless, *rule.except_], text):
        return 0, ()
    if rule.score.reads and not passes(text, rule.score.reads):
        return 0, ()
    spans = []
    for term, weight in rule.score.terms.items():
        if matches := matches_of(rule, [term], text):
            start, end, _, evasion = min(matches, key=lambda match: (match[1], match[0]))
            spans.append((name, start, end, term, evasion, weight))
    for term, weight in rule.score.pinyin.items():
        if matches := sound_matches_of(rule, term, text):
            start, end, _, evasion = min(matches, key=lambda match: (match[1], match[0]))
            spans.append((name, start, end, term, evasion, weight))
    for sign, weight in rule.score.signs.items():
        of_links = [*links] if sign in LINK_SIGNS else []
        for part, written in [(name, text), *of_links]:
            if places := of_sign(sign, part, written):
                spans.append((part, *places[0], f"{{{sign}}}", (), weight))
                break
    ordered = sorted(spans, key=lambda span: (span[0] != name, *span[:4]))
    return worth([(span[3], span[5]) for span in spans], text), tuple(ordered)


def worth(reasons: list[tuple[str, int]], text: str) -> int:
    """A sum for a post needs a word, or a sign of a word in dress; then it pays for its length."""
    total = sum(weight for _, weight in reasons)
    speaks = [weight for name, weight in reasons if name[0] != "{" or name in DRESSED]
    return total - points_of_length(text) if max(speaks, default=0) > 0 else min(total, 0)


def points_of_length(text: str) -> int:
    """A point for each full 50 letters beyond 180; a Han letter is as long as five."""
    letters = 0
    for char in text:
        for plain in FOLD[ord(char)]:
            letters += 0 if plain == " " else 5 if "\u3400" <= plain <= "\u9fff" else 1
    points = 0
    while letters >= 180 + 50 * (points + 1):
        points += 1
    return points


def of_sign(sign: str, part: str, written: str) -> list[tuple[int, int]]:
    """Where a sign is in a text, or in a URL, which is a link as it is."""
    if part.startswith("links/"):
        return [(start, end) for found, start, end in signs_of_link(written) if found == sign]
    return find_signs(written, [sign]).get(sign, [])


def host_term(rule: Rule, seen: str) -> tuple[str, tuple[Evasion, ...]] | None:
    """The longest of a rule's host names that a host name is, is under, or passes for."""
    own = [w for w in rule.links if w[0] != "~" and ("." + seen).endswith("." + normal_host(w))]
    if own:
        return max(own, key=lambda written: len(normal_host(written))), ()
    names = [(w, normal_host(w.removeprefix("~"))) for w in rule.links if not rule.exact]
    alike = [(len(name), -at, w) for at, (w, name) in enumerate(names) if looks_like(seen, name)]
    return (max(alike)[2], (Evasion.LOOKALIKE,)) if alike else None


def looks_like(seen: str, named: str) -> bool:
    """Whether some plain spelling of the end of a host name is the named one."""
    labels = seen.split(".")[-len(named.split(".")) :]
    if ".".join(labels) == named or labels[-1] != named.split(".")[-1]:
        return False
    return re.fullmatch("".join(map(spellings, ".".join(labels))), named) is not None


def spellings(char: str) -> str:
    """What a character of a host name may stand for, as a pattern."""
    if char in DIGITS:
        return f"[{char}{DIGITS[char]}]"
    plain = [DIGITS.get(p, p) for p in FOLD[ord(char)].strip()]
    if char.isascii() or FOLD[ord(char)] == " " or not re.fullmatch("[a-z]*", "".join(plain)):
        return re.escape(char)
    return f"(?:{char}|{''.join(f'[{letters}]' for letters in plain)})"


def spans_in(rule: Rule, text: str, *, served: Collection[int]) -> list[Match] | None:
    """The spans of the satisfied windows in one text; None if there is no such window."""
    groups = [[*matches_of(rule, terms_of(group), text), *signs_in(group, text)]
              for group in groups_of(rule)]  # fmt: skip
    if rule.links:
        named = [(host, host_term(rule, host.name)) for host in find_hosts(text)]
        groups.append([(*host[:2], *found) for host, found in named if found])
    excepted = matches_of(rule, rule.except_, text)
    groups = [[m for m in group if not any(e[0] <= m[0] and m[1] <= e[1] for e in excepted)]
              for group in groups]  # fmt: skip
    places = [without_nested({m[:2] for m in group}) for group in groups]
    items = sorted(set().union(*places)) if places else []
    counted = enumerate(zip(places, counts_of(rule), strict=True))
    needed = [pair for number, pair in counted if number not in served]

    def full(window: Sequence[tuple[int, int]]) -> bool:
        """Hall: any of the groups find together as many items as they need together."""
        inside = set(window)
        return all(
            len(inside & set().union(*(group for group, _ in some))) >= sum(n for _, n in some)
            for size in range(1, len(needed) + 1)
            for some in itertools.combinations(needed, size)
        )

    numbers = {item: words_of(text, item) for item in items}
    cancelling = [words_of(text, m[:2]) for m in matches_of(rule, rule.unless, text)]
    chosen: set[tuple[int, int]] = set()
    for first, last in itertools.combinations_with_replacement(range(len(items)), 2):
        window = items[first : last + 1]
        if not needed:
            minimal = first == last
        else:
            minimal = full(window) and not full(window[1:]) and not full(window[:-1])
        between = numbers[window[-1]][0] - numbers[window[0]][1] - 1
        near = rule.within is None or between <= rule.within
        if minimal and near and not is_cancelled(rule, [numbers[i] for i in window], cancelling):
            chosen |= set(window)
    if not chosen and (needed or cancelling):
        return None
    matches = [(len(m[3]), order, m) for g in groups for order, m in ordered(rule, g)]
    return [min(m for m in matches if m[2][:2] == item)[2] for item in sorted(chosen)]


def terms_of(group: Sequence[str]) -> list[str]:
    return [term for term in group if not sign_of(term)]


def signs_in(group: Sequence[str], text: str) -> Iterator[Match]:
    for term in group:
        if sign := sign_of(term):
            yield from ((start, end, term, ()) for start, end in of_sign(sign, "text", text))


def groups_of(rule: Rule) -> list[tuple[str, ...]]:
    return [*rule.groups, rule.at_least.of] if rule.at_least else [*rule.groups]


def counts_of(rule: Rule) -> list[int]:
    """How many spans each group needs."""
    counts = [1] * len(rule.groups)
    counts += [rule.at_least.n] if rule.at_least else []
    return counts + [1] * bool(rule.links)


def ordered(rule: Rule, group: list[Match]) -> Iterator[tuple[int, Match]]:
    for match in group:
        at = [terms.index(match[2]) for terms in groups_of(rule) if match[2] in terms]
        yield (min(at) if at else 0), match


def is_cancelled(rule: Rule, window: Sequence[tuple[int, int]],
                 cancelling: list[tuple[int, int]]) -> bool:  # fmt: skip
    if rule.within is None:
        return bool(cancelling)
    first = window[0][0] - rule.within
    last = max(end for _, end in window) + rule.within
    return any(start <= last and end >= first for start, end in cancelling)


def without_nested(places: set[tuple[int, int]]) -> set[tuple[int, int]]:
    return {
        (start, end)
        for start, end in places
        if not any((s, e) != (start, end) and s <= start and end <= e for s, e in places)
    }


def words_of(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """The numbers of the first and the last word of a slice."""
    start, end = place
    link = next((o for o in opaque_spans(text) if o.start <= start < o.end), None)
    last = count(folded(text, end)) - 1
    if link:
        number = count(folded(text, link.start))
        return number, max(number, last)
    plain = FOLD[ord(text[start])]
    to_first_letter = plain[: len(plain) - len(plain.lstrip()) + 1]
    return count(folded(text, start) + to_first_letter) - 1, last


def folded(text: str, end: int) -> str:
    """The beginning of a text folded character by character; each link is the word `L`."""
    out = ""
    for at in range(end):
        link = next((o for o in opaque_spans(text) if o.start <= at < o.end), None)
        if link is None:
            out += FOLD[ord(text[at])]
        elif link.start == at:
            out += " L "
    return out


def count(plain: str) -> int:
    return len("".join(c for c in plain if not is_spaceless_mark(c)).split())


def is_spaceless_mark(char: str) -> bool:
    return is_spaceless(char) and is_mark(char)
