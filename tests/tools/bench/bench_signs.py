"""What looking for signs costs, a post, next to reading the line of texts that they are in."""

from functools import partial

from tools.bench import corpus
from tools.bench.measure import Report, medians

from matcher.key_finders import ALPHABET
from matcher.sign_catalogue import SIGNS, find_signs
from matcher.sign_finder import SignFinder
from matcher.sign_tables import in_lines
from scan.unit_input import read_records

FEW = 500  # posts, for the plain way


def test_signs(report: Report) -> None:
    """All signs, and the one that shipped rules have, in batches and alone."""
    texts = [post.text for post in read_records(corpus.unit(corpus.HIT_RATES[0])).posts]
    lines = [(ALPHABET.line(some), some) for some in in_lines(texts)]

    def among(finder: SignFinder) -> None:
        for line, some in lines:
            finder.among(finder.view(line), some)

    cases = {
        "the line alone": lambda: [ALPHABET.line(some) for _, some in lines],
        "all signs": partial(among, SignFinder(SIGNS)),
        "links": partial(among, SignFinder(["link"])),
    }
    taken = {name: seconds / len(texts) for name, seconds in medians(cases).items()}
    plain = {"all signs, each text alone": lambda: [find_signs(t, SIGNS) for t in texts[:FEW]]}
    taken |= {name: seconds / FEW for name, seconds in medians(plain, rounds=3).items()}
    report.row("Signs", "what", "µs a post", "times the line")
    for name, seconds in taken.items():
        report.row(
            "Signs", name, f"{seconds * 1e6:.2f}", f"{seconds / taken['the line alone']:.1f}"
        )
    report.goal("all signs", taken["all signs"] * 1e6, 3, " µs", most=True)
