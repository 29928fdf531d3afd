"""Build the tables and lists of words that ship: `fold`, or `words` (with the table of pinyin).

    PYTHONPATH=layers/terang:layers/matcher python3 scripts/build_data.py fold

Run it with a Python 3.13 that has the libraries of what is built, none of which is a dependency,
then look at the diff: for `fold` PyICU (Debian: python3-icu) and opencc-python-reimplemented; for
`words` wordfreq (58 MB), pypinyin and the matcher's dependencies.

- `layers/matcher/matcher/fold.json`: the fold table, from Unicode, ICU and OpenCC.
- `local/authoring/common_words.json`: the commonest words by language, for advice on packs.
- `layers/matcher/matcher/ordinary_words.json`: folded words that are left where one letter
  of another word is hidden (`*error` of terror, `star+` of start), for the matcher.
- `layers/claims/claims/data/common.json`: more of the commonest words, which tell no claim from
  another. In Chinese it holds pairs of letters, since claims are compared by pairs.
- `layers/matcher/matcher/pinyin.json`, from pypinyin: the Han letters of Unicode's first block that
  the fold leaves as they are, each once, by the syllable of its first reading, without its tone. A
  letter with several readings has that one alone: so two people who read the table find the same.

Only words of the language's own script count, of two letters or more where letters make words.
Languages with smaller sources in wordfreq give fewer words: farther down come names.

Sources of the fold: the Unicode Character Database as in `unicodedata`; scripts, default-ignorable
code points and the look-alikes of UTS #39 (single characters only) as in ICU's SpoofChecker.
The steps for one code point, whose order is part of the specification:

1. An invisible, a bidi control or another default-ignorable code point is dropped; so are
   accents (combining marks made for Latin, Greek and Cyrillic), the vowel marks of Arabic and
   Hebrew, and tatweel. Marks of other scripts are letters there and stay.
2. The rest goes through NFKC, case folding and NFKD until nothing changes, and again loses
   the marks of step 1. Small capitals and letters in dark circles, squares and brackets
   become letters, a digit of any script the digit of that value.
3. A Latin letter that looks like one of a-z (dotless i, script g, o with a stroke) becomes it.
   Case folding comes first, so the long s is an s, although UTS #39 says f.
4. A letter of another script in `LOOKALIKE_SCRIPTS` gets a second look: the letter of a-z that
   its *small* form resembles, else the one its capital resembles. Both cases share it, since a
   table by code point would otherwise part В from в. Arabic has no look-alikes here: UTS #39
   makes alef an l.
5. A traditional Han letter gives the simplified one (OpenCC's first choice), by way of OpenCC's
   standard form where Taiwan or Hong Kong write another. The standard forms are kept as well:
   髮 and 發 are both 发, but not each other.
"""

import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Any

with suppress(ModuleNotFoundError):
    import icu  # type: ignore[import-not-found]
with suppress(ModuleNotFoundError):
    from pypinyin import Style, pinyin  # type: ignore[import-not-found]
    from pypinyin.constants import PINYIN_DICT  # type: ignore[import-not-found]
    from wordfreq import get_frequency_dict, top_n_list  # type: ignore[import-not-found]

    from matcher.candidates import LOOKALIKES
    from matcher.fold import FOLD, fold

ROOT = Path(__file__).parents[1]
COMMON = ROOT / "local/authoring/common_words.json"
ORDINARY = ROOT / "layers/matcher/matcher/ordinary_words.json"
OF_CLAIMS = ROOT / "layers/claims/claims/data/common.json"
FOLD_TABLE = ROOT / "layers/matcher/matcher/fold.json"
PINYIN = ROOT / "layers/matcher/matcher/pinyin.json"

COMMON_WORDS = {"ar": 500, "en": 1000, "fr": 500, "id": 1000, "ms": 500, "zh": 1000}
CLAIMS_WORDS = {"en": 4000, "id": 4000, "ms": 4000, "zh": 3000}
OWN = {"ar": r"[\u0620-\u064a]{2,}", "zh": r"[\u4e00-\u9fff]+"}
LATIN = r"[^\W\d_]{2,}(-[^\W\d_]{2,})?"

ORDINARY_WORDS = {"ar": 1500, "en": 12000, "fr": 5000, "id": 6000, "ms": 2000, "ru": 4000}
"""How many of the commonest words of a language are ordinary: behind them come names and rests of
words, such as `wat` (en 16,383rd), `shi` (id 6,572nd)."""
OF_SHORT_WORDS = 2_000  # of two letters: farther down come abbreviations
OF_PROGRAMMERS = ("nix", "mut")
"""What follows a star in `*nix`, and in `*mut` of Rust."""
ANY_WORD = 500_000  # of a language: all that wordfreq has

LOOKALIKE_SCRIPTS = ("Grek", "Cyrl", "Armn", "Copt", "Cher", "Lisu", "Cans")
SPACELESS_SCRIPTS = ("Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr")
ACCENT_BLOCKS = (
    range(0x0300, 0x0370),
    range(0x0483, 0x048A),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),
    range(0xA66F, 0xA680),
    range(0xFE20, 0xFE30),
)
TATWEEL = 0x0640
APOSTROPHE_LETTERS = "\u02b9\u02bb\u02bc\u02bd\u02ee"  # letters to Unicode, apostrophes to people
TRADE_SIGNS = "\u2120\u2122"  # "otp™" is the word otp
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic at run time
SMALL_CAPITAL = re.compile(r"LATIN LETTER SMALL CAPITAL ([A-Z])")
ENCLOSED = re.compile(
    r"(?:NEGATIVE (?:CIRCLED|SQUARED)|PARENTHESIZED) LATIN (?:CAPITAL|SMALL) LETTER ([A-Z])"
)


def opencc(name: str) -> dict[str, str]:
    """Return the single letters of a dictionary of OpenCC, each with its first choice."""
    text = (resources.files("opencc") / "dictionary" / f"{name}.txt").read_text("utf-8")
    pairs = (line.split() for line in text.splitlines() if line)
    return {pair[0]: pair[1] for pair in pairs if len(pair[0]) == len(pair[1]) == 1}


def han() -> tuple[dict[str, str], dict[str, str]]:
    """Return traditional letters to simplified ones, and those with another standard form (5)."""
    simplified = opencc("TSCharacters")
    standard = {
        variant: char
        for name in ("TWVariants", "HKVariants")
        for char, variant in opencc(name).items()
        if variant not in simplified.values()
    }
    once = {
        char: simplified.get(standard.get(char, char), standard.get(char, char))
        for char in {*standard, *simplified}
    }
    folded = {char: once.get(to, to) for char, to in sorted(once.items())}
    folded = {char: to for char, to in folded.items() if char != to}
    if circular := set(folded.values()) & set(folded):
        sys.exit(f"simplified letters of simplified letters: {circular}")
    return folded, {char: to for char, to in sorted(standard.items()) if char in folded}


def script(char: str) -> str:
    """Return the four-letter script code of a character."""
    return str(icu.Script.getScript(char).getShortName())


@cache
def skeleton(char: str) -> str:
    """Return the UTS #39 skeleton without accents: equal skeletons look alike."""
    return "".join(c for c in raw_skeleton(char) if not is_accent(ord(c)))


def is_accent(code: int) -> bool:
    """Return whether a code point is a combining mark of Latin, Greek or Cyrillic letters."""
    mark = unicodedata.category(chr(code))[0] == "M"
    return mark and any(code in block for block in ACCENT_BLOCKS)


def is_vowel_mark(code: int) -> bool:
    """Return whether a code point is a vowel mark of Arabic or Hebrew, or tatweel."""
    mark = unicodedata.category(chr(code)) == "Mn"
    arabic = 0x0600 <= code < 0x0700 or 0x08C0 <= code < 0x0900
    return code == TATWEEL or (mark and (arabic or 0x0590 <= code < 0x05D0 or code == 0xFB1E))


def is_invisible(code: int) -> bool:
    """Return whether a code point shows nothing and parts nothing."""
    char = chr(code)
    if icu.Char.hasBinaryProperty(char, icu.UProperty.DEFAULT_IGNORABLE_CODE_POINT):
        return True
    category = unicodedata.category(char)
    return category == "Cf" or (category == "Cc" and not char.isspace())


def is_word(char: str) -> bool:
    """Return whether a character is a letter, a digit or a mark."""
    return unicodedata.category(char)[0] in "LNM" and char not in APOSTROPHE_LETTERS


def is_spaceless(char: str) -> bool:
    """Return whether a character belongs to a script that writes no spaces between words."""
    users = icu.Script.getScriptExtensions(char)  # of a mark or sign that is of no one script
    return any(icu.Script(code).getShortName() in SPACELESS_SCRIPTS for code in users)


def letters_of_style(char: str) -> str:
    """Return the letter that a small capital or enclosed letter shows, else the character."""
    name = unicodedata.name(char, "")
    styled = SMALL_CAPITAL.fullmatch(name) or ENCLOSED.fullmatch(name)
    return styled[1].lower() if styled else char


def latin_lookalike(char: str) -> str:
    """Return the letter of a-z that another Latin letter looks like, else the character."""
    if char.isascii() or script(char) != "Latn":
        return char
    twin = skeleton(char)
    return twin.lower() if len(twin) == 1 and twin.isascii() and twin.isalpha() else char


def plain(char: str) -> str:
    """Apply steps 1 to 3 to one code point."""
    now, before = letters_of_style(char), ""
    while now != before:
        before = now
        now = unicodedata.normalize("NFC", now) if len(now) == 1 else now
        now = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", now).casefold())
        dropped = (is_accent, is_vowel_mark, is_invisible)
        now = "".join(c for c in now if not any(test(ord(c)) for test in dropped))
        now = "".join(
            str(unicodedata.decimal(c)) if unicodedata.category(c) == "Nd" else c for c in now
        )
        now = "".join(latin_lookalike(letters_of_style(c)) for c in now)
    return now


def dressed_as(char: str, folded: str) -> str:
    """Return the kind of disguise of a code point, by the names of `matcher.Evasion`, or "case"."""
    tag = unicodedata.decomposition(char).partition(">")[0]
    if tag in ("<wide", "<narrow"):
        return "width"
    if tag.startswith("<") or letters_of_style(char) != char:
        return "style"
    if unicodedata.category(char) == "Nd":
        return "style"
    lower = unicodedata.normalize("NFKD", char.casefold())
    if lower == folded:
        return "case"
    if any(is_vowel_mark(ord(c)) for c in lower):
        return "vowel-mark"
    if any(is_accent(ord(c)) for c in lower) or any(is_accent(ord(c)) for c in raw_skeleton(lower)):
        return "accent"
    return "lookalike" if script(char) == "Latn" else "style"


@cache
def _spoof() -> Any:
    return icu.SpoofChecker()


def raw_skeleton(text: str) -> str:
    """Return the skeleton with its marks, so that a stroke through a letter is an accent."""
    return str(_spoof().getSkeleton(icu.USpoofChecks.SINGLE_SCRIPT_CONFUSABLE, text))


def lookalike(char: str) -> str | None:
    """Apply step 4: return the letter that a small letter of another script resembles, or None."""
    small = skeleton(char)
    if len(small) == 1 and small.isascii() and small.isalpha():
        return small.lower()
    capital = char.upper()
    if len(capital) == 1 and capital != char:
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if skeleton(letter) == skeleton(capital):
                return letter.lower()
    if len(small) == 1 and letters_of_style(small) != small:
        return letters_of_style(small)
    if len(small) == 1 and script(small) in LOOKALIKE_SCRIPTS and script(small) != script(char):
        return plain(small)
    return None


def ranges(codes: Iterable[int]) -> list[list[int]]:
    """Return sorted code points as [first, last] pairs, both included."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return runs


def as_words(folded: str) -> str:
    """Return a folded string with spaces for signs and around the letters of spaceless scripts."""
    parts = (f" {c} " if is_spaceless(c) else c for c in (c if is_word(c) else " " for c in folded))
    return re.sub(" +", " ", "".join(parts))


def folded_as(char: str) -> tuple[str, str] | None:
    """Return the kind of disguise and the folded form, or None if the character stays."""
    folded = plain(char)
    if folded == char or char in TRADE_SIGNS:
        return None
    words = as_words(folded)
    if words == " ":
        # Of the signs, only an Arabic vowel mark drawn on its own is more than a space.
        return ("vowel-mark", "") if 0xFE70 <= ord(char) <= 0xFEFF else None
    return (dressed_as(char, folded) if folded else "vowel-mark"), words


def twins_of(chars: Iterable[str]) -> dict[str, str]:
    """Return the look-alikes of step 4, each led to its end, none within one script."""
    raw = {char: twin for char in chars if (twin := lookalike(char))}
    led = {char: raw.get(twin, twin) for char, twin in raw.items()}
    twins = {char: twin for char, twin in led.items() if script(twin) != script(char)}
    if circular := set(twins.values()) & set(twins):
        sys.exit(f"look-alikes of look-alikes: {circular}")
    return twins


def fold_table() -> dict[str, object]:
    """Return the whole table; see `matcher.fold` for how it is read."""
    dropped: dict[str, list[int]] = {}
    folded: dict[str, dict[str, str]] = {}
    words: list[int] = []
    spaceless: list[int] = []
    drops = {"invisible": is_invisible, "accent": is_accent, "vowel-mark": is_vowel_mark}
    for code in range(0x110000):
        char = chr(code)
        if kind := next((kind for kind, test in drops.items() if test(code)), None):
            dropped.setdefault(kind, []).append(code)
        elif code in HANGUL or unicodedata.category(char) in ("Cs", "Cn", "Co"):
            continue
        elif dress := folded_as(char):
            folded.setdefault(dress[0], {})[char] = dress[1]
        elif is_word(char) and plain(char) == char:
            (spaceless if is_spaceless(char) else words).append(code)
    scripts: dict[str, list[int]] = {}
    for code in range(0x110000):
        if unicodedata.category(chr(code))[0] == "L":
            scripts.setdefault(script(chr(code)), []).append(code)
    simplified, standard = han()
    return {
        "words": ranges(words),
        "spaceless": ranges(spaceless),
        "dropped": {kind: ranges(codes) for kind, codes in dropped.items()},
        "folded": folded,
        "lookalikes": twins_of(
            char for char in map(chr, words) if script(char) in LOOKALIKE_SCRIPTS
        ),
        "han": simplified,
        "han_standard": standard,
        "scripts": {name: ranges(scripts[name]) for name in (*LOOKALIKE_SCRIPTS, "Latn")},
    }


def build_fold() -> None:
    """Write the fold table, with the versions of its sources."""
    table = fold_table()
    digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:12]
    opencc_version = metadata.version("opencc-python-reimplemented")
    sources = f"unicode-{unicodedata.unidata_version}+icu-{icu.ICU_VERSION}"
    version = f"{sources}+opencc-{opencc_version}+{digest}"
    text = json.dumps({"version": version, **table}, ensure_ascii=True, separators=(",", ":"))
    FOLD_TABLE.write_text(text + "\n", encoding="ascii")
    print(version, len(text), "bytes")


def words_of(language: str, count: int) -> str:
    """Return the commonest words of a language, most frequent first, separated by spaces."""
    top = top_n_list(language, count)
    return " ".join(word for word in top if re.fullmatch(OWN.get(language, LATIN), word))


def pairs_of(language: str, count: int) -> str:
    """Return the commonest pairs of neighbouring letters inside words, most frequent first."""
    counted: Counter[str] = Counter()
    for word, frequency in get_frequency_dict(language).items():
        if re.fullmatch(OWN[language], word):
            for at in range(len(word) - 1):
                counted[word[at : at + 2]] += frequency
    return " ".join(pair for pair, _ in counted.most_common(count))


def ordinary_words() -> str:
    """Return the folded ordinary words that are another word without an end, sorted."""
    every = (word for language in ORDINARY_WORDS for word in top_n_list(language, ANY_WORD))
    known = {fold(word).strip() for word in every}
    last = tuple("".join(LOOKALIKES.values()))  # of four letters; of five and six only t
    behind_first = {word[1:] for word in known}
    before_last = {word[:-1] for word in known if len(word) == 4 and word.endswith(last)}
    before_last |= {word[:-1] for word in known if len(word) in (5, 6) and word.endswith("t")}
    ordinary = set(OF_PROGRAMMERS)
    for language, number in ORDINARY_WORDS.items():
        words = [fold(word).strip() for word in top_n_list(language, number)]
        ordinary |= {word for word in words if re.fullmatch(r"[^\W\d_]{3,}", word)}
        ordinary |= {word for word in words[:OF_SHORT_WORDS] if re.fullmatch(r"[^\W\d_]{2}", word)}
    return " ".join(sorted(ordinary & (behind_first | before_last | set(OF_PROGRAMMERS))))


def letters_by_syllable() -> dict[str, str]:
    """Return the Han letters of each syllable."""
    letters: defaultdict[str, str] = defaultdict(str)
    for code in sorted(PINYIN_DICT):
        char = chr(code)
        if code in range(0x4E00, 0xA000) and FOLD[code] == f" {char} ":
            [[syllable]] = pinyin(char, style=Style.NORMAL)
            letters[syllable] += char
    return dict(sorted(letters.items()))


def write(path: Path, source: str, licence: str, **content: object) -> None:
    """Write one list, with where it comes from."""
    data = {"source": source, "licence": licence} | content
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


def build_words() -> None:
    """Write the three lists and the table."""
    wordfreq = (
        f"wordfreq {metadata.version('wordfreq')} by Robyn Speer, https://github.com/rspeer/wordfreq",
        "CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/",
    )
    common = {language: words_of(language, count) for language, count in COMMON_WORDS.items()}
    write(COMMON, *wordfreq, words=common)
    write(ORDINARY, *wordfreq, words=ordinary_words())
    of_claims = {
        language: (pairs_of if language == "zh" else words_of)(language, count)
        for language, count in CLAIMS_WORDS.items()
    }
    write(OF_CLAIMS, *wordfreq, words=of_claims)
    pypinyin = f"pypinyin {metadata.version('pypinyin')} by mozillazg and others"
    source = f"{pypinyin}, https://github.com/mozillazg/python-pinyin"
    write(PINYIN, source, "MIT", letters=letters_by_syllable())


if __name__ == "__main__":
    {"fold": build_fold, "words": build_words}[sys.argv[1]]()
