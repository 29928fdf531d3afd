"""`terang packs format`: packs in the canonical layout."""

import argparse

from authoring.check import pack_paths
from authoring.format import LayoutError, canonical
from ledger.errors import OperatorError
from matcher import PackError
from terang import USAGE
from terang.casework.message_file import read_file
from terang.console import print_problem, print_result


def format_packs(options: argparse.Namespace) -> int:
    """Lay out packs: 0 if all is well now; 1 if some do not parse, or `--check` finds work."""
    if not options.packs.exists():
        print_problem(f"{options.packs}: no such file or folder")
        return USAGE
    well = True
    for path in pack_paths(options.packs):
        try:
            text = read_file(path).decode("utf-8")
            laid_out = canonical(text, str(path))
        except PackError as error:
            for one in error.problems:
                print_problem(one)
            well = False
            continue
        except UnicodeDecodeError as error:
            print_problem(f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8")
            well = False
            continue
        except (LayoutError, OperatorError) as error:
            print_problem(error)
            well = False
            continue
        if laid_out == text:
            continue
        if options.check:
            well = False
            print_result(f"would format {path}")
        else:
            path.write_text(laid_out, "utf-8", newline="\n")
            print_result(f"formatted {path}")
    return 0 if well else 1
