"""Labelled posts, the thresholds that they give, and the labels that somebody should look at again.

Posts come as JSON Lines, or as a table with a header (`.csv`, `.tsv`). Each row has `text` and
`label`. `group` names the copies of one text, if somebody grouped them already. `brand` names what
an advert is for: its letters never become a term.

Thresholds come from sums of posts that shaped no weight. `threshold` is the lowest sum from which
on 99 of 100 hits are harmful, and at most one of 1,000 clean texts is hit. `high` is the lowest sum
from which on at most one of 10,000 ordinary posts is hit. Fewer than 10,000 ordinary posts cannot
show that: then no ordinary post may reach `high`, and the card says how many there were. With fewer
than 1,000 both are estimated from how the highest sums fall off, since 50 ordinary posts that are
not hit would allow a hit among the next 50.

One advert with the label ordinary would force both up. So a few ordinary posts that look like wrong
labels (`suspects`) do not count here, and the card says how many. They and the harmful posts with
the lowest sums are written down; a reader fills in `answer`, and the pack is learned again.
"""

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO

import numpy as np
import numpy.typing as npt

from ledger.units import wilson_interval
from rules.pack_parts import WEIGHT

HARMFUL = ("harmful", "1", "true", "yes")
ORDINARY = ("ordinary", "0", "false", "no")
SHOWN = 20
"""Problems that are shown; a file of the wrong kind has one in each line."""

SEPARATORS = {".csv": ",;", ".tsv": "\t"}  # Excel writes both into .csv; the header shows which


@dataclass(frozen=True, slots=True)
class LabelledPost:
    """A text with its label, and the file and line it comes from.

    If moderators gave the label, `moderators` are they, `weight` is how many posts it counts for,
    and `selected` says how the post came before them. `is_confirmed` says that somebody looked at
    the label again.
    """

    text: str
    is_harmful: bool
    place: str
    group: str = ""
    brand: str = ""
    weight: float = 1.0
    moderators: frozenset[str] = frozenset()
    selected: str = ""
    is_confirmed: bool = False


class LabelError(ValueError):
    """Rows that cannot be used: `problems` has a sentence for each, with file, line and advice."""

    def __init__(self, *problems: str):
        super().__init__("\n".join(problems))
        self.problems = problems


def read_labelled(
    data: bytes, name: str, suffix: str, harmful: Collection[str] = ()
) -> list[LabelledPost]:
    """Return the posts of one file, in the order of its rows.

    With the suffix `.csv` or `.tsv` it is a table, else JSON Lines. `harmful` are the labels that
    mean harmful; then every other label means ordinary. Without any, labels are words such as
    `harmful` and `ordinary`. Raises LabelError with the first rows that cannot be used.
    """
    return _posts(data, name, suffix, lambda row: _label_of(row, harmful))


def read_clean(data: bytes, name: str, suffix: str) -> list[LabelledPost]:
    """Return the texts of a file of ordinary posts, whose labels do not matter.

    Raises LabelError like `read_labelled`.
    """
    return _posts(data, name, suffix, lambda _: False)


type _Row = Mapping[str, object]


def _posts(
    data: bytes, name: str, suffix: str, label_of: Callable[[_Row], bool | str]
) -> list[LabelledPost]:
    posts: list[LabelledPost] = []
    problems: list[str] = []
    for line, row in _rows(data, name, suffix):
        place = f"{name}:{line}"
        label = row if isinstance(row, str) else _text_problem(row) or label_of(row)
        if isinstance(row, str) or isinstance(label, str):  # what is wrong with the row
            problems.append(f"{place}: {label}")
        else:
            group, brand = (str(row.get(one) or "").strip() for one in ("group", "brand"))
            posts.append(LabelledPost(str(row["text"]), label, place, group, brand))
    raise_problems(problems)
    return posts


def _rows(data: bytes, name: str, suffix: str) -> Iterator[tuple[int, _Row | str]]:
    """Yield each row with its line; a string says why a line is not a row."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LabelError(f"{name}:{line}: not UTF-8; save the file as UTF-8") from None
    if suffix.lower() in SEPARATORS:
        yield from _table_rows(text, name, SEPARATORS[suffix.lower()])
        return
    for line, written in enumerate(text.split("\n"), 1):
        if written.strip():
            yield line, _json_row(written)


def _json_row(written: str) -> _Row | str:
    try:
        row = json.loads(written)
    except (ValueError, RecursionError) as error:
        return f"not JSON ({error}); each line is one object, a table is named .csv or .tsv"
    return row if isinstance(row, dict) else 'not an object; write {"text": …, "label": …}'


def _table_rows(text: str, name: str, separators: str) -> Iterator[tuple[int, _Row | str]]:
    header = text.partition("\n")[0]
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=max(separators, key=header.count))
    if "text" not in (columns := rows.fieldnames or ()):
        raise LabelError(
            f"{name}:1: no column `text`; the header has {', '.join(columns) or 'nothing'}"
        )
    start = rows.line_num + 1
    try:
        for row in rows:
            yield start, row
            start = rows.line_num + 1
    except csv.Error as error:
        raise LabelError(f"{name}:{start}: not a table: {error}") from None


def _text_problem(row: _Row) -> str | None:
    text = row.get("text")
    if not isinstance(text, str):
        return "no `text`, or it is not a string"
    return None if text.strip() else "`text` is empty; leave the row out"


def _label_of(row: _Row, harmful: Collection[str]) -> bool | str:
    """Return whether a row is labelled harmful, or why its label does not say so."""
    given = row.get("label")
    label = str(given).strip() if isinstance(given, (str, int)) else ""
    label = label.lower() if isinstance(given, bool) else label
    allowed = f"allowed are {', '.join(HARMFUL)} and {', '.join(ORDINARY)}"
    if not label:
        return f"no `label`; {allowed}"
    if harmful:
        return label in harmful
    if label.casefold() in (*HARMFUL, *ORDINARY):
        return label.casefold() in HARMFUL
    return f"label `{label[:40]}` is not known; {allowed}, or name the harmful ones with --harmful"


def raise_problems(problems: list[str]) -> None:
    """Raise LabelError with the first of the problems, if there are any."""
    if problems:
        further = len(problems) - SHOWN
        shown = problems[:SHOWN] + ([f"and {further} more"] if further > 0 else [])
        raise LabelError(*shown)


PRECISION = 0.99
FALSE_RATE = 1e-4
CLEAN_RATE = 1e-3
FEW = 1_000
"""With fewer ordinary posts both thresholds are estimated."""

SUSPECT_SHARE = 1 / 100
"""The part of the ordinary posts that may be left out as wrong labels, and at least one post."""

MOST_SUSPECTS = 10
"""So many at most: whoever has many posts can look at the labels of these."""

TAIL = 3 / 20
"""The part of few ordinary posts whose sums show how high sums fall off."""

LOWEST = WEIGHT + 1
"""The lowest threshold: no single term or sign is enough."""

type Sums = npt.NDArray[np.int64]
type Flags = npt.NDArray[np.bool_]
type Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Posts, and for each a sum of weights that neither it nor a copy of it shaped.

    The first `labelled` posts have labels, the others are clean texts. `brand_sums` are of weights
    that no advert for the same brand shaped; None without brands. `weights` are how many posts each
    counts for.
    """

    posts: Sequence[LabelledPost]
    labelled: int
    groups: Sequence[int]
    is_harmful: Flags
    sums: Sums
    brand_sums: Sums | None
    weights: Reals | None = None

    @property
    def suspects(self) -> Flags:
        """Return which of the labelled posts look like harmful ones with a wrong label."""
        cut = self.labelled
        confirmed = np.array([post.is_confirmed for post in self.posts[:cut]], dtype=bool)
        return suspects(self.sums[:cut], self.is_harmful[:cut], confirmed)

    def choose_thresholds(self) -> tuple[int, int]:
        """Return the thresholds that hold for new copy groups and for new brands."""
        both = [sums for sums in (self.sums, self.brand_sums) if sums is not None]
        cut, kept = self.labelled, ~self.suspects
        weights = None if self.weights is None else self.weights[:cut][kept]
        chosen = [
            choose_thresholds(sums[:cut][kept], self.is_harmful[:cut][kept], sums[cut:], weights)
            for sums in both
        ]
        return max(threshold for threshold, _ in chosen), max(high for _, high in chosen)


def suspects(sums: Sums, is_harmful: Flags, is_confirmed: Flags) -> Flags:
    """Return which ordinary posts look like harmful ones with a wrong label.

    Their sums are at least the median of the harmful ones, and nobody confirmed their labels. At
    most `SUSPECT_SHARE` of the ordinary posts are, and at most `MOST_SUSPECTS`: those with the
    highest sums.

    >>> sums, harmful = np.array([30, 20, 12, 25, 2, 1]), np.array([True] * 3 + [False] * 3)
    >>> suspects(sums, harmful, np.zeros(6, bool)).tolist()
    [False, False, False, True, False, False]
    """
    found = np.zeros(len(sums), bool)
    if not is_harmful.any():
        return found
    least = max(LOWEST, float(np.median(sums[is_harmful])))
    high = np.flatnonzero(~is_harmful & ~is_confirmed & (sums >= least))
    most = max(1, min(int(SUSPECT_SHARE * np.count_nonzero(~is_harmful)), MOST_SUSPECTS))
    found[high[np.argsort(-sums[high], kind="stable")][:most]] = True
    return found


def choose_thresholds(
    sums: Sums, is_harmful: Flags, clean: Sums, weights: Reals | None = None
) -> tuple[int, int]:
    """Return `threshold` and `high`, at least `LOWEST`, `high` above `threshold`.

    >>> sums, harmful = np.array([19, 18, 13, 12, 1]), np.array([True, True, False, True, False])
    >>> choose_thresholds(sums, harmful, np.repeat([15, 0], [2, 1000]))
    (16, 17)

    The sums are of the labelled posts, `clean` are those of further ordinary posts, and `weights`
    are how many posts each labelled one counts for; None for one each.
    """
    weights = np.ones(len(sums)) if weights is None else weights
    ordinary = np.concatenate([sums[~is_harmful], clean])
    high, lowest = max(_lowest_with(ordinary, FALSE_RATE), LOWEST), LOWEST
    if 0 < len(ordinary) < FEW:
        lowest = max(lowest, _estimated(ordinary, CLEAN_RATE, errors=0))
        high = max(high, _estimated(ordinary, FALSE_RATE, errors=1))
    threshold = high
    for candidate in range(lowest, high):
        hits = sums >= candidate
        right = weights[hits & is_harmful].sum()
        false_clean = np.count_nonzero(clean >= candidate)
        if right >= PRECISION * weights[hits].sum() and false_clean <= CLEAN_RATE * len(clean):
            threshold = candidate
            break
    return threshold, max(high, threshold + 1)


def _lowest_with(ordinary: Sums, rate: float) -> int:
    """Return the lowest sum that at most this part of ordinary posts reaches."""
    allowed = int(len(ordinary) * rate)
    ordered = np.sort(ordinary)[::-1]
    return int(ordered[allowed]) + 1 if len(ordered) > allowed else 0


def _estimated(ordinary: Sums, rate: float, errors: int) -> int:
    """Return the lowest sum that this part of ordinary posts would reach, as few of them show.

    The highest sums are taken to fall off exponentially, which is slower than most of them do.
    Their mean distance from where they begin says how fast; standard errors are added to it.

    >>> _estimated(np.array([1, 1, 1, 1, 2, 2, 2, 3, 3, 5]), 1 / 1000, errors=1)
    12
    """
    ordered = np.sort(ordinary)[::-1]
    count = math.ceil(TAIL * len(ordered))
    begin = int(ordered[min(count, len(ordered) - 1)])
    fall = float(np.mean(ordered[:count] - begin)) * (1 + errors / math.sqrt(count))
    return math.ceil(begin + fall * math.log(TAIL / rate))


def share_of_groups(flags: Flags, groups: Sequence[int]) -> tuple[int, int, float, float]:
    """Return how many copy groups have a flag, of how many, and the 95 % interval of that share.

    A group has it if half of its posts have it.

    >>> share_of_groups(np.array([True, True, False]), [7, 7, 8])[:2]
    (1, 2)
    """
    with_flag, posts = Counter[int](), Counter(groups)
    for group, flag in zip(groups, flags.tolist(), strict=True):
        with_flag[group] += flag
    part = sum(2 * with_flag[group] >= count for group, count in posts.items())
    low, high = wilson_interval(part, len(posts)) if posts else (0.0, 1.0)
    return part, len(posts), math.floor(low * 1000) / 1000, math.ceil(high * 1000) / 1000


ROWS = 50
"""Rows of each label."""


def review_lines(measured: Measured) -> Iterator[str]:
    """Yield the rows as JSON: the most suspicious first, ordinary ones before harmful ones."""
    order = np.argsort(-measured.sums, kind="stable")
    flags = measured.is_harmful[order]
    for chosen in (order[~flags][:ROWS], order[flags][::-1][:ROWS]):
        for at in map(int, chosen):
            post = measured.posts[at]
            row = {
                "place": post.place,
                "label": (HARMFUL if post.is_harmful else ORDINARY)[0],
                "answer": "",
                "score": int(measured.sums[at]),
                "text": post.text,
            }
            yield json.dumps(row, ensure_ascii=False)


def read_answers(data: bytes, name: str) -> dict[str, bool]:
    """Return the answers of a review by text: whether it is harmful. Rows without one are left out.

    Raises LabelError if a line is not a row of a review, or its answer is not allowed.
    """
    answers: dict[str, bool] = {}
    for number, line in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, answer = row["text"], str(row.get("answer") or "").strip().casefold()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise LabelError(
                f"{name}:{number}: not a row of review.jsonl, which has `text` and `answer`"
            ) from None
        if answer and answer not in (*HARMFUL, *ORDINARY):
            raise LabelError(
                f"{name}:{number}: answer `{answer[:40]}` is not known; allowed are "
                f"{HARMFUL[0]}, {ORDINARY[0]}, or nothing"
            )
        if answer:
            answers[text] = answer in HARMFUL
    return answers


def relabel(posts: Iterable[LabelledPost], answers: Mapping[str, bool]) -> list[LabelledPost]:
    """Return the posts with the labels of the answers; copies of a text get the same label."""
    return [
        replace(post, is_harmful=answers[post.text], is_confirmed=True)
        if post.text in answers
        else post
        for post in posts
    ]
