"""A slow, obvious matcher, to hold the real one against.

It shares with the engine only the fold table, the scripts of letters, the forms of Indonesian words
and the finding of links (each tested on its own). It knows no words in disguise: what those are is
defined by `matcher.vocabulary` and has tests of its own. It has no automaton, no patterns and no
offsets: it tries every slice of the text, and every pair of spans for a window.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date

from matcher import Evasion, Ground, Pack, Rule
from matcher.affixes import forms
from matcher.fold import FOLD, HAN, LOOKALIKES, STRICT, evasions, is_spaceless, script_of
from matcher.links import host_of, hosts, normal_host, opaque_spans
from matcher.pack import InForce, LegalGround

type Match = tuple[int, int, str, tuple[str, ...]]
"""Start, end, term, evasion."""

type Span = tuple[str, int, int, str, tuple[str, ...]]
"""Part, start, end, term, evasion."""

type Found = tuple[str, str, tuple[Span, ...]]
"""Pack, rule, and spans."""

DIGITS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
APOSTROPHES = "'’‘‛ʹʻʼʽ`´＇"


PACK = """\
id: one-time-codes
version: 3
title: Theft of one-time codes
why: Whoever passes on a code gives away an account.
category: SCAMS_AND_FRAUD
keywords: [PHISHING]
ground: illegal
legal_ground: {text: Fraud, url: "https://law.example/1"}
languages: [en, id]
owner: trust@provider.example
in_force: {from: 2026-11-01, until: 2027-04-30}
rules:
  - id: asks-for-code
    severity: high
    why: Asks for a code.
    all:
      - [otp, login code]
      - [send me]
    within: 12
    except: [otp bank]
    unless: [never share]
    match: [send me the otp, otp - send me]
    ignore: [send me my otp bank, "never share an otp, even if asked: send me"]
"""
"""A sound pack, as its author writes it."""


def pack_of(*rules: Rule) -> Pack:
    """A pack around some rules."""
    return Pack(
        id="a-pack",
        version=1,
        title="A pack",
        why="Tests.",
        category="SCAMS_AND_FRAUD",
        keywords=("PHISHING",),
        ground=Ground.ILLEGAL,
        legal_ground=LegalGround("A law", "https://law.example"),
        languages=("en",),
        owner="trust@provider.example",
        in_force=InForce(date(2026, 11, 1), date(2026, 11, 30)),
        rules=rules,
        digest="0" * 64,
    )


def find(packs: Sequence[Pack], text: str) -> list[Found]:
    """The hits of one text."""
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
    """The spans of a rule in a post, or None where it is not satisfied."""
    linked = [
        (name, *host[:2], *found)
        for name, url in post
        if name.startswith("links/") and (host := host_of(url))
        if (found := host_term(rule, host.name))
    ]
    satisfied = False
    spans: list[Span] = []
    texts = [part for part in post if not part[0].startswith("links/")]
    if all(name != "text" for name, _ in texts):
        texts.append(("text", ""))
    for name, text in texts:
        inside = spans_in(rule, text, served=bool(linked) and name == "text")
        if inside is not None:
            satisfied = True
            spans += [(name, *span) for span in inside]
            spans += linked if name == "text" else []
    order = {name: number for number, (name, _) in enumerate(post)}
    return tuple(sorted(spans, key=lambda s: (order[s[0]], *s[1:3]))) if satisfied else None


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


def spans_in(rule: Rule, text: str, *, served: bool) -> list[Match] | None:
    """The spans of the satisfied windows in one text; None if there is no such window."""
    groups = [matches_of(rule, group, text) for group in groups_of(rule)]
    if rule.links:
        named = [(host, host_term(rule, host.name)) for host in hosts(text)]
        groups.append([(*host[:2], *found) for host, found in named if found])
    excepted = matches_of(rule, rule.except_, text)
    groups = [
        [m for m in group if not any(e[0] <= m[0] and m[1] <= e[1] for e in excepted)]
        for group in groups
    ]
    places = [without_nested({m[:2] for m in group}) for group in groups]
    items = sorted(set().union(*places)) if places else []
    needed = [*zip(places, counts_of(rule), strict=True)][: -1 if served else None]

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


def groups_of(rule: Rule) -> list[tuple[str, ...]]:
    return [*rule.groups, rule.at_least.of] if rule.at_least else [*rule.groups]


def counts_of(rule: Rule) -> list[int]:
    """How many spans each group needs."""
    counts = [1] * len(rule.groups)
    counts += [rule.at_least.n] if rule.at_least else []
    return counts + [1] * bool(rule.links)


def ordered(rule: Rule, group: list[Match]) -> Iterator[tuple[int, Match]]:
    """Each match with the place of its term in the group."""
    for match in group:
        at = [terms.index(match[2]) for terms in groups_of(rule) if match[2] in terms]
        yield (min(at) if at else 0), match


def is_cancelled(
    rule: Rule, window: Sequence[tuple[int, int]], cancelling: list[tuple[int, int]]
) -> bool:
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
    if link:
        number = count(folded(text, link.start))
        return number, number
    plain = FOLD[ord(text[start])]
    to_first_letter = plain[: len(plain) - len(plain.lstrip()) + 1]
    return count(folded(text, start) + to_first_letter) - 1, count(folded(text, end)) - 1


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


def is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def matches_of(rule: Rule, terms: Sequence[str], text: str) -> list[Match]:
    """Every slice of a text that is one of the terms, as (start, end, term, evasion)."""
    return [
        (start, end, term, worn(text[start:end], literal_of(form)))
        for term in terms
        for form in (forms(term) if rule.affixes else [term])
        if squeeze(translate(literal_of(form), FOLD)) in squeeze(translate(text, FOLD))
        for start in range(len(text))
        for end in range(start + 1, len(text) + 1)
        if is_term(form, text, start, end, rule.exact)
    ]


def worn(slice_: str, literal: str) -> tuple[str, ...]:
    """What a slice wears, and whether it is simplified where the term is not."""
    kinds = set(evasions(slice_, literal))
    if any(c in HAN for c in set(translate(literal, STRICT)) - set(translate(slice_, STRICT))):
        kinds.add(Evasion.HAN)
    return tuple(sorted(kinds))


def literal_of(term: str) -> str:
    return term.strip().removeprefix("*").removesuffix("*")


def is_term(term: str, text: str, start: int, end: int, exact: bool) -> bool:
    slice_, literal = text[start:end], literal_of(term)
    if not FOLD[ord(text[start])].strip() or squeeze(translate(slice_, FOLD)) != squeeze(
        translate(literal, FOLD)
    ):
        return False
    if any(o.start < end and start < o.end for o in opaque_spans(text)):
        return False
    if not is_trimmed(text, start, end) or not gaps_allowed(slice_, literal):
        return False
    last = max(at for at in range(start, end) if FOLD[ord(text[at])])
    if not term.strip().startswith("*") and not opens(text, start):
        return False
    if not term.strip().endswith("*") and not closes(text, last):
        return False
    if exact and bare(slice_) != bare(literal):
        return False
    return letters_allowed(text, start, end, literal)


def translate(text: str, table: dict[int, str]) -> str:
    return text.translate(table)


def squeeze(plain: str) -> str:
    return " ".join(plain.split())


def bare(text: str) -> str:
    cased = unicodedata.normalize("NFC", text).casefold()
    return "".join(char for char in cased if FOLD[ord(char)] != " ")


def is_trimmed(text: str, start: int, end: int) -> bool:
    """Whether a slice ends with a letter and all the dropped marks on it."""
    kept = end
    while kept > start and not FOLD[ord(text[kept - 1])]:
        if not is_mark(text[kept - 1]):
            return False
        kept -= 1
    more = end < len(text) and not FOLD[ord(text[end])] and is_mark(text[end])
    return bool(FOLD[ord(text[kept - 1])].strip()) and not more


def gaps_allowed(slice_: str, literal: str) -> bool:
    """Letters of spaceless scripts that touch in the term touch in the text."""
    return all(
        not tight or not gap for tight, gap in zip(touching(literal), gaps(slice_), strict=True)
    )


def units(text: str) -> list[tuple[int, str]]:
    """The kept characters of a text that are no signs."""
    return [(at, c) for at, c in enumerate(text) if FOLD[ord(c)].strip()]


def split_between(text: str, left: tuple[int, str], right: tuple[int, str]) -> bool:
    """Whether two neighbouring characters belong to two words."""
    joined = (
        FOLD[ord(left[1])] + translate(text[left[0] + 1 : right[0]], FOLD) + FOLD[ord(right[1])]
    )
    return (
        len(joined.split()) > len(FOLD[ord(left[1])].split()) + len(FOLD[ord(right[1])].split()) - 1
    )


def touching(literal: str) -> list[bool]:
    """For each gap between words of a term, whether a text may not part them."""
    out = []
    for (a, x), (b, y) in itertools.pairwise(units(literal)):
        if split_between(literal, (a, x), (b, y)):
            apart = any(FOLD[ord(c)] for c in literal[a + 1 : b])
            out.append(is_spaceless(x) and is_spaceless(y) and not apart)
    return out


def gaps(text: str) -> list[bool]:
    """For each gap between words of a slice, whether signs or spaces stand in it."""
    return [
        any(FOLD[ord(c)] for c in text[a + 1 : b])
        for (a, x), (b, y) in itertools.pairwise(units(text))
        if split_between(text, (a, x), (b, y))
    ]


def kept_before(text: str, at: int) -> int:
    return next((i for i in range(at - 1, -1, -1) if FOLD[ord(text[i])]), -1)


def opens(text: str, start: int) -> bool:
    """Whether a word begins at a place."""
    before = kept_before(text, start)
    if before < 0 or any(o.start <= before < o.end for o in opaque_spans(text)):
        return True
    if text[before] in APOSTROPHES:
        letter = kept_before(text, before)
        return not (letter >= 0 and is_letter_of_spaced(text[letter]))
    return (FOLD[ord(text[before])] + FOLD[ord(text[start])]).count(" ") > 0


def is_letter_of_spaced(char: str) -> bool:
    return char.isalpha() and not is_spaceless(char) and FOLD[ord(char)] != " "


def closes(text: str, last: int) -> bool:
    """Whether a word ends with a place."""
    after = next((i for i in range(last + 1, len(text)) if FOLD[ord(text[i])]), len(text))
    if after == len(text) or any(o.start <= after < o.end for o in opaque_spans(text)):
        return True
    if is_spaceless(text[last]) and is_spaceless(text[after]) and is_mark(text[after]):
        return False
    return (FOLD[ord(text[last])] + FOLD[ord(text[after])]).count(" ") > 0


def letters_allowed(text: str, start: int, end: int, literal: str) -> bool:
    """Letters that only resemble the term's are of another script, and no word of that script."""
    own = translate(literal, STRICT).replace(" ", "")
    seen = [
        (at, plain)
        for at in range(start, end)
        for plain in translate(text[at], STRICT).replace(" ", "")
    ]
    for (at, plain), letter in zip(seen, own, strict=True):
        if plain == letter:
            continue
        if plain in HAN or letter in HAN:
            if HAN.get(plain, plain) not in (plain, letter):
                return False
            continue
        script, other = script_of(plain), script_of(letter)
        if script == other:
            return False
        scripts = {script_of(c) for c in translate(word_around(text, at), STRICT)} - {None}
        twins = {twin for char, twin in LOOKALIKES.items() if script_of(char) == other}
        telling = set(translate(text, STRICT)) - twins - set(LOOKALIKES)
        if len(scripts) == 1 and scripts & {script_of(c) for c in telling}:
            return False
    return True


def word_around(text: str, at: int) -> str:
    start, end = at, at + 1
    while start > 0 and " " not in FOLD[ord(text[start - 1])] + FOLD[ord(text[start])]:
        start -= 1
    while end < len(text) and " " not in FOLD[ord(text[end])] + FOLD[ord(text[end - 1])]:
        end += 1
    return text[start:end]
