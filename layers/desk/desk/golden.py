"""Golden cards: the published examples of packs, whose answer is known, for training.

A pack's `match` examples are to be confirmed, its `ignore` examples dismissed. They are public and
invented, so a card of them teaches what a rule means without a real post.
"""

from collections.abc import Iterable

from desk.items import Dossier, Item, ItemKind, OpenFinding, RuleFacts, rule_name
from ledger.records.finding import Finding, FoundSpan
from ledger.records.identity import digest
from rules.pack import Pack, Rule

SINCE = "1970-01-01T00:00:00Z"
PER_RULE = 2
"""Examples of each kind and rule that become cards."""


def golden_dossiers(packs: Iterable[Pack], provider: str) -> list[Dossier]:
    """Return the examples of packs as cards, in an order that gives no answer away."""
    made = [
        _dossier(pack, rule, text, answer, provider)
        for pack in packs
        for rule in pack.rules
        for answer, texts in (("confirmed", rule.match), ("dismissed", rule.ignore))
        for text in texts[:PER_RULE]
    ]
    return sorted(made, key=lambda dossier: dossier.item.key)


def _dossier(pack: Pack, rule: Rule, text: str, answer: str, provider: str) -> Dossier:
    key = digest("golden", pack.id, rule.id, text)
    finding = Finding(
        finding=key, provider=provider, post="", account="-", published_at=SINCE, found_at=SINCE,
        pack=pack.id, version=pack.version, set="", rule=rule.id, mode="live",
        category=pack.category_of(rule), severity=rule.severity.value,
        spans=(FoundSpan("text", 0, 0, ""),), unit="",
    )  # fmt: skip
    item = Item(
        key, ItemKind.GOLDEN, SINCE, category=finding.category, rules=(f"{pack.id}/{rule.id}",)
    )
    facts = RuleFacts.of(pack, rule.id, "")
    return Dossier(
        item, (OpenFinding(finding, text),), rules=((rule_name(finding), facts),), answer=answer
    )
