"""Which Han letters `build_fold.py` folds to which, from the dictionaries of OpenCC."""

import sys
from importlib import resources


def opencc(name: str) -> dict[str, str]:
    """Single letters of a dictionary of OpenCC, each with its first choice."""
    text = (resources.files("opencc") / "dictionary" / f"{name}.txt").read_text("utf-8")
    pairs = (line.split() for line in text.splitlines() if line)
    return {pair[0]: pair[1] for pair in pairs if len(pair[0]) == len(pair[1]) == 1}


def han() -> tuple[dict[str, str], dict[str, str]]:
    """Step 5: traditional letters to simplified ones, and those with another standard form."""
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
