"""Cut random files at random, as often as asked for (`make drill-ranges`). Each case has its own
seed, so that one alone can be run again: `--first SEED --cases 1`. It stops at the first case that
fails, and names its seed."""

import argparse
import sys
import time
from random import Random
from unittest.mock import patch

from support.whole_lines import check

from scan import unit_input

SIGNS = [
    b"a", b"\n", b"\n", b"\r", b"\r\n", "é".encode(), b'"', "验".encode(), b"\xc3", b"\0", b"{}",
]  # fmt: skip
LONGEST = 60
STATIONS = 10


def one_case(seed: int) -> None:
    """Cut one file, and compare the lines that its ranges own with the whole lines."""
    chance = Random(seed)
    data = b"".join(chance.choices(SIGNS, k=chance.randrange(LONGEST)))
    size, read_on = chance.randint(1, len(data) + 2), chance.choice([1, 2, 3, 7, 100])
    with patch.object(unit_input, "READ_ON_BYTES", read_on):
        check(data, size)


def main() -> int:
    """Run the cases that the command line names."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--first", type=int, default=0, help="seed of the first case")
    asked = options.parse_args()
    began = time.monotonic()
    for number in range(asked.cases):
        try:
            one_case(asked.first + number)
        except AssertionError:
            sys.stderr.write(f"seed {asked.first + number} fails\n")
            raise
        if (number + 1) % max(1, asked.cases // STATIONS) == 0:
            sys.stdout.write(f"{number + 1:,} cases, {time.monotonic() - began:.0f} s\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
