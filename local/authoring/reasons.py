"""Why a rule does not hit a text: which terms are met, and what decides against them."""

from typing import Any, NamedTuple

from msgspec import structs

from matcher.engine import Matcher
from matcher.hit import Span
from rules.pack import Pack, Rule

_LOOSER: dict[str, dict[str, Any]] = {
    "unless": {"unless": ()},
    "except": {"except_": ()},
    "within": {"within": None},
}
"""What can keep a rule whose groups are all met from hitting, and the change that takes it out."""


class Met(NamedTuple):
    """A term that stands in a text, and the exception that it lies in, if any."""

    span: Span
    exception: str | None


def met_in(pack: Pack, rule: Rule, text: str) -> list[Met]:
    """The terms of a rule's groups that stand in a text, in the order of groups and text.

    Of terms inside one another, those of one group show the longest only.
    """
    return [
        Met(span, _holder(_spans(pack, rule, rule.except_, text), span))
        for group in _groups(rule)
        for span in _spans_of(pack, group, text)
    ]


def why_not(pack: Pack, rule: Rule, text: str) -> str:
    """What decides against a rule that does not hit; nothing where no term of it is met."""
    groups = _groups(rule)
    if not any(_spans_of(pack, group, text) for group in groups):
        return ""
    missing = [_missing(pack, group, text) for group in groups if not _hits(pack, group, text)]
    if missing:
        return " and ".join(missing)
    for key, change in _LOOSER.items():
        if _hits(pack, structs.replace(rule, **change), text):
            return _decided(pack, rule, key, text)
    decided = [_decided(pack, rule, key, text) for key in _LOOSER]
    return "; ".join(filter(None, decided)) + "; each is enough"


def _decided(pack: Pack, rule: Rule, key: str, text: str) -> str:
    if key == "within":
        far = f"its terms stand more than {rule.within} words apart (`within`)"
        return "" if rule.within is None else far
    if key == "unless":
        near = dict.fromkeys(span.term for span in _spans(pack, rule, rule.unless, text))
        return f"{_quoted(near)} in `unless` stands near" if near else ""
    held = {m.exception: m.span.term for m in met_in(pack, rule, text) if m.exception}
    return " and ".join(f"the exception `{by}` holds `{term}`" for by, term in held.items())


def _missing(pack: Pack, group: Rule, text: str) -> str:
    terms = group.groups[0] if group.groups else group.links
    if group.at_least:
        found = len(_spans_of(pack, group, text))
        shown, needed = _shown(group.at_least.of), group.at_least.n
        return f"only {found} of the {needed} that `at_least` needs of {shown}"
    return f"nothing of {_shown(terms)}"


def _shown(terms: tuple[str, ...]) -> str:
    return f"[{', '.join(terms[:4])}{', …' if len(terms) > 4 else ''}]"


def _quoted(terms: dict[str, None]) -> str:
    return ", ".join(f"`{term}`" for term in terms)


def _groups(rule: Rule) -> list[Rule]:
    """Each group of a rule as a rule of its own, without what could keep it from hitting."""
    bare = structs.replace(rule, groups=(), at_least=None, links=(), within=None)
    bare = structs.replace(bare, except_=(), unless=())
    groups = [structs.replace(bare, groups=(group,)) for group in rule.groups]
    groups += [structs.replace(bare, at_least=rule.at_least)] if rule.at_least else []
    return groups + ([structs.replace(bare, links=rule.links)] if rule.links else [])


def _spans_of(pack: Pack, group: Rule, text: str) -> tuple[Span, ...]:
    """The spans of one group, also of one that counts and finds too few."""
    if group.at_least:
        group = structs.replace(group, groups=(group.at_least.of,), at_least=None)
    return _hits(pack, group, text)


def _spans(pack: Pack, rule: Rule, phrases: tuple[str, ...], text: str) -> tuple[Span, ...]:
    """Where phrases of `except` or `unless` stand."""
    [group] = _groups(structs.replace(rule, groups=(phrases,), at_least=None, links=()))
    return _hits(pack, group, text)


def _holder(phrases: tuple[Span, ...], span: Span) -> str | None:
    for phrase in phrases:
        if phrase.start <= span.start and span.end <= phrase.end:
            return phrase.term
    return None


def _hits(pack: Pack, rule: Rule, text: str) -> tuple[Span, ...]:
    """The spans of one rule in a text; none where it does not hit."""
    found = Matcher([structs.replace(pack, rules=(rule,))]).find(text)
    return found[0].spans if found else ()
