"""The answer in the asker's language: what was found, whose word it is, and where to read it.

Each language stands in one table, for whoever translates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from claims.asking import CheckAnswer
from claims.check import days_between
from claims.text.languages import guess, primary

LONG_AGO_DAYS = 365


@dataclass(frozen=True, slots=True)
class Words:
    """One language of the tip line."""

    none: str
    found: str
    check: str
    no_date: str
    long_ago: str
    ratings: dict[str, str]


LANGUAGES = {
    "en": Words(
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
    "id": Words(
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
    "zh": Words(
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


def language_for(asked: str, text: str, answers: Sequence[CheckAnswer]) -> str:
    """The language of an answer: the one asked for, else that of the text, else of its first check.

    >>> language_for("id-ID", "Salt", []), language_for("fr", "Air yang dapat menyembuhkan", [])
    ('id', 'id')
    >>> language_for("", "Salt", [])
    'en'
    """
    found = [one.check.language for one in answers[:1]]
    for language in (primary(asked), guess(text, set(LANGUAGES)), *found):
        if language in LANGUAGES:
            return language
    return "en"


def message_of(answers: Sequence[CheckAnswer], language: str, today: str) -> str:
    """The answer as plain text, ready to be sent on; it is no markup, whatever a claim holds."""
    words = LANGUAGES[language]
    if not answers:
        return words.none
    return "\n\n".join([words.found, *(_told(one, words, today) for one in answers)])


def _told(answer: CheckAnswer, words: Words, today: str) -> str:
    check = answer.check
    told = words.check.format(
        rating=words.ratings[check.rating],
        claim=check.claim,
        publisher=check.publisher,
        date=check.date or words.no_date,
        url=check.url,
    )
    age = days_between(check.date, today)
    return f"{told}\n{words.long_ago}" if age is not None and age > LONG_AGO_DAYS else told
