"""Why a text hits a rule, and why it does not."""

from collections.abc import Iterator, Sequence

from authoring.reasons import met_in, why_not
from matcher import Hit, Matcher, Pack, Rule
from matcher.hit import Span
from matcher.text.fold import fold


def explain(packs: Sequence[Pack], text: str) -> Iterator[str]:
    """Lines that tell how a text is compared, what hits it and why, what nearly does and why not.

    A rule is spoken of when at least one of its groups is met; under it stand the terms that are.
    """
    yield f"compared as: {fold(text).strip() or '(no words)'}"
    hits = Matcher(packs).find(text)
    for hit in hits:
        yield f"HIT {hit.pack}/{hit.rule} ({hit.mode}, {hit.severity})"
        yield from _spans(hit, text)
    hitting = {(hit.pack, hit.rule) for hit in hits}
    for pack in packs:
        for rule in pack.rules:
            if (pack.id, rule.id) not in hitting and (why := why_not(pack, rule, text)):
                yield f"no  {pack.id}/{rule.id}: {why}"
                yield from _met(pack, rule, text)
    if not hits:
        yield "no rule hits this text"


def _spans(hit: Hit, text: str) -> Iterator[str]:
    for span in hit.spans:
        yield f"    {_found(span, text)}"


def _met(pack: Pack, rule: Rule, text: str) -> Iterator[str]:
    for span, exception in met_in(pack, rule, text):
        dropped = f", dropped by the exception {exception!r}" if exception else ""
        yield f"    {_found(span, text)}{dropped}"


def _found(span: Span, text: str) -> str:
    seen = f" through {', '.join(map(str, span.evasion))}" if span.evasion else ""
    found = text[span.start : span.end]
    return f"{span.start}-{span.end} {found!r} is the term {span.term!r}{seen}"
