"""How people post: signatures, handles, links, forwards and slips, put around a text."""

import re
from collections.abc import Sequence
from random import Random

FORWARDED = {
    "en": ("Forwarded as received: ", "FW: ", "Please share with everyone!! ", "Just in: "),
    "id": ("*INFO PENTING* ", "Dari grup sebelah: ", "Tolong sebarkan!! ", "[Diteruskan] "),
    "zh": ("【转发】", "群里看到的：", "紧急扩散！", "刚收到："),
}  # fmt: skip
ASIDE = {
    "en":
        ("Unbelievable.", "What do you think?", "Wake up people!", "No comment.", "Smh", "#truth"),
    "id": ("Semoga bermanfaat.", "Wallahu a'lam.", "Gimana menurut kalian?", "Viralkan!", "Astaga"),
    "zh": ("大家怎么看？", "太可怕了", "赶紧看看", "真的假的"),
}  # fmt: skip
SHORT = {
    "en": (("you", "u"), ("are", "r"), ("people", "ppl"), ("because", "bc"), ("with", "w/")),
    "id": (("yang", "yg"), ("dengan", "dgn"), ("tidak", "gak"), ("untuk", "utk"), ("dari", "dr")),
    "zh": (),
}  # fmt: skip
SIGNED = (
    ("Joan Marsh", "@joanmarsh77"), ("The Daily Wag", "@dailywag"), ("K. Ferris", "@KFerrisTalks"),
    ("proud grandpa", "@gramps_of_9"), ("Lou 🌻", "@sunnylou"), ("Breaking Now", "@breaking_nw"),
    ("Tomás Rey", "@tomasrey"), ("MusicFan4Ever", "@musicfan4ever"), ("Ada W.", "@ada_writes"),
)  # fmt: skip
MONTHS = ("January", "March", "April", "June", "July", "September", "October", "December")

_HAS_SIGNATURE = re.compile(r"— .+ \(@\w+\) \w+ \d+, \d+$")


def posted(text: str, language: str, random: Random) -> str:
    """The text as somebody might post it; the same draw gives the same text."""
    if random.random() < 0.3:
        text = slipped(text, random)
    if random.random() < 0.3:
        for long, short in SHORT[language]:
            text = text.replace(f" {long} ", f" {short} ")
    if random.random() < 0.15:
        text = text.lower()
    if random.random() < 0.25:
        text = random.choice(FORWARDED[language]) + text
    if random.random() < 0.35:
        text = f"{text} {random.choice(ASIDE[language])}"
    if random.random() < 0.4:
        text += f" pic.twitter.com/{random.randrange(10**9):09x}"
    return signed(text, random) if language == "en" and random.random() < 0.6 else text


def signed(text: str, random: Random) -> str:
    """With a signature, as pages quote posts; what has its own keeps that."""
    if _HAS_SIGNATURE.search(text):
        return text
    name, handle = random.choice(SIGNED)
    day = f"{random.choice(MONTHS)} {random.randint(1, 28)}, {random.randint(2012, 2026)}"
    return f"{text} — {name} ({handle}) {day}"


def lengthened(text: str, sentences: Sequence[str], random: Random) -> str:
    """The text among drawn sentences, before and after it: 60, 90 or 130 words in all."""
    before: list[str] = []
    after: list[str] = []
    missing = random.choice((60, 90, 130)) - len(text.split())
    while missing > 0:
        side = random.choice((before, after))
        side.append(random.choice(sentences))
        missing -= len(side[-1].split())
    return " ".join((*before, text, *after))


def slipped(text: str, random: Random) -> str:
    """Two letters of one of its longer words change places."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return text
    at = random.choice(long)
    spot = random.randint(1, len(words[at]) - 3)
    one = words[at]
    words[at] = one[:spot] + one[spot + 1] + one[spot] + one[spot + 2 :]
    return " ".join(words)
