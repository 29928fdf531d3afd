"""The posts whose labels somebody should look at again, and their answers.

A few wrong labels cost more than any recipe wins back: an advert that is labelled ordinary forces
the threshold up. So the ordinary posts with the highest sums and the harmful ones with the lowest
are written down, with the reasons; a reader fills in `answer`, and the pack is learned
again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from authoring.learning.labelled import HARMFUL, ORDINARY, LabelError, LabelledPost
from authoring.learning.measuring import Measured

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

    Raises:
        LabelError: If a line is not a row of a review, or its answer is not allowed.
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
