"""The codes of the DSA: categories and their keywords, restrictions, sources, languages, countries.

Codes of categories and keywords stand here without the prefixes `STATEMENT_CATEGORY_` and
`KEYWORD_`, in the order of the harmonised report.

Source: Implementing Regulation (EU) 2024/2835, Annex I; the API of the DSA Transparency Database,
schema of 2025-07-01.
"""

from pathlib import Path

import msgspec

CATEGORY_PREFIX = "STATEMENT_CATEGORY_"
KEYWORD_PREFIX = "KEYWORD_"
OTHER = "OTHER"


class Keyword(msgspec.Struct, frozen=True):
    """A sub-category and how the report words it."""

    code: str
    text: str


class Category(msgspec.Struct, frozen=True):
    """A category, how the report words it, and its sub-categories in the report's order."""

    code: str
    text: str
    keywords: tuple[Keyword, ...]


class _Taxonomy(msgspec.Struct, frozen=True):
    source: str
    languages: str
    territories: str
    categories: tuple[Category, ...]


_READ = msgspec.json.decode(Path(__file__).with_name("taxonomy.json").read_bytes(), type=_Taxonomy)

CATEGORIES = _READ.categories
"""All seventeen, as the report numbers them from 1."""

LANGUAGES = frozenset(_READ.languages.split())
"""ISO 639-1 in upper case, as the database takes them."""

TERRITORIES = frozenset(_READ.territories.split())
"""The thirty countries of the EEA; Greece is GR here."""

REPORT_ONLY = frozenset({"NOT_SPECIFIED_ORDER"})
"""Categories that the report has and a statement may not carry."""

STATEMENT_ONLY = {"STALKING": "CYBER_STALKING"}
"""Keywords that only a statement may carry, each with the one the report counts it under."""

KEYWORDS_OF = {
    category.code: frozenset(keyword.code for keyword in category.keywords)
    for category in CATEGORIES
}
"""The keywords of each category."""

KEYWORDS = frozenset().union(*KEYWORDS_OF.values(), STATEMENT_ONLY)
"""The keywords that a statement may carry."""

EXPIRED_CATEGORIES = frozenset(
    {
        "PORNOGRAPHY_OR_SEXUALIZED_CONTENT",
        "SCOPE_OF_PLATFORM_SERVICE",
        "NON_CONSENSUAL_BEHAVIOUR",
        "UNSAFE_AND_ILLEGAL_PRODUCTS",
    }
)
"""Categories of the schema before 2025-07-01."""

EXPIRED_KEYWORDS = frozenset({"DISINFORMATION", "MISINFORMATION"})
"""Keywords of the schema before 2025-07-01."""

VISIBILITIES = tuple(
    f"DECISION_VISIBILITY_{one}"
    for one in (
        "CONTENT_REMOVED",
        "CONTENT_DISABLED",
        "CONTENT_DEMOTED",
        "CONTENT_AGE_RESTRICTED",
        "CONTENT_INTERACTION_RESTRICTED",
        "CONTENT_LABELLED",
        "OTHER",
    )
)
MONETARIES = tuple(f"DECISION_MONETARY_{one}" for one in ("SUSPENSION", "TERMINATION", "OTHER"))
PROVISIONS = tuple(
    f"DECISION_PROVISION_{extent}_{end}"
    for end in ("SUSPENSION", "TERMINATION")
    for extent in ("PARTIAL", "TOTAL")
)
ACCOUNTS = ("DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED")
ACCOUNT_TYPES = ("ACCOUNT_TYPE_BUSINESS", "ACCOUNT_TYPE_PRIVATE")
ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
CONTENT_TYPES = tuple(
    f"CONTENT_TYPE_{one}"
    for one in ("APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER")
)
VOLUNTARY = "SOURCE_VOLUNTARY"
SOURCES = (
    "SOURCE_ARTICLE_16",
    "SOURCE_TRUSTED_FLAGGER",
    "SOURCE_TYPE_OTHER_NOTIFICATION",
    VOLUNTARY,
)
AUTOMATED_DECISIONS = tuple(
    f"AUTOMATED_DECISION_{one}" for one in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
)
