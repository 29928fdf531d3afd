"""What each row of parts 7 and 8 means, said once more for whoever checks a report.

It shares no code with what wrote the report: only the standard library.
"""

from report_proof.definitions import (
    AUDITED_AT_LEAST,
    PROVIDERS_OWN,
    Book,
    Proof,
    Record,
    did_something,
    hours_of,
    number_of,
)

ENDED = {
    "Decisions upheld": "upheld",
    "Decisions partially reversed": "partly_reversed",
    "Decisions reversed": "reversed",
    "Decision omitted": "omitted",
}
REPEATED = {
    "illegal content": "illegal_content",
    "unfounded notices": "unfounded_notices",
    "unfounded complaints": "unfounded_complaints",
}


def contest_cell(indicator: str, scope: str, book: Book) -> Proof:
    """A number of part 7."""
    if indicator.startswith("Number of suspensions"):
        why = next(code for words, code in REPEATED.items() if indicator.endswith(words))
        return number_of([one for one in book.of("suspension") if one["why"] == why])
    outcomes = list(book.of("outcome"))
    if indicator.startswith("Number of restrictions newly imposed"):
        of_complaints = [one for one in outcomes if one.get("complaint")]
        new = [one for one in of_complaints if not did_something(one["about"])]
        return number_of([one for one in new if did_something(one)])
    kind = "dispute" if "out-of-court" in indicator else "complaint"
    came = [one for one in book.of(kind) if _regards(indicator, one["about"])]
    ended = [one for one in outcomes if one.get(kind) and _regards(indicator, one["about"])]
    if scope == "Total number":
        return number_of(came)
    if scope in ENDED:
        return number_of([one for one in ended if one["outcome"] == ENDED[scope]])
    decided = [one for one in ended if one["outcome"] != "omitted"]
    if scope == "Median time":
        return hours_of(
            [(one, one["answers"]["received_at"], one["decided_at"]) for one in decided]
        )
    done = [one for one in decided if one.get("implemented")]
    share = len(done) / len(decided) if decided else None
    return Proof(share, number_of(done).ids, number_of(decided).ids)


def _regards(indicator: str, decision: Record) -> bool:
    """Whether a contest of this decision counts in a row."""
    taken = decision.get("measures") or {}
    if not indicator.startswith("Complaint regarding"):
        return True
    if "not to take action" in indicator:
        source = "TRUSTED_FLAGGER" if "Trusted Flagger" in indicator else "ARTICLE_16"
        return decision["source_type"] == source and not did_something(decision)
    named = {
        "restrict visibility": "visibility",
        "provision of the service": "provision",
        "an account": "account",
        "monetise": "monetary",
    }
    return bool(taken.get(next(name for words, name in named.items() if words in indicator)))


def automated_cell(indicator: str, scope: str, book: Book) -> Proof:
    """A number of part 8."""
    if "solely" in indicator:
        return number_of([])
    if indicator.startswith("Number of measures"):
        acted = [one for one in book.of("decision") if did_something(one)]
        own = scope == "Own-initiative"
        return number_of([one for one in acted if one["source_type"] == PROVIDERS_OWN or not own])
    if indicator.startswith("Number of notices"):
        came = [one for one in book.of("notice") if one.get("article_16")]
        trusted = scope == "NAM Trusted Flagger"
        return number_of([one for one in came if one.get("trusted_flagger") or not trusted])
    if scope.startswith("NAM") or indicator.endswith("Accuracy"):
        return Proof(None, frozenset())
    return _precision(book) if indicator.endswith("Precision") else _recall(book)


def _judged(book: Book) -> tuple[list[Record], list[Record]]:
    """Decisions on findings, and those of them by which the findings count as right."""
    verdicts = ("confirmed", "dismissed")
    judged = [one for one in book.of("decision") if one.get("rules") and one["verdict"] in verdicts]
    right = [
        one for one in judged if (one["verdict"] == "confirmed") ^ (one["entry"] in book.fallen)
    ]
    return judged, right


def _precision(book: Book) -> Proof:
    judged, right = _judged(book)
    findings = [sum(one["rules"].values()) for one in judged]
    if not findings:
        return Proof(None, frozenset())
    share = sum(sum(one["rules"].values()) for one in right) / sum(findings)
    return Proof(share, number_of(right).ids, number_of(judged).ids)


def _recall(book: Book) -> Proof:
    """Of the months with an audit: what was found, beside it and what the samples say was not."""
    audited = [one for one in book.of("audit") if one["verdict"] != "gone"]
    months = {one["month"] for one in audited}
    found = [one for one in _judged(book)[1] if min(one["found_days"])[:7] in months]
    missed = 0.0
    for month in months:
        sample = [one["verdict"] == "violating" for one in audited if one["month"] == month]
        met = sum(min(one["found_days"])[:7] == month for one in found)
        missed += max(0, book.inspected.get(month, 0) - met) * sum(sample) / len(sample)
    if len(audited) < AUDITED_AT_LEAST or not (found or missed):
        return Proof(None, frozenset())
    share = len(found) / (len(found) + missed)
    return Proof(share, number_of(found).ids, number_of(audited).ids)
