"""Personal data in free text: a statement is public, and Art. 24(5) DSA forbids it there."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

_AT = re.compile(r"[@＠]|[(\[]\s?at", re.IGNORECASE)
_DIGITS = re.compile(r"\d")
_EMAIL = re.compile(
    r"\b[\w.+-]{1,64}\s?(?:[@＠]|[(\[]\s?at\s?[)\]])\s?[\w-]+"
    r"(?:(?:\.|\s?[(\[]\s?dot\s?[)\]]\s?)[\w-]+)+",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.@＠/])[@＠][A-Za-z_][\w.]{2,}")
_PROFILE = re.compile(
    r"(?<![\w.])(?:t(?:elegram)?\.me|wa\.me|(?:www\.|m\.)?(?:instagram|facebook|fb|twitter|x|vk"
    r"|threads|tiktok)\.com|(?:www\.)?threads\.net|bsky\.app/profile|(?:www\.)?youtube\.com/@"
    r"|(?:www\.)?reddit\.com/u(?:ser)?|discord\.gg)/?@?[\w.+-]{3,}",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?<!\d)(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})(?!\d)")
_RUN = r"(?:[ ./\-]?\(?\d\)?)"
_PHONE = re.compile(
    rf"""(?<![\w.,/\-])(?:
      (?:\+|00)\s?[1-9]{_RUN}{{7,14}}                # +62 812 3456 7890
    | \(?0[1-9]\)?{_RUN}{{7,10}}                     # 0812-3456-7890, (030) 1234567
    | \(\d{{3}}\)\s?\d{{3}}[ .\-]\d{{4}}             # (202) 555-0143
    | \d{{3}}[.\-]\d{{3}}[.\-]\d{{4}}                # 202-555-0143
    | 1[3-9]\d(?:[ \-]?\d{{4}}){{2}}                 # 138 0013 8000
    )(?![\w])(?![.,\-/]\d)""",
    re.VERBOSE,
)
_CALLED = re.compile(
    r"(?:\b(?:whatsapp|wa|tel|telp|telephone|phone|mobile|hp|call|hubungi|nomor hp)\b|电话|手机)"
    rf"[\s.:：]*(?:no\.?\s?)?\+?\(?\d{_RUN}{{6,14}}(?!\w)",
    re.IGNORECASE,
)


class PersonalData(StrEnum):
    """Kinds that are looked for."""

    EMAIL = "email"
    HANDLE = "handle"
    PHONE = "phone"


@lru_cache(4096)  # grounds and explanations are the same in statement after statement
def personal_data(text: str) -> tuple[PersonalData, ...]:
    """The kinds of personal data in a text, each once.

    Limits: it sees the shapes of phone numbers, e-mail addresses, handles and profile links, not
    names. Numbering plans are not consulted: a number need not be assigned to be somebody's. Days
    are no numbers.

    >>> [str(one) for one in personal_data("Write to jo@mail.example or +62 812 3456 7890")]
    ['email', 'phone']
    >>> personal_data("Pack 4711 of 2026-11-25, Regulation (EU) 2022/2065, 1,000,000 EUR")
    ()
    """
    return tuple(_kinds(text))


def _kinds(text: str) -> Iterator[PersonalData]:
    rest, emails = _EMAIL.subn(" ", text) if _AT.search(text) else (text, 0)
    if emails:
        yield PersonalData.EMAIL
    handle = ("@" in rest or "＠" in rest) and _HANDLE.search(rest)
    if handle or ("/" in text and _PROFILE.search(text)):
        yield PersonalData.HANDLE
    if len(_DIGITS.findall(text)) >= 7 and _has_phone(_DATE.sub(" ", text)):
        yield PersonalData.PHONE


def _has_phone(text: str) -> bool:
    return bool(_PHONE.search(text) or _CALLED.search(text))
