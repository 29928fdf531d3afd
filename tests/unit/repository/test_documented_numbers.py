"""The numbers that the documentation promises are those of the code."""

from datetime import timedelta
from pathlib import Path

import pytest

from announce import announcements, deliveries, webhooks
from answer import request
from claims.feeds import admission
from claims.index import language_index, layout
from claims.score import ranking
from claims.text import normalise, words
from console.identity import session, sign_in
from decide import case_work, times
from desk import care
from desk.routes import queue_routes
from dsa import estimates
from dsa.statement import schema
from intake.formats import file_budget, post_fields
from learn import feed_import
from ledger.cases import case, messages, pending
from ledger.privacy import copies, pseudonyms
from ledger.records import finding, json_text, post
from ledger.streams import unpacking
from matcher import effort
from matcher.terms import automaton, windows
from publish import periods
from publish.count import case_counting, month_carryover, term_evidence
from publish.handover import pausing
from publish.journal import journal_spool
from publish.transparency import due_leaves, logging_run
from recount import recount
from rules import copies as copy_rule
from rules import factchecks, pack, score
from scan import fact_checks, inspection
from scan.batches import messages as post_messages
from tlog import tiles
from verifier import verify

DOCS = Path(__file__).parents[3] / "docs"
KIB, MIB, GIB = 1024, 1024**2, 1024**3


@pytest.mark.parametrize(
    ("page", "sentence", "number", "value"),
    [
        ("architecture", "fingerprints of found posts, for 30 days", copies.COPY_DAYS, 30),
        ("ask", "at most 100 KiB", request.MOST_BYTES, 100 * KIB),
        ("ask", "`TipsPerMinute` requests a minute", request.WINDOW_SECONDS, 60),
        ("cases", "1 MiB at most", post_messages.BODY_BYTES, MIB),
        ("cases", "more than 20 findings", messages.FINDINGS_IN_DECISION, 20),
        ("cases", "**waits** for it, for 14 days", case_work.WAIT_DAYS, 14),
        ("cases", "a tolerance of 5 minutes", times.SKEW, timedelta(minutes=5)),
        ("cases", "two years old at most", times.OLDEST, timedelta(days=2 * 365 + 1)),
        ("cases", "| a dismissal | 7 days |", times.DISMISSED_DAYS, 7),
        ("cases", "six months and 14 days", times.MEASURE_DAYS, 184 + 14),
        ("cases", "until it ends, at most a year", times.CONTESTED_DAYS, 366),
        ("cases", "(one in twenty)", case.SECOND_REVIEW_PER, 20),
        ("console", "an hour after it was last used", session.IDLE, timedelta(hours=1)),
        ("console", "twelve hours after the sign-in", session.LONGEST, timedelta(hours=12)),
        ("deploy", "after at least 10 decided findings", pausing.AT_LEAST, 10),
        ("effort", "every eight code points of its text", effort.STEPS_PER_POINT, 1 / 8),
        ("effort", "more than 200,000 places", automaton.MATCHES_IN_PART, 200_000),
        ("effort", "the first 200 spans", windows.SPANS_SHOWN, 200),
        ("effort", "a finding keeps 100", inspection.MAX_SPANS, 100),
        ("events", "up to 50 `findings`", announcements.FINDINGS_PER_EVENT, 50),
        (
            "events",
            "5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, and then four times after",
            [seconds / 60 for seconds in deliveries.WAITS[1:]],
            [5, 30, 120, 300, *[600] * 4],
        ),
        ("events", "no answer within 10 seconds", webhooks.SECONDS, 10),
        ("events", "took more than 2 seconds", webhooks.SLOW_SECONDS, 2),
        ("events", "rests in that worker for a minute", webhooks.REST_SECONDS, 60),
        ("events", "at most one fifth of a worker's time", webhooks.SLOW_SHARE, 5),
        ("factchecks", "first 20,000 letters of a text", normalise.LONGEST_TEXT, 20_000),
        ("factchecks", "thirty candidates", ranking.CANDIDATES, 30),
        ("factchecks", "k1 1.4, b 0.85", (layout.K1, layout.B), (1.4, 0.85)),
        ("factchecks", "runs of four letters", words.GRAM, 4),
        ("factchecks", "the first forty words count more", language_index.HEAD, 40),
        ("factchecks", "orders the first twenty checks", ranking.COMPARED_BY_MEANING, 20),
        ("factchecks", "fewer than eight letters", admission.FEWEST_LETTERS, 8),
        ("factchecks-in-the-stack", "more than half of its checks", feed_import.SHARE, 0.5),
        ("factchecks-in-the-stack", "(above 1 GiB)", feed_import.LARGEST_BYTES, GIB),
        ("factchecks-in-the-stack", "16,000 texts of a unit", fact_checks.MAX_TEXTS, 16_000),
        ("files", "more than 200 times its packed size", unpacking.EXPANSION_RATIO, 200),
        ("files", "The first MiB is exempt", unpacking.FREE_BYTES, MIB),
        ("files", "- 1,500,000,000 bytes", file_budget.Budget().total_bytes, 1_500_000_000),
        ("files", "- 7,500,000 records", file_budget.Budget().records, 7_500_000),
        ("files", "- 75,000,000 marks", file_budget.Budget().marks, 75_000_000),
        ("files", "becomes 3,000,000,000 bytes", file_budget.Budget().written_bytes, 3 * 10**9),
        ("files", "in a zip, 10,000 members", file_budget.Budget().members, 10_000),
        ("files", "10,000 units", file_budget.Budget().units, 10_000),
        ("findings", "code points (280)", finding.EXCERPT_LENGTH, 280),
        ("findings", "each at most 8 MiB", journal_spool.FILE_BYTES, 8 * MIB),
        ("learn", "a weight from -9 to 9", score.WEIGHT, 9),
        ("log", "256 a file", tiles.TILE_WIDTH, 256),
        ("log", "400 days after the month", due_leaves.KEY_DAYS, 400),
        ("log", "again a year after its last leaf", due_leaves.RESTATED_DAYS, 365),
        ("log", "one every six hours", logging_run.ALIVE_AFTER, timedelta(hours=6)),
        (
            "log",
            "more than 24 hours after they were closed",
            verify.CLOSED_AFTER,
            timedelta(hours=24) + periods.SETTLING,
        ),
        ("operate", "returns unchanged within 30 days", factchecks.RENEWED_DAYS, 30),
        ("operate", "Two hours after midnight UTC", periods.SETTLING, timedelta(hours=2)),
        ("packs", "366 days at most", pack.DAYS_IN_FORCE, 366),
        ("packs", "120`, at most 300", pack.MOST_EXPECTED, 300),
        ("packs", "39 of 64 hashes", (copy_rule.EQUAL_AT_LEAST, copy_rule.HASHES), (39, 64)),
        ("packs", "five copy groups or more", (term_evidence.GROUPS, recount.TERM_GROUPS), (5, 5)),
        ("posts", "at most 50 texts", post_fields.TEXTS, 50),
        ("posts", "at most 65,536 code points", post_fields.TEXT_LENGTH, 65_536),
        ("posts", "at most 2,048 characters", post_fields.LINK_LENGTH, 2_048),
        ("posts", "nests deeper than 64 levels", json_text.JSON_DEPTH, 64),
        ("posts", "longer than 2 MiB", post.LINE_BYTES, 2 * MIB),
        ("review", "claims a card for you for ten minutes", queue_routes.CLAIM_MINUTES, 10),
        ("review", "After 45 minutes", care.CareSettings().minutes, 45),
        ("review", "after five severe cards in a row", care.CareSettings().severe_limit, 5),
        ("review", "For ten seconds you can undo", pending.UNDO_SECONDS, 10),
        ("statements", "at most 100 statements each", schema.BATCH, 100),
        ("statements", "Below 100 audited posts it is blank", estimates.AUDITED_AT_LEAST, 100),
        ("threats", "destroyed after two years", pseudonyms.KEY_MONTHS, 24),
        ("threats", "after ten minutes", sign_in.ATTEMPT_SECONDS, 600),
    ],
)
def test_a_page_says_the_number_of_the_code(
    page: str, sentence: str, number: object, value: object
) -> None:
    assert sentence in (DOCS / f"{page}.md").read_text("utf-8")
    assert number == value


@pytest.mark.parametrize(
    ("counted", "recounted", "value"),
    [
        (case_counting.HURRIED_BELOW_SECONDS, recount.HURRIED_SECONDS, 5),
        (estimates.AUDITED_AT_LEAST, recount.SAMPLE_AT_LEAST, 100),
        (month_carryover.COHORTS, recount.FOLLOWED_MONTHS, 13),
    ],
)
def test_a_number_that_is_recounted_is_written_twice(
    counted: int, recounted: int, value: int
) -> None:
    """`recount` shares no code with what it checks."""
    assert counted == recounted == value
