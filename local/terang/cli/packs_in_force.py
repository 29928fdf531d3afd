"""`terang packs publish`, `list` and `rollback`: the set in force of a deployed stack."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ledger.closing import RETURN_DAYS
from ledger.refusals import OperatorError
from matcher import Matcher, Mode, Pack, ProviderSettings, RuleSet
from rules.pinned import FACTCHECKS
from terang import USAGE, check_known
from terang.packs.comparison import as_lines, compare
from terang.packs.set_publishing import NO_RULE, SetChange, notice_until, rules_words
from terang.remote import Remote
from terang.terminal import (
    STACK,
    StackName,
    UsageError,
    console,
    load_checked,
    print_result,
    print_warning,
)

Posts = Annotated[
    Path | None,
    Parameter(metavar="FILE", help="posts as JSON Lines: show what the change hits in them"),
]
WithoutRules = Annotated[
    tuple[str, ...],
    Parameter(metavar="PROVIDER", help="a provider that may be left without a rule"),
]
Yes = Annotated[bool, Parameter(help="do not ask at a terminal")]


def publish(
    packs: Annotated[Path | None, Parameter(help="their folder; not needed with --remove")] = None,
    /,
    *,
    stack: StackName = STACK,
    provider: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="ID=PACK,PACK",
            help="the packs that one provider runs (default: all that rest on the law), or with"
            " ID=+PACK the ones that it runs besides",
        ),
    ] = (),
    remove: Annotated[
        tuple[str, ...], Parameter(metavar="ID", help="a pack that leaves the set")
    ] = (),
    posts: Posts = None,
    allow_no_rules: WithoutRules = (),
    yes: Yes = False,
) -> int:
    """Publish packs and print the digest of the set in force; 2 if the packs do not check."""
    chosen = _chosen(provider)
    if packs is None and not (remove or chosen):
        raise UsageError("name the folder of the packs, or --remove ID")

    def work(remote: Remote, consent: "_Consent") -> str | None:
        now = remote.clock.now()
        checked: Sequence[Pack] | None = []
        if packs is not None:
            checked = load_checked(packs, now.date(), advice=True)
        if checked is None:
            return None
        return remote.public.publish(
            packs,
            checked,
            chosen,
            notice_hours=remote.notice_hours,
            now=now,
            removed=remove,
            registered=consent.registered,
            without_rules=allow_no_rules,
            consent=consent,
        )

    named = *chosen, *allow_no_rules
    return _change(stack, work, _Consent(posts, yes=yes, asks_for_removal=False, named=named))


def rollback(
    digest: Annotated[str, Parameter(help="from `terang packs list`; its beginning is enough")],
    /,
    *,
    stack: StackName = STACK,
    posts: Posts = None,
    allow_no_rules: WithoutRules = (),
    yes: Yes = False,
) -> int:
    """Put an earlier set in force again, and print the digest of the set in force."""

    def work(remote: Remote, consent: "_Consent") -> str:
        return remote.public.go_back(
            digest,
            notice_hours=remote.notice_hours,
            now=remote.clock.now(),
            registered=consent.registered,
            without_rules=allow_no_rules,
            consent=consent,
        )

    consent = _Consent(posts, yes=yes, asks_for_removal=True, named=allow_no_rules)
    return _change(stack, work, consent)


def _chosen(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the packs by provider, from words such as `acme=pack-1,pack-2` or `acme=+pack-3`."""
    chosen = {}
    for word in words:
        provider, separator, names = word.partition("=")
        if not separator:
            raise UsageError(f"--provider {word!r}: write it as ID=PACK,PACK")
        chosen[provider] = [name for name in names.split(",") if name]
        added = [name for name in chosen[provider] if name.startswith("+")]
        if added and len(added) < len(chosen[provider]):
            raise UsageError(f"--provider {word!r}: write + before each pack, or before none")
    return chosen


@dataclass(slots=True)
class _Consent:
    """Shows a change on stderr, and asks at a terminal if it replaces or removes something.

    Removal asks only if `asks_for_removal`: `--remove ID` is a consent already.
    """

    posts: Path | None
    yes: bool
    asks_for_removal: bool
    named: tuple[str, ...]
    registered: list[str] = field(default_factory=list)
    _shown: list[str] = field(default_factory=list)

    def __call__(self, change: SetChange) -> None:
        """Raise OperatorError if the operator answers no."""
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
        for name in change.losing:
            print_warning(
                f"{name} no longer runs packs that stay in the set: to add to what it runs, write"
                f" --provider {name}=+PACK"
            )
        wants_answer = (
            change.replaced or change.losing or (change.removed and self.asks_for_removal)
        )
        if wants_answer and not self.yes and sys.stdin.isatty():
            console.print("Publish this? [y/N]", end=" ")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise OperatorError("not published")

    def _hits(self, change: SetChange) -> list[str]:
        """Return the posts of the sample that the change newly hits or no longer hits, as lines."""
        if self.posts is None:
            return []
        old = Matcher(change.before.packs if change.before else ())
        with self.posts.open("rb") as lines:
            return list(as_lines(compare(old, Matcher(change.after.packs), lines)))


def _change(stack: str, work: Callable[[Remote, _Consent], str | None], consent: _Consent) -> int:
    if consent.posts is not None and not consent.posts.is_file():
        raise UsageError(f"{consent.posts}: no such file")
    remote = Remote.find(stack)
    consent.registered = [provider.provider for provider in remote.store.providers()]
    for name in consent.named:
        check_known("provider", name, {*consent.registered, *remote.public.provider_settings()})
    digest = work(remote, consent)
    if digest is None:
        return USAGE
    print_result(digest)
    return 0


def list_in_force(*, stack: StackName = STACK) -> int:
    """Print the set in force, its packs, what each provider runs, and the sets before it."""
    remote = Remote.find(stack)
    pointer, rule_set = remote.public.in_force()
    registered = [provider.provider for provider in remote.store.providers()]
    now = remote.clock.now()
    print_result(f"set {pointer.set}")
    print_result(f"in force since {pointer.since}")
    for pack in rule_set.packs:
        print_result(f"  {_pack_line(pack, notice_until(pack, rule_set.notice_hours), now)}")
    print_result("providers:")
    for name in sorted({*registered, *rule_set.providers}):
        print_result(f"  {name}: {_provider_line(rule_set, name, now.date())}")
    if pointer.earlier:
        print_result(f"sets before it, of the last {RETURN_DAYS} days:")
    for earlier in pointer.earlier:
        print_result(f"  {earlier.set} until {earlier.until}")
    return 0


def _pack_line(pack: Pack, notice: datetime, now: datetime) -> str:
    is_live = any(pack.mode_of(rule) is Mode.LIVE for rule in pack.rules)
    published_at = pack.published_at or now
    days = pack.in_force
    return (
        f"{pack.id} version {pack.version}: {rules_words(pack)}, {'live' if is_live else 'shadow'},"
        f" published {_minute(published_at)},"
        f" notice until {_minute(notice)}{'' if notice > now else ' (over)'},"
        f" runs {days.from_} to {days.until}{'' if now.date() <= days.until else ' (expired)'}"
    )


def _provider_line(rule_set: RuleSet, name: str, today: date) -> str:
    settings = rule_set.providers.get(name, ProviderSettings())
    packs = [pack.id for pack in rule_set.packs_of(name, today) if pack.id != FACTCHECKS]
    line = ", ".join(packs) or "no pack of words"
    if rule_set.is_without_rules(name, today):
        line = NO_RULE
    if settings.paused:
        line += f"; paused: {', '.join(pause.rule for pause in settings.paused)}"
    return line + ("; fact-checks are proposed" if settings.factchecks else "")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
