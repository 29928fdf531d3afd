"""Build the lists of words that ship with the layers, from wordfreq, and the table of pinyin.

- `local/authoring/common_words.json`: the commonest words by language, for advice on packs.
- `layers/matcher/matcher/ordinary_words.json`: folded words that are left where one letter
  of another word is hidden (`*error` of terror, `star+` of start), for the matcher.
- `layers/claims/claims/data/common.json`: more of the commonest words, which tell no claim from
  another. In Chinese it holds pairs of letters, since claims are compared by pairs.
- `layers/matcher/matcher/pinyin.json`, from pypinyin: the Han letters of Unicode's first block that
  the fold leaves as they are, each once, by the syllable of its first reading, without its tone. A
  letter with several readings has that one alone: so two people who read the table find the same.

Run it with a Python that has wordfreq (58 MB, so it is not a dependency), pypinyin and the
matcher's dependencies, then look at the diff:

    PYTHONPATH=layers/terang:layers/matcher python3 scripts/build_words.py

Only words of the language's own script count, of two letters or more where letters make words.
Languages with smaller sources in wordfreq give fewer words: farther down come names.
"""

import json
import re
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

from pypinyin import Style, pinyin  # type: ignore[import-not-found]
from pypinyin.constants import PINYIN_DICT  # type: ignore[import-not-found]
from wordfreq import get_frequency_dict, top_n_list  # type: ignore[import-not-found]

from matcher.candidates import LOOKALIKES
from matcher.fold import FOLD, fold

ROOT = Path(__file__).parents[1]
COMMON = ROOT / "local/authoring/common_words.json"
ORDINARY = ROOT / "layers/matcher/matcher/ordinary_words.json"
OF_CLAIMS = ROOT / "layers/claims/claims/data/common.json"
PINYIN = ROOT / "layers/matcher/matcher/pinyin.json"

COMMON_WORDS = {"ar": 500, "en": 1000, "fr": 500, "id": 1000, "ms": 500, "zh": 1000}
CLAIMS_WORDS = {"en": 4000, "id": 4000, "ms": 4000, "zh": 3000}
OWN = {"ar": r"[\u0620-\u064a]{2,}", "zh": r"[\u4e00-\u9fff]+"}
LATIN = r"[^\W\d_]{2,}(-[^\W\d_]{2,})?"

ORDINARY_WORDS = {"ar": 1500, "en": 12000, "fr": 5000, "id": 6000, "ms": 2000, "ru": 4000}
"""How many of the commonest words of a language are ordinary: behind them come names and rests of
words, such as `wat` (en 16,383rd), `shi` (id 6,572nd)."""
OF_PROGRAMMERS = ("nix", "mut")
"""What follows a star in `*nix`, and in `*mut` of Rust."""
ANY_WORD = 500_000  # of a language: all that wordfreq has
LAST_LETTERS = tuple("".join(LOOKALIKES.values()))  # of four letters; of five and six only t


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
    behind_first = {word[1:] for word in known}
    before_last = {word[:-1] for word in known if len(word) == 4 and word.endswith(LAST_LETTERS)}
    before_last |= {word[:-1] for word in known if len(word) in (5, 6) and word.endswith("t")}
    ordinary = set(OF_PROGRAMMERS)
    for language, number in ORDINARY_WORDS.items():
        shortest = 2 if language == "ar" else 3
        words = {fold(word).strip() for word in top_n_list(language, number)}
        ordinary |= {word for word in words if re.fullmatch(rf"[^\W\d_]{{{shortest},}}", word)}
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


def main() -> None:
    """Write the three lists and the table."""
    wordfreq = (
        f"wordfreq {version('wordfreq')} by Robyn Speer, https://github.com/rspeer/wordfreq",
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
    pypinyin = f"pypinyin {version('pypinyin')} by mozillazg and others"
    source = f"{pypinyin}, https://github.com/mozillazg/python-pinyin"
    write(PINYIN, source, "MIT", letters=letters_by_syllable())


if __name__ == "__main__":
    main()
