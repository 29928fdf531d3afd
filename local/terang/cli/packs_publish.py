"""`terang packs publish`, `list` and `rollback`: the set in force of a deployed stack."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ledger.errors import OperatorError
from ledger.pointer import RETURN_DAYS
from matcher import Matcher, Mode, Pack, RuleSet, SetError
from rules.factchecks import FACTCHECKS
from terang import USAGE
from terang.cli.packs import checked
from terang.cli.packs_diff import as_lines, compare
from terang.console import Screen, print_problem, print_result, print_warning
from terang.packs.set_change import NO_RULE, SetChange, notice_until, rules_words
from terang.remote import Remote

console = Screen(stderr=True)


def publish(options: argparse.Namespace) -> int:
    """Publish packs and print the digest of the set in force.

    Return 0, 1 with the reason on stderr, or 2 for wrong usage and for packs that do not check.
    """
    fault, chosen = _chosen(options.provider)
    if options.packs is None and not (options.remove or chosen):
        fault = fault or "name the folder of the packs, or --remove ID"
    if fault:
        print_problem(f"terang packs: {fault}")
        return USAGE

    def work(remote: Remote, consent: _Consent) -> str | None:
        now = remote.clock.now()
        packs: Sequence[Pack] | None = []
        if options.packs is not None:
            packs = checked(options.packs, now.date().isoformat(), advice=True)
        if packs is None:
            return None
        return remote.public.publish(
            options.packs,
            packs,
            chosen,
            notice_hours=remote.notice_hours,
            now=now,
            removed=options.remove,
            registered=consent.registered,
            without_rules=options.allow_no_rules,
            consent=consent,
        )

    return _change(options, work, asks_for_removal=False)


def rollback(options: argparse.Namespace) -> int:
    """Put an earlier set in force again and print the digest of the set in force; as `publish`."""

    def work(remote: Remote, consent: _Consent) -> str | None:
        return remote.public.go_back(
            options.digest,
            notice_hours=remote.notice_hours,
            now=remote.clock.now(),
            registered=consent.registered,
            without_rules=options.allow_no_rules,
            consent=consent,
        )

    return _change(options, work, asks_for_removal=True)


def _chosen(words: Sequence[str]) -> tuple[str, dict[str, list[str]]]:
    """Return what is wrong with the words of `--provider`, or nothing, and packs by provider."""
    chosen = {}
    for one in words:
        provider, separator, names = one.partition("=")
        if not separator:
            return f"--provider {one!r}: ID=PACK,PACK", {}
        chosen[provider] = [name for name in names.split(",") if name]
    return "", chosen


@dataclass(slots=True)
class _Consent:
    """Shows a change on stderr, and asks at a terminal if it replaces or takes back something.

    Removal asks only if `asks_for_removal`: `--remove ID` is a consent of its own.
    """

    posts: Path | None
    yes: bool
    asks_for_removal: bool
    registered: list[str]
    _shown: list[str] = field(default_factory=list)

    def __call__(self, change: SetChange) -> None:
        """Raise OperatorError if somebody says no."""
        lines = [*change.lines(), *self._hits(change)]
        if lines == self._shown:
            return  # somebody else published meanwhile, and it makes no difference
        if self._shown:
            print_warning("somebody else published meanwhile: this is the change now")
        self._shown = lines
        for line in lines:
            console.print(line, soft_wrap=True)
        for name in change.without_rules:
            print_warning(
                f"{name} runs no rule: its posts are inspected by nothing; name packs for it with"
                f" --provider {name}=PACK,PACK"
            )
        wants_answer = change.replaced or (change.removed and self.asks_for_removal)
        if wants_answer and not self.yes and sys.stdin.isatty():
            console.print("Publish this? [y/N]", end=" ")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise OperatorError("not published")

    def _hits(self, change: SetChange) -> list[str]:
        """Return what the change newly hits in the sample of posts, and what it no longer hits."""
        if self.posts is None:
            return []
        old = Matcher(change.before.packs if change.before else ())
        with self.posts.open("rb") as lines:
            return list(as_lines(compare(old, Matcher(change.after.packs), lines)))


def _change(
    options: argparse.Namespace,
    work: Callable[[Remote, _Consent], str | None],
    *,
    asks_for_removal: bool,
) -> int:
    if options.posts is not None and not options.posts.is_file():
        print_problem(f"terang packs: {options.posts}: no such file")
        return USAGE
    try:
        remote = Remote.find(options.stack)
        registered = [one.provider for one in remote.store.providers()]
        digest = work(remote, _Consent(options.posts, options.yes, asks_for_removal, registered))
    except (OperatorError, SetError, OSError, BotoCoreError, ClientError) as error:
        print_problem(f"terang packs: {error}")
        return 1
    if digest is None:
        return USAGE
    print_result(digest)
    return 0


def list_in_force(options: argparse.Namespace) -> int:
    """Print the set in force, its packs, what each provider runs, and the sets before it."""
    try:
        remote = Remote.find(options.stack)
        pointer, rule_set = remote.public.in_force()
        registered = [one.provider for one in remote.store.providers()]
    except (OperatorError, SetError, BotoCoreError, ClientError) as error:
        print_problem(f"terang packs: {error}")
        return 1
    now = remote.clock.now()
    print_result(f"set {pointer.set}")
    print_result(f"in force since {pointer.since or 'a moment that its pointer does not tell'}")
    for pack in rule_set.packs:
        print_result(f"  {_pack_line(pack, notice_until(pack, rule_set.notice_hours), now)}")
    print_result("providers:")
    for name in sorted({*registered, *rule_set.providers}):
        print_result(f"  {name}: {_provider_line(rule_set, name, now.date())}")
    if pointer.earlier:
        print_result(f"sets before it, of the last {RETURN_DAYS} days:")
    for one in pointer.earlier:
        print_result(f"  {one.set} until {one.until}")
    return 0


def _pack_line(pack: Pack, notice: datetime, now: datetime) -> str:
    is_live = any((rule.mode or pack.mode) is Mode.LIVE for rule in pack.rules)
    published_at = pack.published_at or now
    days = pack.in_force
    return (
        f"{pack.id} version {pack.version}: {rules_words(pack)}, {'live' if is_live else 'shadow'},"
        f" published {_minute(published_at)},"
        f" notice until {_minute(notice)}{'' if notice > now else ' (over)'},"
        f" runs {days.from_} to {days.until}{'' if now.date() <= days.until else ' (expired)'}"
    )


def _provider_line(rule_set: RuleSet, name: str, today: date) -> str:
    settings = rule_set.settings_of(name)
    runs = [one.id for one in rule_set.packs_of(name, today) if one.id != FACTCHECKS]
    said = ", ".join(runs) or "no pack of words"
    if rule_set.is_without_rules(name, today):
        said = NO_RULE
    if settings.paused:
        said += f"; paused: {', '.join(pause.rule for pause in settings.paused)}"
    return said + ("; fact-checks are proposed" if settings.factchecks else "")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
