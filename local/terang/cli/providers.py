"""`terang providers`: register who may send, list them, and lift what the flood guard holds."""

import argparse
from collections.abc import Callable
from datetime import timedelta

import msgspec

from ledger.closing import FILE_DAYS
from ledger.errors import OperatorError
from ledger.records.provider import Provider, is_provider_id
from matcher import ProviderSettings, SetError
from terang import ROOT, USAGE
from terang.cli.arguments import Work
from terang.console import Screen, print_json, print_problem, print_result, print_warning
from terang.first_steps import first_steps
from terang.remote import Remote

console = Screen(stderr=True)

type OnStack = Callable[[Remote, argparse.Namespace], int]


def _on_stack(work: OnStack) -> Work:
    """The work on the stack that is named; what its operator must mend is told, and ends in 1."""

    def done(options: argparse.Namespace) -> int:
        try:
            return work(Remote.find(options.stack), options)
        except (OperatorError, SetError) as error:
            print_problem(f"terang providers: {error}")
            return 1

    return done


def add(options: argparse.Namespace) -> int:
    """Deploy the provider's role and register it. Print what the provider needs.

    Again for the same provider it changes the role, and prints the same.
    """
    if not is_provider_id(options.provider):
        print_problem(f"{options.provider!r}: 3 to 40 of a-z, 0-9 and -, and not `all`")
        return USAGE
    return _add(options)


@_on_stack
def _add(remote: Remote, options: argparse.Namespace) -> int:
    template = (ROOT / "provider.yaml").read_text()
    role = remote.deploy_provider(options.provider, template, options.principal)
    before = remote.store.provider(options.provider) or Provider(options.provider)
    remote.store.put_provider(
        msgspec.structs.replace(
            before,
            senders=tuple(sorted({*before.senders, *remote.senders(role["RoleId"])})),
            open_channels=tuple(sorted({*before.open_channels, *options.open})),
        )
    )
    if options.packs:
        remote.public.choose(options.provider, options.packs.split(","))
    for line in first_steps(remote.access(options.provider, role["RoleArn"])).splitlines():
        print_result(line)
    console.print(f"{options.provider} sends as {role['RoleId']}")
    _warn_without_rules(remote, options.provider)
    return 0


def _warn_without_rules(remote: Remote, provider: str) -> None:
    """Say so if a set is in force and the provider runs no rule of it."""
    try:
        rule_set = remote.public.in_force()[1]
    except OperatorError:
        return  # nothing is published yet
    if rule_set.is_without_rules(provider, remote.clock.now().date()):
        print_warning(f"{provider} runs no rule: name packs for it with --packs")


@_on_stack
def list_all(remote: Remote, options: argparse.Namespace) -> int:
    """Print a line for each provider: its fact-checks, packs, open channels and senders.

    With `--json` each line is a JSON object. The columns of a table would break a role's ARN,
    which people copy.
    """
    all_settings = remote.public.provider_settings()
    if options.json:
        for one in remote.store.providers():
            settings = all_settings.get(one.provider, ProviderSettings())
            print_json(
                {
                    "provider": one.provider,
                    "senders": list(one.senders),
                    "open_channels": list(one.open_channels),
                    "packs": None if settings.packs is None else list(settings.packs),
                    "factchecks": settings.factchecks,
                }
            )
        return 0
    for provider in remote.store.providers():
        settings = all_settings.get(provider.provider, ProviderSettings())
        factchecks = "proposed" if settings.factchecks else "in shadow"
        packs = "those of the law" if settings.packs is None else " ".join(settings.packs) or "none"
        channels = " ".join(provider.open_channels) or "none"
        senders = " ".join(provider.senders) or "none"
        print_result(
            f"{provider.provider}: fact-checks {factchecks}; packs: {packs};"
            f" open channels: {channels}; senders: {senders}"
        )
    return 0


@_on_stack
def pause(remote: Remote, options: argparse.Namespace) -> int:
    """Hold a rule in shadow for a provider, with a reason that everybody can read."""
    print_result(remote.public.pause(options.provider, options.rule, options.why))
    return 0


@_on_stack
def factchecks(remote: Remote, options: argparse.Namespace) -> int:
    """Propose what published fact-checks find to a provider, or only count it."""
    print_result(remote.public.choose(options.provider, None, factchecks=options.answer == "on"))
    return 0


@_on_stack
def lift(remote: Remote, options: argparse.Namespace) -> int:
    """Let a rule propose again today, by the day that the stack's functions read."""
    now = remote.clock.now()
    today = now.date().isoformat()
    if options.rule not in remote.store.floods(options.provider, today):
        print_problem(f"{options.rule} is not held for {options.provider} today")
        return 1
    expires = int((now + timedelta(days=FILE_DAYS)).timestamp())
    remote.store.lift_flood(options.provider, today, options.rule, expires)
    console.print(f"{options.rule} proposes again for {options.provider}")
    return 0
