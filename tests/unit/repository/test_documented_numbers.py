"""The numbers that the documentation promises are those of the code."""

from datetime import timedelta
from pathlib import Path

import pytest

import recount
import strangers
import tlog
import verify
from announce import announcements
from authoring import joined
from cases import case_message, contest, decision
from claims import admission, check_finder, index, ranking, text_words
from console import application, browser_session
from decide import case_work
from desk import asking, desk_pages
from dsa import statement
from feeds import feed_import
from intake import reader
from ledger import cases, desk_store, findings, post_fields, posts, store, streams, texts, units
from matcher import hit, term, term_index
from publish import day_facts, precision, rule_changes, summary
from publish_steps import logging_run
from rules import law, pack, pack_parts, pinned
from rules import pack_parts as copy_rule
from scan import inspection, scanner

DOCS = Path(__file__).parents[3] / "docs"
KIB, MIB, GIB = 1024, 1024**2, 1024**3


@pytest.mark.parametrize(("page", "sentence", "number", "value"), [
    ("architecture", "fingerprints of found posts, for 30 days", findings.COPY_DAYS, 30),
    ("ask", "at most 100 KiB", strangers.MOST_BYTES, 100 * KIB),
    ("ask", "`TipsPerMinute` requests a minute", strangers.WINDOW_SECONDS, 60),
    ("cases", "1 MiB at most", scanner.BODY_BYTES, MIB),
    ("cases", "more than 20 findings", decision.FINDINGS_IN_DECISION, 20),
    ("cases", "**waits** for it, for 14 days", case_work.WAIT_DAYS, 14),
    ("cases", "a tolerance of 5 minutes", case_message.SKEW, timedelta(minutes=5)),
    ("cases", "two years old at most", case_message.OLDEST, timedelta(days=2 * 365 + 1)),
    ("cases", "| a dismissal | 7 days |", decision.DISMISSED_DAYS, 7),
    ("cases", "six months and 14 days", decision.MEASURE_DAYS, 184 + 14),
    ("cases", "until it ends, at most a year", contest.CONTESTED_DAYS, 366),
    ("cases", "(one in twenty)", cases.SECOND_REVIEW_PER, 20),
    ("console", "an hour after it was last used", browser_session.IDLE, timedelta(hours=1)),
    ("console", "twelve hours after the sign-in", browser_session.LONGEST, timedelta(hours=12)),
    ("deploy", "after at least 10 decided findings", rule_changes.AT_LEAST, 10),
    ("effort", "every eight code points of its text", hit.STEPS_PER_POINT, 1 / 8),
    ("effort", "more than 200,000 places", term.MATCHES_IN_PART, 200_000),
    ("effort", "the first 200 spans", term_index.SPANS_SHOWN, 200),
    ("effort", "a finding keeps 100", inspection.MAX_SPANS, 100),
    ("events", "up to 50 `findings`", announcements.FINDINGS_PER_EVENT, 50),
    ("events", "5 seconds, 5 minutes, 30 minutes, 2 hours, 5 hours, and then four times after",
     [seconds / 60 for seconds in announcements.WAITS[1:]], [5, 30, 120, 300, *[600] * 4]),
    ("events", "no answer within 10 seconds", announcements.SECONDS, 10),
    ("events", "took more than 2 seconds", announcements.SLOW_SECONDS, 2),
    ("events", "rests in that worker for a minute", announcements.REST_SECONDS, 60),
    ("events", "at most one fifth of a worker's time", announcements.SLOW_SHARE, 5),
    ("factchecks", "first 20,000 letters of a text", text_words.LONGEST_TEXT, 20_000),
    ("factchecks", "thirty candidates", ranking.CANDIDATES, 30),
    ("factchecks", "k1 1.4, b 0.85", (index.K1, index.B), (1.4, 0.85)),
    ("factchecks", "runs of four letters", text_words.GRAM, 4),
    ("factchecks", "the first forty words count more", index.HEAD, 40),
    ("factchecks", "orders the first twenty checks", ranking.COMPARED_BY_MEANING, 20),
    ("factchecks", "fewer than eight letters", admission.FEWEST_LETTERS, 8),
    ("factchecks-in-the-stack", "more than half of its checks", feed_import.SHARE, 0.5),
    ("factchecks-in-the-stack", "(above 1 GiB)", feed_import.LARGEST_BYTES, GIB),
    ("factchecks-in-the-stack", "16,000 texts of a unit", check_finder.MAX_TEXTS, 16_000),
    ("files", "more than 200 times its packed size", streams.EXPANSION_RATIO, 200),
    ("files", "The first MiB is exempt", streams.FREE_BYTES, MIB),
    ("files", "- 1,500,000,000 bytes", reader.Budget().total_bytes, 1_500_000_000),
    ("files", "- 7,500,000 records", reader.Budget().records, 7_500_000),
    ("files", "- 75,000,000 marks", reader.Budget().marks, 75_000_000),
    ("files", "becomes 3,000,000,000 bytes", reader.Budget().written_bytes, 3 * 10**9),
    ("files", "in a zip, 10,000 members", reader.Budget().members, 10_000),
    ("files", "10,000 units", reader.Budget().units, 10_000),
    ("findings", "code points (280)", findings.EXCERPT_LENGTH, 280),
    ("findings", "each at most 8 MiB", day_facts.FILE_BYTES, 8 * MIB),
    ("learn", "a weight from -9 to 9", pack_parts.WEIGHT, 9),
    ("log", "256 a file", tlog.TILE_WIDTH, 256),
    ("log", "400 days after the month", logging_run.KEY_DAYS, 400),
    ("log", "again a year after its last leaf", logging_run.RESTATED_DAYS, 365),
    ("log", "one every six hours", logging_run.ALIVE_AFTER, timedelta(hours=6)),
    ("log", "more than 24 hours after they were closed", verify.CLOSED_AFTER, timedelta(hours=24)
     + summary.SETTLING),
    ("operate", "returns unchanged within 30 days", pinned.RENEWED_DAYS, 30),
    ("operate", "Two hours after midnight UTC", summary.SETTLING, timedelta(hours=2)),
    ("packs", "366 days at most", pack.DAYS_IN_FORCE, 366),
    ("packs", "point is taken off for each 50 letters", law.LETTERS_OF_POINT, 50),
    ("packs", "beyond the first 180", law.FREE_LETTERS, 180),
    ("packs", "100, 300, 1,000 and 3,000 letters", joined.LENGTHS, (100, 300, 1_000, 3_000)),
    ("packs", "120`, at most 300", pack.MOST_EXPECTED, 300),
    ("packs", "39 of 64 hashes", (copy_rule.EQUAL_AT_LEAST, copy_rule.HASHES), (39, 64)),
    ("packs", "five copy groups or more", (precision.GROUPS, recount.TERM_GROUPS), (5, 5)),
    ("posts", "at most 50 texts", post_fields.TEXTS, 50),
    ("posts", "at most 65,536 code points", post_fields.TEXT_LENGTH, 65_536),
    ("posts", "at most 2,048 characters", post_fields.LINK_LENGTH, 2_048),
    ("posts", "nests deeper than 64 levels", texts.JSON_DEPTH, 64),
    ("posts", "longer than 2 MiB", posts.LINE_BYTES, 2 * MIB),
    ("review", "takes a card for you for ten minutes", asking.LEASE_MINUTES, 10),
    ("review", "After 45 minutes", desk_pages.CareSettings().minutes, 45),
    ("review", "after five severe cards in a row", desk_pages.CareSettings().severe_limit, 5),
    ("review", "For ten seconds you can undo", desk_store.UNDO_SECONDS, 10),
    ("statements", "at most 100 statements each", statement.BATCH, 100),
    ("statements", "Below 100 audited posts it is blank", units.AUDITED_AT_LEAST, 100),
    ("threats", "destroyed after two years", store.KEY_MONTHS, 24),
    ("threats", "after ten minutes", application.ATTEMPT_SECONDS, 600),
])  # fmt: skip
def test_a_page_says_the_number(page: str, sentence: str, number: object, value: object) -> None:
    assert sentence in (DOCS / f"{page}.md").read_text("utf-8")
    assert number == value


@pytest.mark.parametrize(("counted", "recounted", "value"), [
    (decision.HURRIED_BELOW_SECONDS, recount.HURRIED_SECONDS, 5),
    (units.AUDITED_AT_LEAST, recount.SAMPLE_AT_LEAST, 100),
    (summary.COHORTS, recount.FOLLOWED_MONTHS, 13),
])  # fmt: skip
def test_a_recounted_number_is_written_twice(counted: int, recounted: int, value: int) -> None:
    """`recount` shares no code with what it checks."""
    assert counted == recounted == value
