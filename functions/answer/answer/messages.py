"""The answer in the asker's language: which checks there are, by whom, and where to read them.

Each language has one table, so that a translator finds all texts in one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.asking import CheckAnswer
from claims.check import days_between
from claims.text.languages import guess, primary
from claims.text.words import ClaimText

LONG_AGO_DAYS = 365


@dataclass(frozen=True, slots=True)
class MessageTexts:
    """The texts of the tip line in one language."""

    none: str
    found: str
    check: str
    no_date: str
    long_ago: str
    ratings: dict[str, str]


MESSAGE_TEXTS = {
    "en": MessageTexts(
        none="No published check was found.",
        found="Published checks that may be about this:",
        check="{rating}: {claim}\n{publisher}, {date}\n{url}",
        no_date="no date",
        long_ago="This check is more than a year old.",
        ratings={
            "false": "False",
            "misleading": "Misleading",
            "missing context": "Missing context",
            "satire": "Satire",
            "true": "True",
            "unclear": "Unclear",
        },
    ),
    "id": MessageTexts(
        none="Tidak ditemukan pemeriksaan fakta yang sudah diterbitkan.",
        found="Pemeriksaan fakta yang mungkin membahas hal ini:",
        check="{rating}: {claim}\n{publisher}, {date}\n{url}",
        no_date="tanpa tanggal",
        long_ago="Pemeriksaan ini sudah lebih dari setahun.",
        ratings={
            "false": "Salah",
            "misleading": "Menyesatkan",
            "missing context": "Kurang konteks",
            "satire": "Satire",
            "true": "Benar",
            "unclear": "Belum jelas",
        },
    ),
    "zh": MessageTexts(
        none="没有找到已发布的事实核查。",
        found="可能与此有关的事实核查：",
        check="{rating}：{claim}\n{publisher}，{date}\n{url}",
        no_date="无日期",
        long_ago="该核查已超过一年。",
        ratings={
            "false": "不实",
            "misleading": "误导",
            "missing context": "缺少背景",
            "satire": "讽刺作品",
            "true": "属实",
            "unclear": "尚不清楚",
        },
    ),
}


def language_for(asked: str, text: str | ClaimText, answers: Sequence[CheckAnswer]) -> str:
    """Return the language of an answer: the one asked for, the text's, or the first check's.

    >>> language_for("id-ID", "Salt", []), language_for("fr", "Air yang dapat menyembuhkan", [])
    ('id', 'id')
    >>> language_for("", "Salt", [])
    'en'
    """
    first = [answer.check.language for answer in answers[:1]]
    for language in (primary(asked), guess(text, set(MESSAGE_TEXTS)), *first):
        if language in MESSAGE_TEXTS:
            return language
    return "en"


def message_of(answers: Sequence[CheckAnswer], language: str, today: str) -> str:
    """Return the answer as plain text to forward. A claim with markup is shown as it is."""
    texts = MESSAGE_TEXTS[language]
    if not answers:
        return texts.none
    checks = (_check_text(answer, texts, today) for answer in answers)
    return "\n\n".join([texts.found, *checks])


def _check_text(answer: CheckAnswer, texts: MessageTexts, today: str) -> str:
    check = answer.check
    text = texts.check.format(
        rating=texts.ratings[check.rating],
        claim=check.claim,
        publisher=check.publisher,
        date=check.date or texts.no_date,
        url=check.url,
    )
    age = days_between(check.date, today)
    return f"{text}\n{texts.long_ago}" if age is not None and age > LONG_AGO_DAYS else text
