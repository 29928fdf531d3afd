"""Build the table of pinyin, layers/matcher/matcher/pinyin.json, from pypinyin.

Run it with a Python that has pypinyin (MIT) and the matcher's layers on its path, then look at the
diff:

    python3 scripts/build_pinyin.py layers/matcher/matcher/pinyin.json

It holds the Han letters of Unicode's first block that the fold leaves as they are, each once, by
the syllable of its first reading, without its tone. A letter with several readings has that one
alone: so two people who read the table find the same.
"""

import json
import sys
from collections import defaultdict
from importlib import metadata
from pathlib import Path

from pypinyin import Style, pinyin  # type: ignore[import-not-found]
from pypinyin.constants import PINYIN_DICT  # type: ignore[import-not-found]

from matcher.fold import FOLD

FIRST_BLOCK = range(0x4E00, 0xA000)


def main(target: Path) -> None:
    """Write the table."""
    letters: defaultdict[str, str] = defaultdict(str)
    for code in sorted(PINYIN_DICT):
        char = chr(code)
        if code in FIRST_BLOCK and FOLD[code] == f" {char} ":
            [[syllable]] = pinyin(char, style=Style.NORMAL)
            letters[syllable] += char
    version = metadata.version("pypinyin")
    table = {
        "source": f"pypinyin {version} by mozillazg and others, https://github.com/mozillazg/python-pinyin",
        "licence": "MIT",
        "letters": dict(sorted(letters.items())),
    }
    target.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
