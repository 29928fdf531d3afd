"""`terang trial`: how each rule stands in its trial, of a run or a stack; and what operators do."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from cases.case_store import DecidedPacks
from cases.trials import group_names
from desk.table_dossiers import Dossiers, RecentJournal
from desk.trial_desk import FOUND_DAYS, RuleView, TrialDesk
from ledger.closing import read_pointer
from ledger.codes import OperatorError
from ledger.desk_store import DynamoDesk
from ledger.draws import ANSWER_DAYS
from ledger.store import DynamoStore
from ledger.texts import in_days, utc
from terang import InputError, check_known, terminal
from terang.case_queue import read_messages
from terang.rule_trials import RuleTrial
from terang.run_table import PUBLIC, MemoryTable, RunTable, findings_of_run
from terang.terminal import Files, option, says

if TYPE_CHECKING:
    from terang.remote import Remote

IN_WORDS = terminal.WORDS["why_in_shadow"]
"""Why a rule is in shadow. Other reasons concern a whole set, and are shown as they are."""

WHY_NOT = terminal.WORDS["why_not_live"]

NOTHING_TO_SAY = {"not_on_trial", "live"}
"""Why not, of a rule that is left out for people if it also found nothing."""

TITLES = ("rule", "why in shadow", "findings", "judged", "right", "may go live")

RuleName = Annotated[str | None, option("PACK/RULE")]


def trial(
    run: Annotated[Path | None, says("a run's folder; or name --provider")] = None,
    /,
    *,
    cases: Annotated[Files, option("FILE", "answers that the run has not taken yet")] = (),
    provider: Annotated[terminal.ProviderId | None, says("whose rules they are")] = None,
    stack: terminal.StackName = terminal.STACK,
    begin: Annotated[RuleName, says("put a rule in shadow on trial")] = None,
    end: Annotated[RuleName, says("end a trial; no more answers are taken")] = None,
    adopt: Annotated[RuleName, says("let a rule propose whose evidence holds")] = None,
    forbid: Annotated[RuleName, says("end a trial, and hold the rule in shadow")] = None,
    allow: Annotated[RuleName, says("end the pause of a rule")] = None,
    band: Annotated[Literal["all", "high"], says("of --adopt: which findings propose")] = "all",
    moderator: Annotated[terminal.Moderator | None, says("who begins, or adopts")] = None,
    read_by: Annotated[terminal.Moderator | None, says("who has read the rule's terms")] = None,
    why: Annotated[str, option("TEXT", "of --forbid: the reason, published with the set")] = "",
    as_json: terminal.JsonLines = False,
) -> int:
    """Show the rules that run, or do one thing; 1 if the stack refuses an adoption."""
    given = {"begin": begin, "end": end, "adopt": adopt, "forbid": forbid, "allow": allow}
    verbs = [verb for verb, rule in given.items() if rule]
    _check_usage(verbs, run, provider, moderator, why)
    if run is not None:
        messages = [message for file in cases for message in read_messages(file)]
        table = RunTable.read(run, messages, provider)
        _show(_of_run(table, run), table.store, as_json=as_json)
        return 0
    from terang.remote import Remote  # late: a run's folder needs no boto3

    whose = provider or ""
    remote, who = Remote.find(stack).known(whose), moderator or ""
    if begin:
        _begin(remote, whose, begin, who)
    elif end:
        _end(remote, whose, end)
    elif adopt:
        _adopt(remote, whose, adopt, band, who, read_by)
    elif forbid:
        _forbid(remote, whose, forbid, why)
    elif allow:
        terminal.print_result(remote.public.allow(whose, allow))
    else:
        views = _views(remote, whose)
        rules = [RuleTrial(view, round(view.a_day * FOUND_DAYS)) for view in views]  # in a week
        _show(rules, remote.store, as_json=as_json)
    return 0


def _check_usage(
    verbs: Sequence[str], run: Path | None, provider: str | None, moderator: str | None, why: str
) -> None:
    named = f"--{' and --'.join(verbs)}"
    problems = (
        (run is None and provider is None, "name a run's folder, or --provider P of a stack"),
        (run and verbs, f"{named} is for a stack: name --provider, and no folder"),
        (len(verbs) > 1, f"{named}: one at a time"),
        ({"begin", "adopt"} & {*verbs} and not moderator, "--moderator NAME is missing"),
        ("forbid" in verbs and not why, "--why TEXT is missing: it is published"),
    )
    for is_wrong, problem in problems:
        if is_wrong:
            raise terminal.UsageError(problem)


def _of_run(table: RunTable, path: Path) -> list[RuleTrial]:
    """Return the rules of a run. Raises InputError if it is not one, or nothing was found."""
    rows = [row for row in findings_of_run(path) if row.provider == table.provider]
    if not rows:
        raise InputError(f"{path} has no findings: there is nothing to try")
    pointer = read_pointer(table.reader.objects, PUBLIC)
    if pointer is None:
        raise InputError(f"{path} has no public/sets/current.json: name the folder of a run")
    found = Counter(f"{row.pack}/{row.rule}" for row in rows)
    trials = table.desk(DynamoDesk(MemoryTable(), table.store.clock)).trials
    since = datetime.fromisoformat(pointer.since)
    views = trials.views(table.provider, table.entries, since)
    made = [RuleTrial(view, found[view.name]) for view in views]
    return sorted(made, key=lambda one: (-one.found, one.view.name))


def _views(remote: "Remote", provider: str) -> list[RuleView]:
    packs = DecidedPacks(remote.objects, remote.outputs["PublicBucket"])
    dossiers = Dossiers(remote.store, packs, "public")
    now = remote.clock.now()
    entries = RecentJournal(remote.store, monotonic).entries(provider, now.date(), ANSWER_DAYS)
    trials = TrialDesk(remote.store, dossiers, remote.trial_rules, monotonic)
    return trials.views(provider, entries, now)


def _begin(remote: "Remote", provider: str, name: str, moderator: str) -> None:
    """Put a rule on trial. Raises InputError for one that does not run, or cannot go live."""
    rules = {view.name: view for view in _views(remote, provider)}
    check_known("rule", name, rules)
    view = rules[name]
    if view.asked:
        raise InputError(f"{name}: on trial since {view.asked.trial.began_at}; --end ends it")
    if not view.may_be_tried:
        raise InputError(f"{name}: {_why_in_shadow(view)}, and no trial changes that")
    remote.store.put_trial(provider, view.begun(moderator, remote.clock.now()))
    terminal.print_result(f"{name}: on trial; findings are drawn after the next run of publish")


def _end(remote: "Remote", provider: str, name: str) -> None:
    """End a trial. Raises InputError if there is none under way."""
    under_way = {one.rule: one for one in remote.store.trials(provider) if not one.ended_at}
    if name not in under_way:
        are = ", ".join(sorted(under_way)) or "none"
        raise InputError(f"{name} is not on trial at {provider}; on trial: {are}")
    ended = msgspec.structs.replace(under_way[name], ended_at=utc(remote.clock.now()))
    remote.store.put_trial(provider, ended)
    remote.store.end_excerpts(provider, name)
    drawn, until = remote.store.drawn(provider, name), in_days(remote.clock.now(), ANSWER_DAYS)
    groups = group_names(drawn)  # what was judged still counts; without a text, no more is asked
    left = (one.forgotten(groups[one.finding]) for one in drawn)
    remote.store.put_drawn(provider, left, until)
    terminal.print_result(f"{name}: the trial has ended")


def _forbid(remote: "Remote", provider: str, name: str, why: str) -> None:
    """Pause a rule, whatever was adopted, and end its trial. Print the new set's digest."""
    terminal.print_result(remote.public.pause(provider, name, why))
    if any(one.rule == name and not one.ended_at for one in remote.store.trials(provider)):
        _end(remote, provider, name)


def _adopt(
    remote: "Remote", provider: str, name: str, band: str, moderator: str, read_by: str | None
) -> None:
    """Send an adoption. Raises OperatorError with what decide says if it is refused."""
    tried = remote.store.trial(provider, name)
    if tried is None:
        raise InputError(f"{name} is not on trial at {provider}: begin it with --begin {name}")
    reader = read_by or tried.read_by
    if not reader:
        raise terminal.UsageError(
            "nobody has marked the terms as read on the desk: name --read-by NAME"
        )
    now = utc(remote.clock.now())
    message = {
        "type": "adoption",
        "id": f"adoption-{name}-{tried.version}-{band}-{now}",
        "rule": name,
        "version": tried.version,
        "band": band,
        "terms_read_by": reader,
        "moderator": moderator,
        "at": now,
    }
    [result] = remote.cases(provider).send([message])
    if result.status != "taken":
        raise OperatorError(str(result))
    terminal.print_result(f"{name}: adopted; publish puts it into the next set, and notice follows")


def _show(rules: list[RuleTrial], store: DynamoStore, *, as_json: bool) -> None:
    if as_json:
        for rule in rules:
            terminal.print_json(rule.line(store))
        return
    screen = terminal.Screen()
    shown = [rule for rule in rules if rule.found or rule.why_not not in NOTHING_TO_SAY]
    rows, lines = list(map(_cells, shown)), list[str]()
    for name, why, found, *words in rows:
        lines += (f"{name} ({why})", "  " + "; ".join(filter(None, (f"{found} found", *words))))
    screen.print_rows("rules that run, by what they found", TITLES, rows, lines)
    if others := len(rules) - len(shown):
        screen.print(f"{terminal.counted(others, 'other rule')} found nothing")


def _cells(rule: RuleTrial) -> tuple[str, ...]:
    standing, evidence = rule.standing, rule.standing.evidence
    judged = f"{standing.judged} of {standing.groups} judged" if standing.groups else ""
    right = ""
    if evidence:
        share = f"{evidence.low:.0%} to {evidence.high:.0%}"
        right = f"{evidence.right} of {evidence.judged} right ({share})"
    may = {"all": "may go live", "high": "its high band may go live"}
    words = may.get(rule.band) or WHY_NOT.get(rule.why_not, "")
    view, found = rule.view, f"{rule.found:,}"
    words = words if view.shadow_because else ""
    return view.name, _why_in_shadow(view), found, judged, right, words


def _why_in_shadow(view: RuleView) -> str:
    return IN_WORDS.get(view.shadow_because, view.shadow_because or "live")
