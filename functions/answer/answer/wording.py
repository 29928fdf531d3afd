"""The answer in the asker's language: which checks there are, by whom, and where to read them."""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.asking import CheckAnswer
from claims.check import Check, Rating, days_between
from claims.text.languages import guess, primary
from claims.text.words import ClaimText
from phrases import LANGUAGES, Phrases, of

LONG_AGO_DAYS = 365


@dataclass(frozen=True, slots=True)
class TipAnswer:
    """The published checks that a text may repeat, best first; empty if nobody checked it."""

    language: str
    checks: Sequence[CheckAnswer]
    today: str

    def is_old(self, check: Check) -> bool:
        """Return whether a check is more than a year old."""
        age = days_between(check.date, self.today)
        return age is not None and age > LONG_AGO_DAYS


def language_for(asked: str, text: str | ClaimText, answers: Sequence[CheckAnswer]) -> str:
    """Return the language of an answer: the one asked for, the text's, or the first check's.

    >>> language_for("id-ID", "Salt", []), language_for("fr", "Air yang dapat menyembuhkan", [])
    ('id', 'id')
    >>> language_for("", "Salt", [])
    'en'
    """
    first = [answer.check.language for answer in answers[:1]]
    return supported(asked, guess(text, set(LANGUAGES)), *first)


def supported(*tags: str) -> str:
    """Return the first language of these tags that has phrases, else English.

    >>> supported("fr", "zh-Hans", "id"), supported("")
    ('zh', 'en')
    """
    return next((language for tag in tags if (language := primary(tag)) in LANGUAGES), "en")


def answer_text(answer: TipAnswer) -> str:
    """Return the answer as plain text to forward. A claim with markup is shown as it is."""
    words = of(answer.language)
    if not answer.checks:
        return words.gettext("No published check was found.")
    return "\n\n".join(answer_parts(answer))


def answer_parts(answer: TipAnswer) -> list[str]:
    """Return the parts of the text: its opening, then one for each check."""
    words = of(answer.language)
    opening = words.gettext("Published checks that may be about this:")
    return [opening, *(_check_text(words, answer, found.check) for found in answer.checks)]


def _check_text(words: Phrases, answer: TipAnswer, check: Check) -> str:
    text = words.gettext(
        "%(rating)s: %(claim)s\n%(publisher)s, %(date)s\n%(url)s",
        rating=rating_words(words, check.rating),
        claim=check.claim,
        publisher=check.publisher,
        date=check.date or words.gettext("no date"),
        url=check.url,
    )
    return f"{text}\n{old_words(words)}" if answer.is_old(check) else text


def old_words(words: Phrases) -> str:
    """Return the warning that a check is old."""
    return words.gettext("This check is more than a year old.")


def rating_words(words: Phrases, rating: Rating) -> str:
    """Return the verdict of a check as words of a language."""
    _ = words.gettext
    return {
        Rating.FALSE: _("False"),
        Rating.MISLEADING: _("Misleading"),
        Rating.MISSING_CONTEXT: _("Missing context"),
        Rating.SATIRE: _("Satire"),
        Rating.TRUE: _("True"),
        Rating.UNCLEAR: _("Unclear"),
    }[rating]


def nothing_words(words: Phrases) -> str:
    """Return the sentence that nobody has checked a text."""
    return words.gettext("Nobody has checked this yet, as far as we know.")


def advice_words(words: Phrases) -> str:
    """Return what people can do about a text that nobody has checked."""
    return words.gettext(
        "That makes it neither true nor false. Before you pass it on, look who said it first and"
        " when, and whether anyone else reports it. Copy one whole sentence of it and ask again:"
        " a text of a few words is too short to compare. You can also send it to a fact-checker."
    )


def problem_words(words: Phrases, code: str) -> str:
    """Return why a request got no answer, and what the asker can do."""
    _ = words.gettext
    return {
        "no_text": _("There is no text to look up. Paste one, then try again."),
        "too_large": _("This text is too long. Paste the part with the claim."),
        "too_often": _("Too many questions came at once. Please ask again in a minute."),
        "no_index": _("There are no published checks here yet. Please come back another day."),
    }.get(code) or _("Something failed here. Please try again in a moment.")
