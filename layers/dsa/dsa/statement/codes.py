"""The codes that a statement of reasons may carry, as the transparency database spells them.

Source: the API of the DSA Transparency Database, schema of 2025-07-01.
"""

from ledger.cases.dsa_codes import (
    CATEGORIES,
    EEA,
    NOT_SPECIFIED_ORDER,
    AccountMeasure,
    AccountType,
    ContentType,
    Monetary,
    Provision,
    SourceType,
    Visibility,
)
from ledger.records.post import ISO_639_1

CATEGORY_PREFIX = "STATEMENT_CATEGORY_"
KEYWORD_PREFIX = "KEYWORD_"
OTHER = "OTHER"

CONTENT_LANGUAGES = frozenset(code.upper() for code in ISO_639_1) | {"BH"}
"""ISO 639-1 in upper case. The database also keeps BH, which the standard withdrew."""

TERRITORIES = EEA
"""Greece is GR here, as in the database; the yearly report calls it EL."""

REPORT_ONLY = frozenset({NOT_SPECIFIED_ORDER})

STATEMENT_ONLY = {"STALKING": "CYBER_STALKING"}
"""Keywords that only a statement may carry, each with the one that the report counts it as."""

KEYWORDS_OF = {category: frozenset(keywords) for category, keywords in CATEGORIES.items()}

KEYWORDS = frozenset[str]().union(*KEYWORDS_OF.values(), STATEMENT_ONLY)
"""The keywords that a statement may carry."""

EXPIRED = frozenset(
    {
        "STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT",
        "STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE",
        "STATEMENT_CATEGORY_NON_CONSENSUAL_BEHAVIOUR",
        "STATEMENT_CATEGORY_UNSAFE_AND_ILLEGAL_PRODUCTS",
        "KEYWORD_DISINFORMATION",
        "KEYWORD_MISINFORMATION",
    }
)
"""Categories and keywords of the schema before 2025-07-01."""

VISIBILITIES = tuple(map(str, Visibility))
MONETARIES = tuple(map(str, Monetary))
PROVISIONS = tuple(map(str, Provision))
ACCOUNTS = tuple(map(str, AccountMeasure))
ACCOUNT_TYPES = tuple(map(str, AccountType))
CONTENT_TYPES = tuple(map(str, ContentType))
ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
SOURCE_OF = {
    SourceType.VOLUNTARY: "SOURCE_VOLUNTARY",
    SourceType.ARTICLE_16: "SOURCE_ARTICLE_16",
    SourceType.TRUSTED_FLAGGER: "SOURCE_TRUSTED_FLAGGER",
    SourceType.OTHER_NOTIFICATION: "SOURCE_TYPE_OTHER_NOTIFICATION",
}

SOURCES = tuple(SOURCE_OF.values())
VOLUNTARY = SOURCE_OF[SourceType.VOLUNTARY]
AUTOMATED_DECISIONS = tuple(
    f"AUTOMATED_DECISION_{degree}" for degree in ("FULLY", "PARTIALLY", "NOT_AUTOMATED")
)
