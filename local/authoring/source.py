"""The fields of a pack as its author writes them: what each may hold.

`means` is the advice in a problem, and `check` is a function for the rules that a pattern cannot
express.

A pack as its author writes it: its keys, in the order in which `packs format` writes them.

`parse` reads YAML into these structs and reports each misfit with its line. `fields` has what a
value may be.

The JSON Schema of a pack, with which editors complete and check it.
"""

import re
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from authoring.wording import (
    host_problem,
    pinyin_problem,
    script_problem,
    sign_problem,
    term_problem,
    weighted_term_problem,
    words_problem,
)
from matcher.signs.catalogue import SIGNS
from matcher.signs.gates import SCRIPTS, word_lists
from rules.pack import (
    GROUPS_IN_RULE,
    MOST_AT_LEAST,
    MOST_EXPECTED,
    RULES_IN_PACK,
    TERM_LENGTH,
    Affixes,
    Ground,
    Mode,
    ProtectedSentences,
    Severity,
)
from rules.pack_parts import (
    KEYWORDS,
    LINK_CATEGORIES,
    MOST_THRESHOLD,
    TERMS_ONLY,
    WEIGHT,
    WEIGHTS_IN_LIST,
    HeldBack,
    OrdinaryPosts,
    PackCard,
    Reading,
    TrainingPosts,
)

ID = r"[a-z0-9][a-z0-9-]{2,39}"
ID_MEANS = "3 to 40 of a-z, 0-9 and -, and begin with a letter or digit"
_CAMPAIGN = rf"(?!\d{{4}}-\d{{2}}(-\d{{2}})?$){ID}"
_CAMPAIGN_MEANS = f"{ID_MEANS}, and not be a month or day, since those name other summaries"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _text(pattern: str, means: str) -> Meta:
    return Meta(pattern=f"^{pattern}$", extra={"means": means})


def _language_problem(written: str) -> str | None:
    if re.fullmatch(_LANGUAGE, written):
        return None
    return f"`{written}` is not a language code like en, id, zh-Hant"


Words = Annotated[str, Meta(pattern=r"\S", extra={"means": "some words"})]
Title = Annotated[
    str, _text(r".{0,199}\S.{0,199}", "one line of at most 200 letters"), Meta(max_length=400)
]
Id = Annotated[str, _text(ID, ID_MEANS)]
Campaign = Annotated[str, _text(_CAMPAIGN, _CAMPAIGN_MEANS)]
Link = Annotated[str, _text(r"https?://\S+", "a link: https://…")]
Digest = Annotated[str, _text(r"[0-9a-f]{64}", "64 of 0-9 and a-f")]
Day = Annotated[date, Meta(extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d$"})]
TermText = Annotated[str, Meta(min_length=1, max_length=TERM_LENGTH, extra={"check": term_problem})]
Terms = Annotated[list[TermText], Meta(min_length=1)]
WeightedTerm = Annotated[
    str, Meta(min_length=1, max_length=TERM_LENGTH, extra={"check": weighted_term_problem})
]
Weight = Annotated[int, Meta(ge=-WEIGHT, le=WEIGHT)]
SignId = Annotated[str, Meta(min_length=1, extra={"check": sign_problem})]
Weights = Annotated[dict[WeightedTerm, Weight], Meta(min_length=1, max_length=WEIGHTS_IN_LIST)]
SignWeights = Annotated[
    dict[SignId, Weight],
    Meta(
        min_length=1,
        max_length=WEIGHTS_IN_LIST,
        description="Each counts once a part.",
        extra_json_schema={"propertyNames": {"enum": sorted(SIGNS)}},
    ),
]
PinyinTerm = Annotated[str, Meta(min_length=1, extra={"check": pinyin_problem})]
PinyinWeights = Annotated[
    dict[PinyinTerm, Weight],
    Meta(
        min_length=1,
        max_length=WEIGHTS_IN_LIST,
        description="Syllables without tones (`jia-wei`): Han letters of these sounds count once.",
    ),
]
Threshold = Annotated[int, Meta(ge=1, le=MOST_THRESHOLD)]
Host = Annotated[str, Meta(pattern=r"\S", extra={"check": host_problem})]
Examples = Annotated[list[str], Meta(extra_json_schema={"minItems": 2})]
Language = Annotated[str, Meta(pattern=_LANGUAGE, extra={"check": _language_problem})]
Keyword = Annotated[
    str,
    Meta(extra_json_schema={"enum": sorted({word for some in KEYWORDS.values() for word in some})}),
]

WORDS_IN_PART = 65_536
"""The bound of `within`: a text has no more words than code points."""


class TitleSource(msgspec.Struct, forbid_unknown_fields=True):
    """A title in several languages."""

    en: Title
    id: Title | UnsetType = UNSET
    zh: Title | UnsetType = UNSET


class WordsSource(msgspec.Struct, forbid_unknown_fields=True):
    """An explanation in several languages."""

    en: Words
    id: Words | UnsetType = UNSET
    zh: Words | UnsetType = UNSET


class SignSource(msgspec.Struct, forbid_unknown_fields=True):
    """A sign in a group: `{sign: link}`."""

    sign: Annotated[
        str,
        Meta(
            description="The id of a sign.",
            extra={"check": sign_problem},
            extra_json_schema={"enum": sorted(SIGNS)},
        ),
    ]


GroupTerms = Annotated[list[TermText | SignSource], Meta(min_length=1)]


class LegalGroundSource(msgspec.Struct, forbid_unknown_fields=True):
    """The provision a pack rests on, and where to read it."""

    text: Annotated[str, Meta(pattern=r"\w\W*\w", extra={"means": "a law or clause by its name"})]
    url: Link


class OriginSource(msgspec.Struct, forbid_unknown_fields=True):
    """The published file that a pack was taken from, with the SHA-256 of that file."""

    url: Link
    sha256: Digest


class InForceSource(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """First and last day, both included, UTC; 366 days at most."""

    from_: Day
    until: Day


class AtLeastSource(msgspec.Struct, forbid_unknown_fields=True):
    """A group that must be met at `n` places or more."""

    n: Annotated[int, Meta(ge=2, le=MOST_AT_LEAST)]
    of: GroupTerms


class GateSource(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a text must look like to be scored."""

    script: (
        Annotated[
            str,
            Meta(
                description="Half of its letters are of this script. In Chinese a Han letter counts"
                " as five, in Han as one.",
                extra={"check": script_problem},
                extra_json_schema={"enum": sorted(SCRIPTS)},
            ),
        ]
        | UnsetType
    ) = UNSET
    words_of: (
        Annotated[
            str,
            Meta(
                description="It has a common word of this language, or at most four words.",
                extra={"check": words_problem},
                extra_json_schema={"enum": sorted(word_lists())},
            ),
        ]
        | UnsetType
    ) = UNSET


class ScoreSource(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Weights of terms and signs; the rule is satisfied from the sum `threshold` on."""

    threshold: Annotated[Threshold, Meta(description="The least sum that is a finding.")]
    high: (
        Annotated[Threshold, Meta(description="From this sum on, the severity is high.")]
        | UnsetType
    ) = UNSET
    reads: GateSource | UnsetType = UNSET
    terms: Annotated[Weights, Meta(description="Each counts once a part.")] | UnsetType = UNSET
    pinyin: PinyinWeights | UnsetType = UNSET
    signs: SignWeights | UnsetType = UNSET


class CopiesSource(msgspec.Struct, forbid_unknown_fields=True):
    """Near copies of posts on which a person confirmed a rule of this pack."""

    of: Annotated[Id, Meta(description="The rule that a person confirmed.")]
    mode: Annotated[Mode, Meta(description="live proposes; shadow only counts.")] = Mode.SHADOW


class RuleSource(
    msgspec.Struct,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"all_": "all", "any_": "any", "except_": "except"},
):
    """One rule, its fields in the order in which `packs format` writes them."""

    id: Id
    severity: Severity
    why: Words | WordsSource
    all_: (
        Annotated[
            list[GroupTerms],
            Meta(
                min_length=1,
                max_length=GROUPS_IN_RULE,
                description="Groups of terms and signs, in any order; each must be met.",
                extra={"means": "a list of groups, each a list; for one, use `any:`"},
            ),
        ]
        | UnsetType
    ) = UNSET
    any_: Annotated[GroupTerms, Meta(description="One group of terms and signs.")] | UnsetType = (
        UNSET
    )
    at_least: AtLeastSource | UnsetType = UNSET
    links: (
        Annotated[
            list[Host],
            Meta(
                min_length=1,
                description="Host names with their subdomains and look-alikes;"
                " `~` means look-alikes alone.",
            ),
        ]
        | UnsetType
    ) = UNSET
    within: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=WORDS_IN_PART,
                description="Words between the end of the first and the start of the last;"
                " absent: anywhere.",
            ),
        ]
        | UnsetType
    ) = UNSET
    score: ScoreSource | UnsetType = UNSET
    copies: CopiesSource | UnsetType = UNSET
    except_: (
        Annotated[Terms, Meta(description="Phrases inside which a term does not count.")]
        | UnsetType
    ) = UNSET
    unless: Annotated[Terms, Meta(description="Context that cancels.")] | UnsetType = UNSET
    exact: Annotated[bool, Meta(description="Sees through no disguise.")] = False
    affixes: (
        Annotated[
            Affixes,
            Meta(description="id: the forms of an Indonesian or Malay word count as the word."),
        ]
        | UnsetType
    ) = UNSET
    mode: (
        Annotated[Mode, Meta(description="shadow only counts; absent or live: as the pack.")]
        | UnsetType
    ) = UNSET
    match: Annotated[Examples, Meta(description="Examples that must be hit.")] | UnsetType = UNSET
    ignore: Annotated[Examples, Meta(description="Examples that must not be hit.")] | UnsetType = (
        UNSET
    )


class PackSource(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A pack, its fields in the order in which `packs format` writes them."""

    id: Id
    version: Annotated[int, Meta(ge=1, le=10**9, description="Changed content needs a higher one.")]
    title: Title | TitleSource
    why: Annotated[
        Words | WordsSource,
        Meta(description="What the public reads, in English or as {en: …, id: …, zh: …}."),
    ]
    category: Annotated[
        str,
        Meta(
            description="A code of the DSA transparency database, without its prefix.",
            extra_json_schema={"enum": sorted(KEYWORDS)},
        ),
    ]
    keywords: Annotated[list[Keyword], Meta(extra_json_schema={"minItems": 1})]
    ground: Annotated[Ground, Meta(description="The law, or a provider's own terms.")]
    legal_ground: LegalGroundSource
    languages: Annotated[list[Language], Meta(min_length=1)]
    owner: Words
    in_force: InForceSource
    mode: Annotated[Mode, Meta(description="live proposes; shadow only counts.")] = Mode.LIVE
    campaign: Campaign | UnsetType = UNSET
    expected_per_mille: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=MOST_EXPECTED,
                description="The share of a provider's posts that a rule may hit in a day before"
                " the flood guard holds it.",
            ),
        ]
        | UnsetType
    ) = UNSET
    card: (
        Annotated[
            PackCard, Meta(description="How scores were learned; without it, they run in shadow.")
        ]
        | UnsetType
    ) = UNSET
    origin: (
        Annotated[
            OriginSource,
            Meta(description="Where it was taken from; `packs pull` writes it, the page shows it."),
        ]
        | UnsetType
    ) = UNSET
    protected: list[ProtectedSentences] | UnsetType = UNSET
    rules: Annotated[list[RuleSource], Meta(min_length=1, max_length=RULES_IN_PACK)]


LANGUAGE_KEYS = WordsSource.__struct_fields__
PACK_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(PackSource))
CARD_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(PackCard))
LISTS = {
    "trained_on": TrainingPosts.__struct_fields__,
    "held_back": HeldBack.__struct_fields__,
    "ordinary": OrdinaryPosts.__struct_fields__,
    "read": Reading.__struct_fields__,
    "protected": ProtectedSentences.__struct_fields__,
}
"""The keys of a pack and its card that are lists of mappings, and the keys of these."""

SCORE_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(ScoreSource))
WEIGHTS_KEYS = ("terms", "pinyin", "signs")
NOT_WITH_SCORE = ("all", "any", "at_least", "links", "within")
"""The keys that a scored rule does not have."""

WITH_COPIES = ("id", "severity", "why", "copies")
"""The keys that a rule of copies has."""

RULE_KEYS = tuple(field.encode_name for field in msgspec.structs.fields(RuleSource))

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
