"""A pack as its author writes it: its keys, in the order in which `packs format` writes them.

`parse` reads YAML into these structs and reports each misfit with its line. `fields` has what a
value may be.
"""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from authoring.fields import (
    Campaign,
    Day,
    Digest,
    Examples,
    Host,
    Id,
    Keyword,
    Language,
    Link,
    PinyinWeights,
    SignWeights,
    Terms,
    TermText,
    Threshold,
    Title,
    Weights,
    Words,
)
from authoring.wording import script_problem, sign_problem, words_problem
from matcher.signs.catalogue import SIGNS
from matcher.signs.gates import SCRIPTS, word_lists
from rules.card import HeldBack, OrdinaryPosts, PackCard, Reading, TrainingPosts
from rules.categories import KEYWORDS
from rules.pack import (
    GROUPS_IN_RULE,
    MOST_AT_LEAST,
    MOST_EXPECTED,
    RULES_IN_PACK,
    Affixes,
    Ground,
    Mode,
    ProtectedSentences,
    Severity,
)

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
