"""The names of categories, the same on public pages and on those of moderators."""

from phrases.phrases import to_translate

CATEGORIES = {
    "SCAMS_AND_FRAUD": to_translate("Scams and fraud"),
    "VIOLENCE": to_translate("Violence"),
    "RISK_FOR_PUBLIC_SECURITY": to_translate("Risk for public security"),
    "UNSAFE_AND_PROHIBITED_PRODUCTS": to_translate("Unsafe or prohibited products"),
    "CYBER_VIOLENCE": to_translate("Cyber violence"),
    "SELF_HARM": to_translate("Self-harm"),
    "OTHER_VIOLATION_TC": to_translate("Other breach of terms"),
}
"""The categories that a pack may carry, in the order in which charts stack them."""

REPORTED = {
    "ANIMAL_WELFARE": to_translate("Animal welfare"),
    "CONSUMER_INFORMATION": to_translate("Consumer information"),
    "CYBER_VIOLENCE_AGAINST_WOMEN": to_translate("Cyber violence against women"),
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": to_translate("Data protection and privacy"),
    "ILLEGAL_OR_HARMFUL_SPEECH": to_translate("Illegal or harmful speech"),
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": to_translate("Intellectual property"),
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": to_translate(
        "Civic discourse or elections"
    ),
    "PROTECTION_OF_MINORS": to_translate("Protection of minors"),
    "NOT_SPECIFIED_NOTICE": to_translate("Not specified"),
    "NOT_SPECIFIED_ORDER": to_translate("Not specified"),
}
"""Categories of the DSA that no pack may carry. People name them in notices, orders and audits."""


def category_words(category: str) -> str:
    """Return a category in English words, to be translated.

    >>> category_words("SELF_HARM"), category_words("NEW_ONE"), category_words("")
    ('Self-harm', 'New one', '')
    """
    return (CATEGORIES | REPORTED).get(category) or category.replace("_", " ").capitalize()
