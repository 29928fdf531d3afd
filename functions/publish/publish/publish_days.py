"""Publishes a provider's days: those that may have changed are read, the others are sealed.

A day may have changed if it is open, has no seal, has one that disagrees with the published files,
or is due for its daily check, which reads the day from nothing. A run that is short of time leaves
the remaining checks to the next run.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from ledger.privacy.moderator_letters import assign_letters
from ledger.records.manifest import OpenFile
from publish.count.copy_counts import copies_of_day
from publish.day_facts import DayJournal, count_day, open_on
from publish.handover.auditing import hand_out
from publish.handover.dsa_files import batch_statements
from publish.journal.journal_spool import SHORT_FORM, WHOLE_FORM, JournalSpool
from publish.periods import PeriodKind
from publish.publish_run import PublishRun, publish_summary
from publish.sealing import Seal
from publish.summary import Summary

LETTER_DAYS = 120
"""How long moderators keep the letters of a month: longer than its days can be revised."""


def publish_days(run: PublishRun, provider: str) -> None:
    """Publish a provider's days, from the first on which anything arrived, and hand them over."""
    context = run.context
    files = context.store.files(provider)
    known = context.public.periods(provider, PeriodKind.DAY)
    begun = bool(known) and known[0] < run.days[0]
    for day in run.days:
        is_known = begun or day in known
        if has_seal_in_force(run, provider, day, is_known=is_known):
            begun = is_known or bool(open_on(provider, day, files))
            if begun == is_known:
                continue  # else the first file is open: the day is published though it is empty
        begun = publish_day(run, provider, day, files, begun=is_known)


def has_seal_in_force(run: PublishRun, provider: str, day: str, *, is_known: bool) -> bool:
    """Return whether a day need not be read: it is sealed as it is published, and not due."""
    context, request = run.context, run.request
    reads_all = request.check or request.rebuild or f"{provider}/{day}" in request.accept
    if reads_all or day > run.closed:
        return False
    seal = context.seals.read(provider, day)
    if seal is None:
        return False
    published = context.public.published(provider, day)
    if (is_known and published is None) or not seal.agrees_with(published):
        return False
    return not (seal.is_due(context.clock.now()) and context.has_time())


def publish_day(
    run: PublishRun, provider: str, day: str, files: Sequence[OpenFile], *, begun: bool
) -> bool:
    """Read a day, publish it if it is due, and seal it. Return whether anything arrived by then."""
    context = run.context
    stored = read_day(run, provider, day, files)
    copies = copies_of_day(run.context.store, provider, day, closed=day <= run.closed)
    stored = replace(stored, copies=copies)
    published = context.public.published(provider, day)
    with JournalSpool(journal_form(published)) as journal:
        at_least = len(published.journal) if published else 1
        facts = count_day(provider, day, stored, run.catalogue, journal, at_least)
        begun = begun or not facts.is_empty
        is_behind = False
        if begun:
            hand_out(context.out, provider, day[:7], partial(context.store.samples, provider, day))
            draft = run.drafter.day(provider, day, facts, provisional=day > run.closed)
            is_behind = not publish_summary(run, draft, facts)
            if any(entry.measures for entry in stored.entries):
                batch_statements(context.out, provider, day)
    if day <= run.closed and not is_behind:
        context.seals.write(provider, day, Seal.of(facts, context.clock.now()))
    return begun


def read_day(run: PublishRun, provider: str, day: str, files: Sequence[OpenFile]) -> DayJournal:
    """Read a day's case entries and give its moderators their letters; receipts are yet to read."""
    store = run.context.store
    receipts, entries = store.receipts(provider, day), store.journal_entries(provider, day)
    if not entries:
        return DayJournal(receipts, files)
    expires = int((run.context.clock.now() + timedelta(days=LETTER_DAYS)).timestamp())
    moderators = [entry.moderator for entry in sorted(entries, key=lambda entry: entry.entry)]
    letters = assign_letters(store, provider, day[:7], moderators, expires)
    return DayJournal(receipts, files, entries, letters)


def journal_form(published: Summary | None) -> int:
    """Return the form in which a day's journal is written: a published one keeps its form."""
    if published is None or published.provisional:
        return SHORT_FORM
    forms = {file.form or WHOLE_FORM for file in published.journal}
    return max(forms, default=SHORT_FORM)
