"""The JSON Schema of a pack as its author writes it, for editors; made from what the reader asks.

Limits: what needs a look at several fields (dates, examples, keywords beside a category's) only
`packs check` sees.
"""

from collections.abc import Collection
from typing import Any

from authoring.parse import CAMPAIGN, ID, LANGUAGE, PACK_KEYS, RULE_KEYS, URL, WORDS_IN_PART
from rules.categories import KEYWORDS, LINK_CATEGORIES, TERMS_ONLY
from rules.pack import (
    GROUPS_IN_RULE,
    MOST_AT_LEAST,
    RULES_IN_PACK,
    TERM_LENGTH,
    Affixes,
    Ground,
    Mode,
    Severity,
)

type Schema = dict[str, Any]

_OPTIONAL = {"mode", "campaign"}
_REQUIRED_OF_RULE = ("id", "severity", "why", "match", "ignore")
_GROUPS = ("all", "any", "at_least", "links")
_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_DAY: Schema = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
_TERM: Schema = {"type": "string", "minLength": 1, "maxLength": TERM_LENGTH}
_TERMS: Schema = {"type": "array", "items": _TERM, "minItems": 1}
_EXAMPLES: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 2}

_SAID = {
    "version": "Changed content needs a higher one.",
    "why": "What the public reads.",
    "category": "A code of the DSA transparency database, without its prefix.",
    "ground": "The law, or a provider's own terms.",
    "in_force": "First and last day, both included, UTC; 366 days at most.",
    "mode": "live proposes; shadow only counts.",
    "all": "Groups of terms, in any order; each must be met.",
    "any": "One group of terms.",
    "at_least": "A group that must be met at `n` places or more.",
    "links": "Host names with their subdomains and look-alikes; `~` means look-alikes alone.",
    "within": "Words between the end of the first and the start of the last; absent: anywhere.",
    "except": "Phrases inside which a term does not count.",
    "unless": "Context that cancels.",
    "exact": "Sees through no disguise.",
    "affixes": "id: the forms of an Indonesian or Malay word count as the word.",
    "match": "Examples that must be hit.",
    "ignore": "Examples that must not be hit.",
}


def pack_schema() -> Schema:
    """The schema, its keys in the order of the layout.

    >>> pack_schema()["title"], "within" in pack_schema()["$defs"]["rule"]["properties"]
    ('A pack of Terang', True)
    """
    fields = {
        "id": _string(ID),
        "version": {"type": "integer", "minimum": 1},
        "title": {**_TEXT, "maxLength": 400},
        "why": _TEXT,
        "category": {"enum": sorted(KEYWORDS)},
        "keywords": {"type": "array", "items": {"enum": _keywords()}, "minItems": 1},
        "ground": {"enum": list(Ground)},
        "legal_ground": _mapping({"text": _TEXT, "url": _string(URL)}),
        "languages": {"type": "array", "items": _string(LANGUAGE), "minItems": 1},
        "owner": _TEXT,
        "in_force": _mapping({"from": _DAY, "until": _DAY}),
        "mode": {"enum": list(Mode)},
        "campaign": _string(CAMPAIGN),
        "rules": {
            "type": "array",
            "items": {"$ref": "#/$defs/rule"},
            "minItems": 1,
            "maxItems": RULES_IN_PACK,
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A pack of Terang",
        **_mapping(_said(fields, PACK_KEYS), optional=_OPTIONAL),
        "allOf": [_fitting(category, words) for category, words in sorted(KEYWORDS.items())],
        "$defs": {"rule": _rule()},
    }


def _rule() -> Schema:
    fields = {
        "id": _string(ID),
        "severity": {"enum": list(Severity)},
        "why": _TEXT,
        "all": {"type": "array", "items": _TERMS, "minItems": 1, "maxItems": GROUPS_IN_RULE},
        "any": _TERMS,
        "at_least": _mapping(
            {"n": {"type": "integer", "minimum": 2, "maximum": MOST_AT_LEAST}, "of": _TERMS}
        ),
        "links": {"type": "array", "items": _TEXT, "minItems": 1},
        "within": {"type": "integer", "minimum": 0, "maximum": WORDS_IN_PART},
        "except": _TERMS,
        "unless": _TERMS,
        "exact": {"type": "boolean"},
        "affixes": {"enum": list(Affixes)},
        "match": _EXAMPLES,
        "ignore": _EXAMPLES,
    }
    said = _said(fields, RULE_KEYS)
    return {
        **_mapping(said, optional=said.keys() - _REQUIRED_OF_RULE),
        "anyOf": [{"required": [key]} for key in _GROUPS],
        "not": {"required": ["all", "any"]},
    }


def _fitting(category: str, keywords: tuple[str, ...]) -> Schema:
    """What a pack of one category may and must hold besides."""
    then: Schema = {"keywords": {"items": {"enum": list(keywords)}}}
    if category in TERMS_ONLY:
        then["ground"] = {"const": Ground.TERMS}
    if category not in LINK_CATEGORIES:
        then["rules"] = {"items": {"not": {"required": ["links"]}}}
    return {"if": {"properties": {"category": {"const": category}}}, "then": {"properties": then}}


def _keywords() -> list[str]:
    return sorted({keyword for keywords in KEYWORDS.values() for keyword in keywords})


def _said(fields: dict[str, Schema], keys: tuple[str, ...]) -> dict[str, Schema]:
    """The fields in the order of keys, with what is said of them."""
    return {
        key: {**fields[key], **({"description": _SAID[key]} if key in _SAID else {})}
        for key in keys
    }


def _string(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^{pattern}$"}


def _mapping(fields: dict[str, Schema], optional: Collection[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": [key for key in fields if key not in optional],
        "additionalProperties": False,
    }
