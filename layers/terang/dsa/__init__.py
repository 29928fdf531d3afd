"""The duties of the EU Digital Services Act: notices, statements of reasons, the yearly report.

`decision_files` makes what decide writes about a measure: the author's notice and the statement of
reasons; how a complaint ended; and the answers to removal orders, to be signed. Start there, or
with `report.Report`.
"""

from collections.abc import Callable
from datetime import date
from functools import partial

from dsa import statement
from dsa.statement_checks import meaning_problems, schema_problems
from ledger.cases import Case, JournalEntry
from ledger.findings import Finding
from ledger.keys import author_notice_key, rule_page, statement_key
from ledger.numbers import numbered_case
from ledger.texts import encode_json
from rules.pack import Pack


def decision_files(
    entry: JournalEntry,
    case_of: Callable[[str], Case | None],
    pack_of: Callable[[Finding], Pack],
    *,
    public_url: str,
    objecting: Callable[[str, str], tuple[str, str]],
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of a committed entry by key, and the problems of its statement.

    The problems are what `terang statements lint` would report, as `puid field code`. A statement
    with problems is written all the same: the decision is valid, and a person has to correct the
    statement or the decision. `public_url` is the address of the packs' pages, or empty.
    `objecting` gives the number of a provider's case, and where one complains by it.
    """
    if entry.type == "order" and (order := case_of(entry.cases[0])):
        texts = statement.order_texts(order.order_so_far(), order.entries[0].message).items()
        key = partial(author_notice_key, entry.provider, order.case)
        return {key(name): text.encode() for name, text in texts}, ()
    if entry.type == "outcome" and entry.answers and entry.answers.type == "complaint":
        contest = case_of(entry.complaint)
        reason = contest.entries[-1].reason if contest else ""  # empty if the author was erased
        number, _ = objecting(entry.provider, numbered_case(entry))
        key = partial(author_notice_key, entry.provider, entry.complaint)
        told = statement.NOTICE_LANGUAGES if reason else ()
        return {
            key(one): statement.outcome_notice(one, entry, reason, number).encode() for one in told
        }, ()
    if entry.type != "decision" or entry.measures is None:
        return {}, ()
    decision = case_of(entry.entry)
    if decision is None:
        raise LookupError(f"the decision {entry.entry} has no case, but it is committed")
    first = decision.entries[0]
    names = (name for name in entry.cases if name != entry.entry)
    cases = [case for name in names if (case := case_of(name))]
    findings = [
        statement.DecidedFinding(finding, pack_of(finding), rule_page(finding, public_url))
        for finding in (case.finding for case in cases)
        if finding is not None
    ]
    notices = [case.entries[0] for case in cases if case.finding is None]
    is_erased = any(case.is_erased for case in (*cases, decision))
    number, object_at = objecting(entry.provider, entry.entry)
    files = {
        author_notice_key(entry.provider, entry.entry, language): statement.author_notice(
            language, first, findings, notices or [first], number, object_at, public_url
        ).encode()
        for language in (() if is_erased else statement.NOTICE_LANGUAGES)
    }
    day = entry.at[:10]
    built = statement.build_statement(first, findings[0] if findings else None)
    files[statement_key(entry.provider, day, entry.entry)] = encode_json(built)
    problems = [
        *schema_problems(built),
        # Its category is that of its pack, so no packs are needed to check it.
        *meaning_problems(built, {}, date.fromisoformat(day)),
    ]
    return files, tuple(f"{built['puid']} {each.field} {each.code}" for each in problems)
