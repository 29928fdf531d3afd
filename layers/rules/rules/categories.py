"""The categories that a pack may carry, and why others are refused.

Codes are those of the DSA transparency database without the prefixes `STATEMENT_CATEGORY_` and
`KEYWORD_` (European Commission, Implementing Regulation (EU) 2024/2835, Annex).
"""

_OTHER = "OTHER"

KEYWORDS: dict[str, tuple[str, ...]] = {
    "CYBER_VIOLENCE": (
        "CYBER_BULLYING_INTIMIDATION",
        "CYBER_HARASSMENT",
        "CYBER_INCITEMENT",
        "CYBER_STALKING",
        "NON_CONSENSUAL_IMAGE_SHARING",
        "NON_CONSENSUAL_MATERIAL_DEEPFAKE",
        _OTHER,
    ),
    "OTHER_VIOLATION_TC": ("ADULT_SEXUAL_MATERIAL", "NUDITY", _OTHER),
    "RISK_FOR_PUBLIC_SECURITY": ("RISK_PUBLIC_HEALTH", "TERRORIST_CONTENT"),
    "SCAMS_AND_FRAUD": (
        "IMPERSONATION_ACCOUNT_HIJACKING",
        "INAUTHENTIC_ACCOUNTS",
        "INAUTHENTIC_LISTINGS",
        "INAUTHENTIC_USER_REVIEWS",
        "PHISHING",
        "PYRAMID_SCHEMES",
        _OTHER,
    ),
    "SELF_HARM": ("CONTENT_PROMOTING_EATING_DISORDERS", "SELF_MUTILATION", "SUICIDE", _OTHER),
    "UNSAFE_AND_PROHIBITED_PRODUCTS": ("PROHIBITED_PRODUCTS", "UNSAFE_PRODUCTS", _OTHER),
    "VIOLENCE": (
        "COORDINATED_HARM",
        "INCITEMENT_VIOLENCE_HATRED",
        "HUMAN_EXPLOITATION",
        "HUMAN_TRAFFICKING",
        "TRAFFICKING_WOMEN_GIRLS",
        _OTHER,
    ),
}
"""The categories a pack may carry, each with its keywords."""

LINK_CATEGORIES = ("SCAMS_AND_FRAUD", "UNSAFE_AND_PROHIBITED_PRODUCTS")
"""Where `links` groups are allowed: elsewhere a host name would be a list of banned publishers."""

TERMS_ONLY = ("OTHER_VIOLATION_TC",)
"""Categories that break no law, so that only `ground: terms` fits."""

_OPINION = "this system matches no opinions"
_NOT_WORDS = "words alone cannot tell it"

REFUSED: dict[str, str] = {
    "ANIMAL_WELFARE": _NOT_WORDS,
    "CONSUMER_INFORMATION": _NOT_WORDS,
    "CYBER_VIOLENCE_AGAINST_WOMEN": "words do not show whom they target; use CYBER_VIOLENCE",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": "this system identifies no person",
    "ILLEGAL_OR_HARMFUL_SPEECH": _OPINION,
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": _NOT_WORDS,
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": _OPINION,
    "PROTECTION_OF_MINORS": "nothing about minors is matched by words",
    "NOT_SPECIFIED_NOTICE": "it is for notices; a pack names its category",
    "NOT_SPECIFIED_ORDER": "it is for orders; a pack names its category",
}
"""The other categories of the DSA, each with the reason why no pack may carry it."""

REFUSED_KEYWORDS: dict[str, str] = {
    "AGE_SPECIFIC_RESTRICTIONS": "nothing about minors is matched by words",
    "GEOGRAPHICAL_REQUIREMENTS": _NOT_WORDS,
    "GOODS_SERVICES_NOT_PERMITTED": "use UNSAFE_AND_PROHIBITED_PRODUCTS",
    "ILLEGAL_ORGANIZATIONS": _OPINION,
    "LANGUAGE_REQUIREMENTS": _NOT_WORDS,
    "RISK_ENVIRONMENTAL_DAMAGE": _NOT_WORDS,
}
"""Keywords of allowed categories that no pack may carry, each with the reason."""


def category_problem(category: str) -> str | None:
    """Return why a pack may not carry a category, or None if it may.

    >>> category_problem("ILLEGAL_OR_HARMFUL_SPEECH").partition(";")[0]
    '`ILLEGAL_OR_HARMFUL_SPEECH` is refused: this system matches no opinions'
    >>> category_problem("SCAMS_AND_FRAUD") is None
    True
    """
    if category in KEYWORDS:
        return None
    reason = REFUSED.get(category)
    start = f"is refused: {reason}" if reason else "is not a category"
    return f"`{category}` {start}; allowed: {', '.join(KEYWORDS)}"


def keyword_problem(category: str, keyword: str) -> str | None:
    """Return why a keyword does not fit an allowed category, or None if it does.

    >>> keyword_problem("VIOLENCE", "PHISHING").partition(";")[0]
    '`PHISHING` is not a keyword of VIOLENCE'
    """
    if keyword in KEYWORDS[category]:
        return None
    reason = REFUSED_KEYWORDS.get(keyword)
    start = f"is refused: {reason}" if reason else f"is not a keyword of {category}"
    return f"`{keyword}` {start}; allowed: {', '.join(KEYWORDS[category])}"
