"""Build the lists of common words that ship with the layers, from wordfreq.

Run it with a Python that has wordfreq (58 MB, so it is no dependency), then look at the diff:

    python3 scripts/build_common_words.py layers/matcher/matcher/common_words.json
    python3 scripts/build_common_words.py --claims layers/claims/claims/data/common.json

Only words of the language's own script count, of two letters or more where letters make words.
Languages with smaller sources in wordfreq give fewer words: farther down come names. The list of
claims is longer, and in Chinese it holds pairs of letters, since claims are compared by pairs.
"""

import json
import re
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

from wordfreq import get_frequency_dict, top_n_list  # type: ignore[import-not-found]

WORDS = {"ar": 500, "en": 1000, "fr": 500, "id": 1000, "ms": 500, "zh": 1000}
CLAIMS_WORDS = {"en": 4000, "id": 4000, "ms": 4000, "zh": 3000}
OWN = {"ar": r"[\u0620-\u064a]{2,}", "zh": r"[\u4e00-\u9fff]+"}
LATIN = r"[^\W\d_]{2,}(-[^\W\d_]{2,})?"


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


def main() -> None:
    """Write the file named on the command line."""
    *options, path = sys.argv[1:]
    if options == ["--claims"]:
        words = {
            language: (pairs_of if language == "zh" else words_of)(language, count)
            for language, count in CLAIMS_WORDS.items()
        }
    else:
        words = {language: words_of(language, count) for language, count in WORDS.items()}
    data = {
        "source": f"wordfreq {version('wordfreq')} by Robyn Speer, https://github.com/rspeer/wordfreq",
        "licence": "CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/",
        "words": words,
    }
    Path(path).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
