"""The fields of a pack as its author writes them: what each may hold.

`means` is the advice in a problem, and `check` is a function for the rules that a pattern cannot
express.
"""

import re
from datetime import date
from typing import Annotated

from msgspec import Meta

from authoring.wording import (
    host_problem,
    pinyin_problem,
    sign_problem,
    term_problem,
    weighted_term_problem,
)
from matcher.signs.catalogue import SIGNS
from rules.categories import KEYWORDS
from rules.pack import TERM_LENGTH
from rules.score import MOST_THRESHOLD, WEIGHT, WEIGHTS_IN_LIST

ID = r"[a-z0-9][a-z0-9-]{2,39}"
ID_MEANS = "3 to 40 of a-z, 0-9 and -, and begin with a letter or digit"
_CAMPAIGN = rf"(?!\d{{4}}-\d{{2}}(-\d{{2}})?$){ID}"
_CAMPAIGN_MEANS = f"{ID_MEANS}, and not be a month or day, since those name other summaries"
_LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def _text(pattern: str, means: str) -> Meta:
    return Meta(pattern=f"^{pattern}$", extra={"means": means})


def _language_problem(written: str) -> str | None:
    if re.fullmatch(_LANGUAGE, written):
        return None
    return f"`{written}` is not a language code like en, id, zh-Hant"


Words = Annotated[str, Meta(pattern=r"\S", extra={"means": "some words"})]
Title = Annotated[
    str, _text(r".{0,199}\S.{0,199}", "one line of at most 200 letters"), Meta(max_length=400)
]
Id = Annotated[str, _text(ID, ID_MEANS)]
Campaign = Annotated[str, _text(_CAMPAIGN, _CAMPAIGN_MEANS)]
Link = Annotated[str, _text(r"https?://\S+", "a link: https://…")]
Digest = Annotated[str, _text(r"[0-9a-f]{64}", "64 of 0-9 and a-f")]
Day = Annotated[date, Meta(extra_json_schema={"pattern": r"^\d{4}-\d\d-\d\d$"})]
TermText = Annotated[str, Meta(min_length=1, max_length=TERM_LENGTH, extra={"check": term_problem})]
Terms = Annotated[list[TermText], Meta(min_length=1)]
WeightedTerm = Annotated[
    str, Meta(min_length=1, max_length=TERM_LENGTH, extra={"check": weighted_term_problem})
]
Weight = Annotated[int, Meta(ge=-WEIGHT, le=WEIGHT)]
SignId = Annotated[str, Meta(min_length=1, extra={"check": sign_problem})]
Weights = Annotated[dict[WeightedTerm, Weight], Meta(min_length=1, max_length=WEIGHTS_IN_LIST)]
SignWeights = Annotated[
    dict[SignId, Weight],
    Meta(
        min_length=1,
        max_length=WEIGHTS_IN_LIST,
        description="Each counts once a part.",
        extra_json_schema={"propertyNames": {"enum": sorted(SIGNS)}},
    ),
]
PinyinTerm = Annotated[str, Meta(min_length=1, extra={"check": pinyin_problem})]
PinyinWeights = Annotated[
    dict[PinyinTerm, Weight],
    Meta(
        min_length=1,
        max_length=WEIGHTS_IN_LIST,
        description="Syllables without tones (`jia-wei`): Han letters of these sounds count once.",
    ),
]
Threshold = Annotated[int, Meta(ge=1, le=MOST_THRESHOLD)]
Host = Annotated[str, Meta(pattern=r"\S", extra={"check": host_problem})]
Examples = Annotated[list[str], Meta(extra_json_schema={"minItems": 2})]
Language = Annotated[str, Meta(pattern=_LANGUAGE, extra={"check": _language_problem})]
Keyword = Annotated[
    str,
    Meta(extra_json_schema={"enum": sorted({word for some in KEYWORDS.values() for word in some})}),
]
