"""`terang packs learn`: labelled posts become a scored pack in shadow."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from authoring.check import SHIPPED_SENTENCES, read_sentences
from authoring.learning.labelled import LabelError, LabelledPost, read_clean, read_labelled
from authoring.learning.review import read_answers, relabel, review_lines
from ledger.errors import OperatorError
from matcher.signs.catalogue import SIGNS
from rules.categories import category_problem
from terang import ROOT, USAGE
from terang.case_messages import read_file
from terang.cli.arguments import Day, InputError, UsageError, today_utc
from terang.console import print_problem, print_result, print_warning


def learn(
    *labelled: Annotated[Path, Parameter(help="JSON Lines or .csv, with `text` and `label`")],
    clean: Annotated[
        tuple[Path, ...], Parameter(metavar="FILE", help="further ordinary posts, with `text`")
    ] = (),
    pack_id: Annotated[str, Parameter(name="--id", metavar="ID", help="the pack's id")],
    category: Annotated[str, Parameter(metavar="CODE", help="a category of the DSA")],
    out: Annotated[Path, Parameter(metavar="DIR", help="the folder of the results")],
    language: Annotated[
        str, Parameter(metavar="TAG", help="of the posts, such as id; default: to be filled in")
    ] = "",
    harmful: Annotated[
        tuple[str, ...],
        Parameter(metavar="LABEL", help="labels that mean harmful; all others mean ordinary"),
    ] = (),
    strike: Annotated[
        Path | None, Parameter(metavar="FILE", help="terms that must not be used, one a line")
    ] = None,
    relabel_file: Annotated[
        Path | None,
        Parameter(name="--relabel", metavar="FILE", help="a review.jsonl with `answer` filled in"),
    ] = None,
    most: Annotated[int, Parameter(metavar="N", help="terms and signs with a weight")] = 200,
    today: Annotated[Day | None, Parameter(help="the first day in force")] = None,
) -> int:
    """Write the pack in shadow, its card, and the posts whose labels somebody should look at."""
    from authoring.learning.fitting import LearningError, find_library  # late: they need numpy
    from authoring.learning.learning import Wanted
    from authoring.learning.learning import learn as learn_weights
    from authoring.learning.pack_text import LearnedPack, pack_text

    if problem := category_problem(category):
        raise UsageError(problem)
    if not labelled:
        raise UsageError("name at least one file of labelled posts")
    try:
        posts = _read(labelled, partial(read_labelled, harmful=harmful))
        others = _read(clean, read_clean)
        if relabel_file:
            posts = relabel(posts, read_answers(read_file(relabel_file), str(relabel_file)))
        struck = read_file(strike).decode("utf-8", "replace").splitlines() if strike else []
    except LabelError as error:
        for row in error.problems:
            print_problem(row)
        return USAGE
    except OperatorError as error:
        raise InputError(str(error)) from None
    problems, protected = read_sentences(SHIPPED_SENTENCES)
    if problems:
        raise InputError("\n".join(map(str, problems)))
    sentences = [sentence.text for sentence in protected]
    wanted = Wanted(most, tuple(SIGNS), tuple(line for line in struck if line.strip()))
    try:
        find_library(ROOT)
        learned = learn_weights(posts, others, sentences, wanted, print_warning)
    except LearningError as error:
        raise OperatorError(str(error)) from None
    pack = LearnedPack(pack_id, category, language, today or today_utc())
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{pack_id}.yaml"
    path.write_text(pack_text(pack, learned, {}), "utf-8", newline="\n")
    (out / "review.jsonl").write_text("\n".join([*review_lines(learned.measured), ""]), "utf-8")
    print_result(f"wrote {path} and {out / 'review.jsonl'}")
    return 0


def _read(
    paths: Sequence[Path], read: Callable[[bytes, str, str], list[LabelledPost]]
) -> list[LabelledPost]:
    return [
        post
        for path in paths
        for post in read(read_file(path, may_be_pipe=True), str(path), path.suffix)
    ]
