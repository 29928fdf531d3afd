"""The JSON Schema of a pack, with which editors complete and check it."""

from typing import Any

import msgspec

from authoring.source import NOT_WITH_SCORE, WEIGHTS_KEYS, WITH_COPIES, PackSource
from rules.categories import KEYWORDS, LINK_CATEGORIES, TERMS_ONLY
from rules.pack import Ground

type Schema = dict[str, Any]


def pack_schema() -> Schema:
    """Return the JSON Schema of a pack, its keys in the order of the layout.

    Limits: only `packs check` sees what needs a look at several fields, such as dates and examples.

    >>> schema = pack_schema()
    >>> schema["title"], "within" in schema["$defs"]["RuleSource"]["properties"]
    ('A pack of Terang', True)
    """
    schema = msgspec.json.schema(PackSource)
    definitions = schema["$defs"]
    for definition in definitions.values():
        definition.pop("title", None)  # the names of our classes
        if "properties" in definition:
            definition["additionalProperties"] = False
    for key in ("by_hand", "mistakes", "read"):
        definitions["PackCard"]["properties"][key].pop("default")
    definitions["PackSource"]["allOf"] = [
        _rules_of_category(category, words) for category, words in sorted(KEYWORDS.items())
    ]
    rule = definitions["RuleSource"]
    rule["if"] = {"required": ["copies"]}
    rule["then"] = {"propertyNames": {"enum": list(WITH_COPIES)}}
    rule["else"] = {
        "required": ["match", "ignore"],
        "anyOf": [{"required": [key]} for key in ("all", "any", "at_least", "links", "score")],
    }
    rule["not"] = {"required": ["all", "any"]}
    rule["dependentSchemas"] = {
        "score": {"not": {"anyOf": [{"required": [key]} for key in NOT_WITH_SCORE]}}
    }
    definitions["ScoreSource"]["anyOf"] = [{"required": [key]} for key in WEIGHTS_KEYS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A pack of Terang",
        **schema,
    }


def _rules_of_category(category: str, keywords: tuple[str, ...]) -> Schema:
    """Return the further limits on a pack of one category."""
    then: Schema = {"keywords": {"items": {"enum": list(keywords)}}}
    if category in TERMS_ONLY:
        then["ground"] = {"const": Ground.TERMS}
    if category not in LINK_CATEGORIES:
        then["rules"] = {"items": {"not": {"required": ["links"]}}}
    return {"if": {"properties": {"category": {"const": category}}}, "then": {"properties": then}}
