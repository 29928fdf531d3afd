"""Canned reasons: the ones that the desk ships with, and which of them fit a card.

The author reads the reason of a measure as it is, so a reason describes the post, not what a
program did. The shipped ones name nobody, and a lead can replace them all.
"""

from collections.abc import Sequence

from desk.deciding import REASON_LENGTH
from desk.items import Dossier
from desk.ports import CannedReason

VERDICTS = frozenset(
    {"confirmed", "dismissed", "escalated", "upheld", "reversed", "partly_reversed", "omitted"}
)
MOST = 500
"""Canned reasons of one provider."""

SHOWN = 9
"""Reasons for one verdict: each has a digit as its key."""

_SHIPPED = {
    "en": {
        "confirmed": (
            "The post does what the rule describes.",
            "The post offers or asks for something that this service does not allow.",
        ),
        "dismissed": (
            "The post quotes or reports this, and warns of it.",
            "The words mean something else here.",
            "It is a joke or fiction, and harms nobody.",
        ),
        "escalated": ("Somebody may be in danger.",),
        "upheld": ("Looked at again by another person: the decision was right.",),
        "reversed": ("Looked at again by another person: the decision was wrong.",),
        "partly_reversed": ("Looked at again by another person: the measure went too far.",),
    },
    "id": {
        "confirmed": (
            "Kiriman ini melakukan hal yang diterangkan dalam aturan.",
            "Kiriman ini menawarkan atau meminta sesuatu yang tidak diperbolehkan layanan ini.",
        ),
        "dismissed": (
            "Kiriman ini mengutip atau memberitakan hal itu, dan memperingatkannya.",
            "Kata-kata itu berarti lain di sini.",
            "Ini lelucon atau cerita rekaan, dan tidak merugikan siapa pun.",
        ),
        "escalated": ("Seseorang mungkin dalam bahaya.",),
        "upheld": ("Ditinjau kembali oleh orang lain: putusannya benar.",),
        "reversed": ("Ditinjau kembali oleh orang lain: putusannya salah.",),
        "partly_reversed": ("Ditinjau kembali oleh orang lain: tindakannya berlebihan.",),
    },
    "zh": {
        "confirmed": ("这条帖子的内容正是规则所描述的。", "这条帖子提供或索要本服务不允许的东西。"),
        "dismissed": (
            "这条帖子是引用或报道，并提醒他人注意。",
            "这些词语在这里另有含义。",
            "这是玩笑或虚构内容，不会伤害任何人。",
        ),
        "escalated": ("可能有人处于危险之中。",),
        "upheld": ("已由另一人重新审看：决定正确。",),
        "reversed": ("已由另一人重新审看：决定错误。",),
        "partly_reversed": ("已由另一人重新审看：措施过重。",),
    },
}

SHIPPED = tuple(
    CannedReason(text=text, verdict=verdict, language=language)
    for language, by_verdict in _SHIPPED.items()
    for verdict, texts in by_verdict.items()
    for text in texts
)
"""The reasons of a provider that has not edited them."""


def suggested_reasons(
    own: Sequence[CannedReason], dossier: Dossier, language: str
) -> dict[str, list[str]]:
    """Return the reasons that fit a card, by verdict: those of its packs before those for all.

    They are in the language of the post if there are any, since the author may read them; else in
    the language of the interface, else in English.
    """
    packs = {each.finding.pack for each in dossier.findings}
    fitting = [reason for reason in own or SHIPPED if reason.pack in {"", *packs}]
    ordered = sorted(fitting, key=lambda reason: not reason.pack)
    found: dict[str, list[str]] = {}
    for verdict in dict.fromkeys(reason.verdict for reason in ordered):
        for wanted in (dossier.item.language[:2].lower(), language, "en"):
            texts = [
                reason.text
                for reason in ordered
                if reason.verdict == verdict and reason.language == wanted
            ]
            if texts:
                found[verdict] = texts[:SHOWN]
                break
    return found


def reason_language(own: Sequence[CannedReason], text: str) -> str:
    """Return the language of a canned reason; empty if these words are somebody's own.

    >>> reason_language([], "The words mean something else here.")
    'en'
    """
    return next((reason.language for reason in own or SHIPPED if reason.text == text), "")


class ReasonError(Exception):
    """A line of canned reasons that cannot be read; `line` is its number from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def reason_lines(reasons: Sequence[CannedReason]) -> str:
    """Return canned reasons as lines that a lead can edit.

    >>> reason_lines([CannedReason(text="A quotation.", verdict="dismissed", language="en")])
    'dismissed | en | * | A quotation.'
    """
    parts = ((each.verdict, each.language, each.pack or "*", each.text) for each in reasons)
    return "\n".join(" | ".join(part) for part in parts)


def read_reasons(lines: str) -> list[CannedReason]:
    """Return the canned reasons of lines. Raises ReasonError for the first invalid line.

    >>> read_reasons("dismissed | en | codes | It warns | loudly")[0].text
    'It warns | loudly'
    """
    found: list[CannedReason] = []
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|", 3)]
        if len(parts) < 4 or parts[0] not in VERDICTS or not (0 < len(parts[3]) <= REASON_LENGTH):
            raise ReasonError(number)
        verdict, language, pack, text = parts
        if not (language.isascii() and language.isalpha() and len(language) == 2):
            raise ReasonError(number)
        if len(found) == MOST:
            raise ReasonError(number)
        found.append(
            CannedReason(
                text=text, verdict=verdict, language=language, pack="" if pack == "*" else pack
            )
        )
    return found
