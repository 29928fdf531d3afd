"""A month by a script of its own count, through the deployed template: the summary says the same.
The small month runs with all other tests; `make month` runs the full one and keeps its pages."""

import json
import math
import shutil
from pathlib import Path

import pytest
from month.lived import Month
from month.living import sendable
from month.plan import PROVIDER, TERMS, Post

from recount import recount_command

PAUSED = "market-tricks/names-a-stall"

pytestmark = pytest.mark.stack


def test_posts_and_findings_are_those_of_the_script(month: Month) -> None:
    numbers = month.summary["numbers"]
    assert numbers["inspected"] == month.count["inspected"] == month.life.plan.size.posts
    assert numbers["findings"] == numbers["live"] == month.count["findings"]
    assert numbers["by_rule"] == month.count["by_rule"]
    assert (numbers["refused"], numbers["repeats"]) == (0, 0)


def test_what_people_did_is_what_the_script_counted(month: Month) -> None:
    said = month.summary["cases"]
    for name, value in said.items():
        counted = month.count["cases"].get(name, type(value)())
        if name == "by_moderator":
            assert _shape(value) == _shape(counted)
        else:
            assert value == counted, name
    assert month.count["cases"].keys() <= said.keys()


def _shape(by_moderator: dict[str, int]) -> list[list[tuple[str, int]]]:
    """The counts of each moderator, without their names."""
    found: dict[str, list[tuple[str, int]]] = {}
    for key, count in by_moderator.items():
        name, verdict = key.split("/")
        found.setdefault(name, []).append((verdict, count))
    return sorted(sorted(one) for one in found.values())


def test_the_script_s_quotas_were_met(month: Month) -> None:
    """The month has the size that was asked for; a smaller one could agree by chance."""
    size, cases = month.life.plan.size, month.summary["cases"]
    assert sum(cases["complaints"].values()) == size.complaints
    assert cases["complaints_ended"]["reversed"] == size.reversed
    assert cases["notices"] == size.notices
    assert sum(cases["orders"].values()) == size.orders
    assert cases["second_reviews"] > 0
    assert cases["overturned"] == size.reversed + 3
    assert sum(n for key, n in cases["audited"].items() if key.count("/") == 1) == size.audits


def test_precision_is_that_of_the_script_for_each_rule(month: Month) -> None:
    said = month.summary["errors"]["by_rule"]
    for rule, counted in month.count["errors"].items():
        assert {name: said[rule][name] for name in counted} == counted
        assert said[rule]["low"] <= said[rule]["precision"] <= said[rule]["high"]
    assert said.keys() == month.count["errors"].keys()


def test_what_is_open_is_what_the_script_left_open(month: Month) -> None:
    standing = month.summary["standing"]
    said = {name: standing[f"open_{name}"] for name in month.count["open"]}
    assert said == month.count["open"]


def test_recall_and_prevalence_of_the_audit_hold_the_truth(month: Month) -> None:
    """The figures follow from what the audit saw; and the script, which knows all, agrees. Which
    posts are drawn hangs on the stack's own secret, another in each run. The interval of 95 %
    misses the truth in one month of twenty; four standard errors, in one of ten thousand."""
    (cohort,) = month.summary["standing"]["cohorts"]
    stratum = cohort["strata"]["all"]
    posts = {post.id: post for post in month.life.plan.posts}
    audits = [message for message in month.life.counted if message["type"] == "audit"]
    assert not [audit["post"] for audit in audits if posts[audit["post"]].rules]
    judged = [audit["verdict"] for audit in audits if audit["verdict"] != "gone"]
    seen, of, confirmed = judged.count("violating"), len(judged), stratum["confirmed"]
    assert (stratum["missed"]["count"], stratum["missed"]["of"]) == (seen, of)
    assert of >= 100
    bad = confirmed + (len(posts) - confirmed) * seen / of
    for name, share in (("missed", seen / of), ("prevalence", bad / len(posts)),
                        ("recall", confirmed / bad)):  # fmt: skip
        estimate = stratum[name]
        assert estimate["low"] <= estimate["share"] <= estimate["high"]
        assert estimate["share"] == pytest.approx(share, abs=0.0001)
    unmet = [bool(post.bad) for post in posts.values() if not post.rules]
    truth = sum(unmet) / len(unmet)
    error = math.sqrt(truth * (1 - truth) / of)
    assert seen / of == pytest.approx(truth, abs=4 * error + 1 / of)


def test_blunders_were_refused_and_nothing_else_was(month: Month) -> None:
    receipts = month.life.receipts()
    open_ones = {name: (one["status"], one["code"]) for name, one in receipts.items()
                 if one["status"] != "taken"}  # fmt: skip
    assert open_ones == month.life.plan.told


def test_each_measure_has_its_notice_to_the_author(month: Month) -> None:
    """The author reads it in three languages, and how a complaint ended in a notice of its own."""
    measures = [message for message in month.life.counted
                if message["type"] == "decision" and "measures" in message]  # fmt: skip
    answered = sum(month.count["cases"]["complaints_ended"].values())
    assert len(month.notices()) == 3 * (len(measures) + answered)


def test_the_rule_that_is_wrong_was_paused_and_runs_in_shadow(month: Month) -> None:
    current = month.json("sets/current.json")["set"]
    (pause,) = month.json(f"sets/{current}.json")["providers"][PROVIDER]["paused"]
    assert pause["rule"] == PAUSED
    life = month.life
    life.begin("2026-12-03")
    life.post([Post("p-late", "2026-12-03", f"Message: a {TERMS[PAUSED]} again.", (PAUSED,))])
    assert sendable(Post("p", "2026-12-03", "t"))["audience"] == "public"
    assert "p-late" not in life.findings
    deployed = life.deployed
    made = deployed.objects.keys(deployed.outputs["OutBucket"], f"out/{PROVIDER}/receipts/")
    found = [
        json.loads(deployed.objects.get(deployed.outputs["OutBucket"], key) or b"{}")["by_rule"]
        for key in made
        if key.count("/") == 3
    ]
    assert {f"{PAUSED.replace('/', '/1/')}/shadow": 1} in found


def test_recount_is_clean_and_names_a_digit_that_is_changed(month: Month, tmp_path: Path,
        capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    assert recount_command(month.public) == 0
    assert ", 0 differ" in capsys.readouterr().out
    copy = tmp_path / "public"
    shutil.copytree(month.public, copy)
    path = copy / f"summaries/{PROVIDER}/2026-11.json"
    changed = month.summary
    changed["cases"]["overturned"] -= 1
    path.write_text(json.dumps(changed))
    assert recount_command(copy) == 1
    assert "cases.overturned: published" in capsys.readouterr().out


def test_the_key_of_the_sample_is_published_after_the_month(month: Month) -> None:
    assert len(month.json("audit/2026-11.json")["key"]) == 64
