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


def category_words(category: str) -> str:
    """Return a category in English words, to be translated.

    >>> category_words("SELF_HARM"), category_words("NEW_ONE"), category_words("")
    ('Self-harm', 'New one', '')
    """
    return CATEGORIES.get(category) or category.replace("_", " ").capitalize()
