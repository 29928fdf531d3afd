"""Explains why a text hits a rule or not: its terms, and the part of the rule that decides.

It also tells what rules hit only because of a way to get in touch, which half of all lawful offers
have too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import Any, NamedTuple

from msgspec import structs

from authoring.advice import why_unprotected
from matcher.engine import Matcher
from matcher.fold import fold
from matcher.hit import Hit, Span
from matcher.part_signs import SCRIPTS, passes, word_lists, words_of
from rules.law import deciding, fee_of, letters_of, proves
from rules.pack import Pack, PackFile, Problem, Rule
from rules.pack_parts import LOWEST_SUM, Gate, Score

_LOOSER: dict[str, dict[str, Any]] = {
    "unless": {"unless": ()},
    "except": {"except_": ()},
    "within": {"within": None},
}
"""Keys that can keep a rule from hitting though its groups are met, and the change without each."""

NEAREST = 3
"""Misses that are shown unless all are asked for."""

SHOWN_TERMS = 4

NOTHING_ALONE = "no term alone: without any one of them the score is still high enough"

NO_PROOF = "numbers, links and names alone: not counted; a word or a sign of dress is missing"


def deciding_terms(hit: Hit) -> tuple[str, ...]:
    """Return the terms and signs that a scored hit needs; empty for other hits."""
    weights = [(span.term, span.weight) for span in hit.spans if span.weight is not None]
    return deciding(weights, hit.threshold or 0, hit.score or 0)


def explain(packs: Sequence[Pack], text: str, misses: int = NEAREST) -> Iterator[str]:
    """Yield lines that explain how a text is compared, which rules hit it, and which nearly do.

    Of the other rules the nearest `misses` are listed: with the terms that are in the text, or with
    their sum.
    """
    yield f"compared as: {fold(text).strip() or '(no words)'}"
    seen, at_once = _seen(packs, text)
    hits = list(_hits_among(seen, packs)) if at_once else Matcher(packs).find(text)
    why_shadow = {pack.id: f"    {why}" for pack in packs if (why := why_unprotected(pack))}
    for hit in hits:
        score = "" if hit.score is None else f": score {hit.score}, it needs {hit.threshold}"
        yield f"HIT {hit.pack}/{hit.rule} ({hit.mode}, {hit.severity}){score}"
        yield from filter(None, [why_shadow.get(hit.pack)])
        yield from (f"    {line}" for line in _shown_reasons(hit, text))
        if hit.score is not None:
            yield f"    decided by: {', '.join(deciding_terms(hit)) or NOTHING_ALONE}"
    hitting = {(hit.pack, hit.rule) for hit in hits}
    nearly = [
        (_nearness(pack, rule, text, seen), f"no  {pack.id}/{rule.id}: {why}", pack, rule)
        for pack in packs
        for rule in pack.rules
        if (pack.id, rule.id) not in hitting and (why := why_not(pack, rule, text, seen))
    ]
    nearly.sort(key=lambda miss: -miss[0])
    for _, line, pack, rule in nearly[:misses]:
        yield line
        yield from _met(pack, rule, text, seen)
    if len(nearly) > misses:
        yield f"{len(nearly) - misses} more rules do not hit: --all shows them"
    if not hits:
        yield "no rule hits this text"


type _Seen = dict[tuple[str, str], Hit]
"""What a text has of rules, by pack and rule: the sums of scored rules, the terms of others."""


def _seen(packs: Sequence[Pack], text: str) -> tuple[_Seen, bool]:
    """Look for all that packs have in a text, and say whether one matcher could do it.

    In it, scored rules have no threshold, and the groups of other rules follow as rules, with their
    number after a slash. If that takes too much work, rules are tried one by one.
    """
    loose = []
    for pack in packs:
        rules = list(pack.rules)
        for rule in pack.rules:
            if not (rule.score or rule.copies):
                groups = enumerate(map(_uncounted, _groups(rule)))
                rules += (structs.replace(group, id=f"{rule.id}/{at}") for at, group in groups)
        every = structs.replace(pack, rules=tuple(rules))
        loose.append(every.with_thresholds(lambda _: LOWEST_SUM))
    [result] = Matcher(loose).results([(("text", text),)])
    seen = {(hit.pack, hit.rule): hit for hit in result.hits}
    alone = [structs.replace(pack, rules=(rule,)) for pack in packs for rule in pack.rules]
    for each in alone if result.partly_read and len(alone) > 1 else ():
        seen |= _seen([each], text)[0]
    return seen, not result.partly_read


def _hits_among(seen: _Seen, packs: Iterable[Pack]) -> Iterator[Hit]:
    """Yield the hits of the packs, as their matcher finds them."""
    for pack in sorted(packs, key=lambda pack: pack.id):
        for rule in pack.rules:
            least = rule.score.threshold if rule.score else None
            hit = seen.get((pack.id, rule.id))
            if hit and (least is None or (hit.score or 0) >= least):
                yield structs.replace(hit, threshold=least)


def _nearness(pack: Pack, rule: Rule, text: str, seen: _Seen) -> float:
    """Return how near a rule is to a hit: the share of its threshold or of its groups, 0 to 1."""
    if rule.copies:
        return 0
    if rule.score:
        found = seen.get((pack.id, rule.id))
        return min(max((found.score or 0) / rule.score.threshold, 0), 1) if found else 0
    groups = _groups(rule)
    return sum(1 for group in groups if _spans_in(pack, group, text)) / len(groups)


def _met(pack: Pack, rule: Rule, text: str, seen: _Seen) -> Iterator[str]:
    if rule.score:
        found = seen.get((pack.id, rule.id))
        yield from (f"    {line}" for line in (_shown_reasons(found, text) if found else ()))
        return
    for span, exception in met_in(pack, rule, text):
        dropped = f", dropped by the exception {exception!r}" if exception else ""
        yield f"    {_shown_span(span, text)}{dropped}"


def _shown_reasons(hit: Hit, text: str) -> Iterator[str]:
    """Yield the spans of a hit, then what the law of scoring makes of them, so that they add up."""
    yield from (_shown_span(span, text) for span in hit.spans)
    letters = letters_of(fold(text))
    if _is_proven(hit) and (fee := fee_of(letters)):
        yield f"{-fee:+d}  length: {letters} letters"


def _is_proven(hit: Hit) -> bool:
    return any(proves(span.term, span.weight or 0) for span in hit.spans)


def _shown_span(span: Span, text: str) -> str:
    seen = f" through {', '.join(map(str, span.evasion))}" if span.evasion else ""
    shown = text[span.start : span.end]
    weight = "" if span.weight is None else f"{span.weight:+d}  "
    kind = f"sign {span.term}" if span.is_sign else f"term {span.term!r}"
    return f"{weight}{span.start}-{span.end} {shown!r} is the {kind}{seen}"


class Met(NamedTuple):
    """A term in a text, and the exception that it lies in, if any."""

    span: Span
    exception: str | None


def met_in(pack: Pack, rule: Rule, text: str) -> list[Met]:
    """Return the terms of a rule that are in a text, in the order of groups and text.

    Of terms of one group inside one another, only the longest is returned.
    """
    return [
        Met(span, _holder(_spans(pack, rule, rule.except_, text), span))
        for group in _groups(rule)
        for span in _spans_in(pack, _uncounted(group), text)
    ]


def why_not(pack: Pack, rule: Rule, text: str, seen: _Seen | None = None) -> str:
    """Return the reason why a rule does not hit a text; empty if the text has none of its terms.

    A scored rule always has a reason: its sum. So has a rule of copies, which cannot be tried here.
    `seen` is what the text has of this and other rules, if that is known.
    """
    if rule.copies:
        return f"it finds near copies of posts that people confirmed as `{rule.copies}`: not tried"
    if seen is None:
        seen, _ = _seen([structs.replace(pack, rules=(rule,))], text)
    if rule.score:
        return _why_too_low(pack, rule, rule.score, text, seen)
    groups = _groups(rule)
    if not any((pack.id, f"{rule.id}/{at}") in seen for at, _ in enumerate(groups)):
        return ""
    missing = [_missing(pack, group, text) for group in groups if not _spans_in(pack, group, text)]
    if missing:
        return " and ".join(missing)
    for key, change in _LOOSER.items():
        if _spans_in(pack, structs.replace(rule, **change), text):
            return _reason(pack, rule, key, text)
    reasons = [_reason(pack, rule, key, text) for key in _LOOSER]
    return "; ".join(filter(None, reasons)) + "; each is enough"


def _why_too_low(pack: Pack, rule: Rule, score: Score, text: str, seen: _Seen) -> str:
    found = seen.get((pack.id, rule.id))  # a gate may keep the rule from being read
    why = f"score {found.score if found else 0}, it needs {score.threshold}"
    phrases = {"unless": rule.unless, "except": rule.except_}
    cancelled = [
        f"{_quoted(terms)} in `{key}` makes it 0"
        for key, given in phrases.items()
        if (terms := dict.fromkeys(span.term for span in _spans(pack, rule, given, text)))
    ]
    if found and sum(span.weight or 0 for span in found.spans) > 0 and not _is_proven(found):
        cancelled.append(NO_PROOF)
    if score.reads and not passes(text, score.reads):
        cancelled.append("the text has not the script or words that `reads` asks for: it scores 0")
    return "; ".join([why, *cancelled])


def _reason(pack: Pack, rule: Rule, key: str, text: str) -> str:
    if key == "within":
        far = f"its terms are more than {rule.within} words apart (`within`)"
        return "" if rule.within is None else far
    if key == "unless":
        near = dict.fromkeys(span.term for span in _spans(pack, rule, rule.unless, text))
        return f"{_quoted(near)} in `unless` is near" if near else ""
    met = met_in(pack, rule, text)
    exceptions = {term.exception: term.span.term for term in met if term.exception}
    return " and ".join(f"the exception `{by}` holds `{term}`" for by, term in exceptions.items())


def _missing(pack: Pack, group: Rule, text: str) -> str:
    terms = group.groups[0] if group.groups else group.links
    if group.at_least:
        found = len(_spans_in(pack, _uncounted(group), text))
        shown, needed = _shown(group.at_least.of, text), group.at_least.n
        return f"only {found} of the {needed} that `at_least` needs of {shown}"
    return f"none of {_shown(terms, text)}"


def _shown(terms: tuple[str, ...], text: str) -> str:
    """Return the first terms, those in the text's own script and language before the others."""
    if len(terms) > SHOWN_TERMS:
        terms = tuple(sorted(terms, key=partial(_strangeness, text)))
    return f"[{', '.join(terms[:SHOWN_TERMS])}{', …' if len(terms) > SHOWN_TERMS else ''}]"


def _strangeness(text: str, term: str) -> int:
    """Return 0 for a term with a common word of the text's language, 2 for one of another.

    A term of another script is strange too; one that no list of words knows is in between.
    """
    if any(passes(text, Gate(script)) != passes(term, Gate(script)) for script in SCRIPTS):
        return 2
    words = {language: words_of(language) for language in word_lists()}
    in_text, in_term = set(fold(text).split()), set(fold(term).split())
    language = max(words, key=lambda name: len(words[name] & in_text))
    if not words[language] & in_text:
        return 1
    others = set().union(*(words[name] for name in words if name != language)) - words[language]
    return 0 if words[language] & in_term else 2 if others & in_term else 1


def _quoted(terms: dict[str, None]) -> str:
    return ", ".join(f"`{term}`" for term in terms)


def _groups(rule: Rule) -> list[Rule]:
    """Return each group as a rule of its own, without what could keep it from hitting."""
    bare = structs.replace(rule, groups=(), at_least=None, links=(), within=None, score=None)
    bare = structs.replace(bare, except_=(), unless=())
    groups = [structs.replace(bare, groups=(group,)) for group in rule.groups]
    groups += [structs.replace(bare, at_least=rule.at_least)] if rule.at_least else []
    return groups + ([structs.replace(bare, links=rule.links)] if rule.links else [])


def _uncounted(group: Rule) -> Rule:
    """Return a group that any term meets, if it counts terms."""
    if group.at_least is None:
        return group
    return structs.replace(group, groups=(group.at_least.of,), at_least=None)


def _spans(pack: Pack, rule: Rule, phrases: tuple[str, ...], text: str) -> tuple[Span, ...]:
    """Return where phrases of `except` or `unless` are."""
    [group] = _groups(structs.replace(rule, groups=(phrases,), at_least=None, links=()))
    return _spans_in(pack, group, text)


def _holder(phrases: tuple[Span, ...], span: Span) -> str | None:
    holding = (each for each in phrases if each.start <= span.start and span.end <= each.end)
    return next((phrase.term for phrase in holding), None)


def _spans_in(pack: Pack, rule: Rule, text: str) -> tuple[Span, ...]:
    """Return the spans of one rule in a text; empty if it does not hit."""
    hits = Matcher([structs.replace(pack, rules=(rule,))]).find(text)
    return hits[0].spans if hits else ()


CONTACTS = (
    "Contact me, hubungi, 联系:",
    "@name",
    "name@host.example",
    "https://host.example/page",
    "https://t.me/name",
    "+44 7700 900123",
    "07700900123",
)
"""Ways to get in touch."""

_ALL = f" {' '.join(CONTACTS)}"


@dataclass(slots=True)
class HitBesideContacts:
    """How many ordinary texts a rule hits once contacts follow, with the first and its terms."""

    text: str
    terms: str
    count: int = 0

    def message(self, texts: int) -> str:
        """Return what to tell the author of the rule, given how many texts were tried."""
        return (
            f"hits {self.count:,} of {texts:,} ordinary texts once ways to get in touch follow; a "
            f"contact proves nothing, so ask for more beside {self.terms}: {self.text}"
        )


def hits_beside_contacts(
    matcher: Matcher, texts: Iterable[str]
) -> dict[tuple[str, str], HitBesideContacts]:
    """Return by pack and rule what is hit of ordinary texts once contacts follow.

    Scored rules are left out: there, a contact is one weight of many.
    """
    found: dict[tuple[str, str], HitBesideContacts] = {}
    for some in batched(texts, 1_000):
        tried = zip(some, matcher.find_all([text + _ALL for text in some]), strict=True)
        for text, hit in ((text, hit) for text, hits in tried for hit in hits if hit.score is None):
            own = dict.fromkeys(f"`{span.term}`" for span in hit.spans if span.end <= len(text))
            first = HitBesideContacts(text, ", ".join(own))
            found.setdefault((hit.pack, hit.rule), first).count += 1
    return found


def contact_warnings(file: PackFile, texts: Sequence[str]) -> Iterator[Problem]:
    """Yield the rules of a pack that a contact alone hits, or ordinary texts with some."""
    matcher = Matcher([file.pack])
    for (_, rule), beside in hits_beside_contacts(matcher, texts).items():
        yield file.problem((rule,), beside.message(len(texts)), rule)
    alone: dict[str, str] = {}
    for contact, hits in zip(CONTACTS, matcher.find_all(CONTACTS), strict=True):
        for hit in hits:
            alone.setdefault(hit.rule, contact)
    for rule, contact in alone.items():
        message = f"`{contact}` alone is a hit; a way to get in touch is no sign of harm"
        yield file.problem((rule,), message, rule)
