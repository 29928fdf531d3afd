"""Builds the list of common words, layers/matcher/matcher/common_words.json, from wordfreq.

Run it with a Python that has wordfreq (58 MB, so it is no dependency), then look at the diff:

    python3 scripts/build_common_words.py layers/matcher/matcher/common_words.json

Only words of the language's own script count, of two letters or more where letters make words.
Languages with smaller sources in wordfreq give fewer words: farther down come names.
"""

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

from wordfreq import top_n_list  # type: ignore[import-not-found]

WORDS = {"ar": 500, "en": 1000, "fr": 500, "id": 1000, "ms": 500, "zh": 1000}
OWN = {"ar": r"[\u0620-\u064a]{2,}", "zh": r"[\u4e00-\u9fff]+"}
LATIN = r"[^\W\d_]{2,}(-[^\W\d_]{2,})?"


def words_of(language: str) -> str:
    """The commonest words of a language, most frequent first, parted by spaces."""
    top = top_n_list(language, WORDS[language])
    return " ".join(word for word in top if re.fullmatch(OWN.get(language, LATIN), word))


def main() -> None:
    """Writes the file named on the command line."""
    data = {
        "source": f"wordfreq {version('wordfreq')} by Robyn Speer, https://github.com/rspeer/wordfreq",
        "licence": "CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/",
        "words": {language: words_of(language) for language in WORDS},
    }
    Path(sys.argv[1]).write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
