"""`terang providers` and `terang partners`: who may send posts, and who may ask the tip line.

`terang webhooks`: where a provider's events are sent, and with which secrets they are signed.
"""

import base64
import re
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

import boto3
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger import keys
from ledger.codes import OperatorError, countries_of
from ledger.findings import LEFT_HELD, OPENED
from ledger.texts import utc
from matcher import ProviderSettings
from terang import ROOT, check_known
from terang.case_queue import read_connection
from terang.remote import Remote, call_function, change_secret
from terang.terminal import (
    STACK,
    Channels,
    Day,
    JsonLines,
    Moderator,
    ProviderId,
    StackName,
    Texts,
    option,
    print_json,
    print_result,
    print_results,
    print_warning,
    says,
    screen,
)

PARTNERS, WEBHOOKS = "PartnersSecretArn", "WebhooksSecretArn"
"""The names of outputs."""

NOBODY = "nobody"
"""The template's initial content of the secret: a partner whose digest matches no secret."""

ALL_SCOPES = ",".join(keys.SCOPES)

WEBHOOK_LETTERS = 12
"""The fewest letters of a webhook's secret at Mastodon (app/models/webhook.rb)."""

Rule = Annotated[str, says("the rule as PACK/RULE")]
PartnerId = Annotated[ProviderId, says("the partner's id")]

type Partners = dict[str, str]
"""The SHA-256 of each partner's secret, by partner. The secrets themselves are not kept.

Those of providers for HTTP are here too, and the keys with which their tools sign.
"""


def add(
    provider: ProviderId,
    /,
    *,
    principal: Annotated[str, option("ARN", "who may take the role")],
    territory: Annotated[str, option("CODE,CODE", "where decisions hold: EU, EEA, countries")] = "",
    open_channels: Channels = (),
    packs: Annotated[str, option("PACK,PACK", "default: all that rest on the law")] = "",
    complaint_url: Annotated[str | None, option("URL", "a form in place of ours; '': none")] = None,
    post_url: Annotated[str | None, option("URL", "pattern of posts' addresses; '': none")] = None,
    connect: Annotated[Texts, option("TOOL=FILE", "the table of a tool that sends decisions")] = (),
    stack: StackName = STACK,
) -> int:
    """Deploy the provider's role and register it. Called again, it changes the role."""
    if provider == keys.SENTINEL:
        raise OperatorError(f"{keys.SENTINEL} is the stack itself: terang providers sentinel")
    remote = Remote.find(stack)
    known = remote.store.provider(provider) or keys.Provider(provider)
    countries = countries_of(territory or ",".join(known.territory))
    split = [each.partition("=") for each in connect]
    connections = {tool: read_connection(tool, Path(file)) for tool, _, file in split}
    for pack in packs.split(",") if packs else ():
        check_known("pack", pack, (each.id for each in remote.public.in_force()[1].packs))
    template = (ROOT / "provider.yaml").read_text()
    role = remote.deploy_provider(provider, template, principal)
    before = remote.store.provider(provider) or known  # the deployment took a while
    remote.store.put_provider(
        msgspec.structs.replace(
            before,
            senders=tuple(sorted({*before.senders, *remote.senders(role["RoleId"])})),
            open_channels=tuple(sorted({*before.open_channels, *open_channels})),
            territory=countries,
            complaint_url=before.complaint_url if complaint_url is None else complaint_url,
            post_url=before.post_url if post_url is None else post_url,
            connections=before.connections | connections,
        )
    )
    if packs:
        remote.public.choose(provider, packs.split(","))
    is_new = "HttpUrl" in remote.outputs and not before.senders
    own = renew_secret(stack, provider, ALL_SCOPES) if is_new else f"{provider}.SECRET"
    print_results(remote.first_steps(provider, role["RoleArn"], own).splitlines())
    screen.print(f"{provider} sends as {role['RoleId']}")
    if not (complaint_url or before.complaint_url or "FormsUrl" in remote.outputs):
        print_warning(
            f"no notice says where to object: name {provider}'s form with --complaint-url"
        )
    with suppress(OperatorError):  # nothing is published yet
        if remote.public.in_force()[1].is_without_rules(provider, remote.clock.now().date()):
            print_warning(f"{provider} runs no rule: name packs for it with --packs")
    return 0


def secret(
    provider: ProviderId,
    /,
    *,
    scopes: Annotated[str, option("SCOPE,SCOPE", "what it is for; default: all")] = ALL_SCOPES,
    replace: Annotated[bool, says("end all earlier secrets")] = False,
    stack: StackName = STACK,
) -> int:
    """Print a new secret for HTTP. Of each scope the one before it stays valid until the next.

    All workers know both within five minutes.
    """
    Remote.find(stack).known(provider)
    for scope in scopes.split(","):
        check_known("scope", scope, keys.SCOPES)
    print_result(renew_secret(stack, provider, scopes, replace=replace))
    return 0


def renew_secret(stack: str, provider: str, scopes: str, *, replace: bool = False) -> str:
    """Return a new secret of a provider. Only its digest is stored, next to the one before."""
    made = f"{provider}.{secrets.token_urlsafe(32)}"
    names = [keys.secret_name("http", provider, scope) for scope in scopes.split(",")]
    ended = keys.secret_name("http", provider, "") if replace else ""
    _put_first(stack, names, sha256(made.encode()).hexdigest(), ended)
    return made


def _put_first(stack: str, names: Sequence[str], value: str, ended: str = "") -> None:
    """Store a value before the newest one under each name. Names that begin with `ended` end."""

    def with_new(stored: Partners) -> Partners:
        kept = {name: old for name, old in stored.items() if not (ended and name.startswith(ended))}
        return kept | {name: " ".join((value, *kept.get(name, "").split()[:1])) for name in names}

    change_secret(stack, PARTNERS, Partners, with_new)


def sign(
    provider: ProviderId,
    /,
    *,
    tool: Annotated[Literal["coop", "mastodon"], says("what signs")] = "coop",
    stack: StackName = STACK,
) -> int:
    """Read from stdin the public key of the provider's Coop in PEM, or Mastodon's webhook secret.

    What comes from Coop by HTTP must then be signed. What comes from Mastodon needs no other
    secret. The one before stays valid until the next. `terang partners remove signed/PROVIDER/TOOL`
    ends both.
    """
    Remote.find(stack).known(provider)
    key = re.sub(r"-----[^-]*-----|\s", "", sys.stdin.read())
    is_key = tool == "mastodon" and len(key) >= WEBHOOK_LETTERS
    with suppress(ValueError):
        if is_key or isinstance(load_der_public_key(base64.b64decode(key)), RSAPublicKey):
            _put_first(stack, [keys.secret_name("signed", provider, tool)], key)
            return 0
    raise OperatorError(f"there is no key of {tool} on stdin: copy it from its settings")


def sentinel(*, stack: StackName = STACK) -> int:
    """Register the stack as the sender of its own daily post, which the pack `sentinel` finds."""
    remote = Remote.find(stack)
    if "SentinelSender" not in remote.outputs:
        raise OperatorError(f"the stack {stack} sends itself no post: deploy it with Sentinel=on")
    senders = sorted(remote.senders(remote.outputs["SentinelSender"]))
    remote.public.choose(keys.SENTINEL, [keys.SENTINEL])
    remote.store.put_provider(keys.Provider(keys.SENTINEL, senders=tuple(senders)))
    screen.print("the next run of publish sends the post; its page is summaries/sentinel/")
    return 0


def list_all(*, stack: StackName = STACK, as_json: JsonLines = False) -> int:
    """Print a line for each provider: its fact-checks, packs, open channels and senders.

    There is no table: its columns would break a role's ARN, which people copy.
    """
    remote = Remote.find(stack)
    all_settings = remote.public.provider_settings()
    for provider in remote.store.providers():
        settings = all_settings.get(provider.provider, ProviderSettings())
        if as_json:
            print_json(
                {
                    "provider": provider.provider,
                    "senders": list(provider.senders),
                    "open_channels": list(provider.open_channels),
                    "packs": None if settings.packs is None else list(settings.packs),
                    "factchecks": settings.factchecks,
                    "door": provider.door,
                    "territory": list(provider.territory),
                    "complaint_url": provider.complaint_url,
                    "post_url": provider.post_url,
                    "connections": sorted(provider.connections),
                }
            )
            continue
        named = (provider.territory, provider.open_channels, provider.senders, settings.packs or ())
        territory, channels, senders, packs = (" ".join(names) or "none" for names in named)
        print_result(
            f"{provider.provider}:"
            f" fact-checks {'proposed' if settings.factchecks else 'in shadow'};"
            f" packs: {'those of the law' if settings.packs is None else packs};"
            f" door: {provider.door}; territory: {territory};"
            f" complaints: {provider.complaint_url or 'our page'};"
            f" posts: {provider.post_url or 'none are reported here'};"
            f" open channels: {channels}; senders: {senders}"
        )
    return 0


def pause(
    provider: ProviderId,
    rule: Rule,
    /,
    *,
    why: Annotated[str, option("TEXT", "the reason, published with the set")],
    stack: StackName = STACK,
) -> int:
    """Hold a rule in shadow, and print the digest of the set in force."""
    print_result(Remote.find(stack).known(provider).public.pause(provider, rule, why))
    return 0


def factchecks(
    provider: ProviderId,
    answer: Annotated[Literal["on", "off"], says("propose them, or only count them")],
    /,
    *,
    stack: StackName = STACK,
) -> int:
    """Switch a provider's fact-checks, and print the digest of the set in force."""
    public = Remote.find(stack).known(provider).public
    print_result(public.choose(provider, None, factchecks=answer == "on"))
    return 0


def door(
    provider: ProviderId,
    used: Annotated[Literal["queue", "console"], says("where its moderators decide from now on")],
    /,
    *,
    stack: StackName = STACK,
) -> int:
    """Change how a provider's moderators decide. Within a minute the other door refuses them.

    A moderator keeps one name in both, so that nobody looks at their own decision.
    """
    remote = Remote.find(stack).known(provider)
    registered = remote.store.provider(provider) or keys.Provider(provider)
    if used == "console" and "ConsoleUrl" not in remote.outputs:
        raise OperatorError(f"the stack {stack} has no console: deploy it with the setting Console")
    remote.store.put_provider(msgspec.structs.replace(registered, door=used))
    screen.print(f"the moderators of {provider} decide at the door {used}")
    return 0


def lift(
    provider: ProviderId,
    rule: Rule,
    /,
    *,
    moderator: Moderator,
    day: Annotated[Day | None, says("the day of the question; default: today")] = None,
    leave_held: Annotated[bool, says("answer that the findings stay held")] = False,
    reason: Annotated[str, option("TEXT", "kept with the case")] = "",
    stack: StackName = STACK,
) -> int:
    """Answer the question of the flood guard: 0 if the answer is taken, 1 if it is refused.

    Today is the day of the stack's functions.
    """
    remote = Remote.find(stack).known(provider)
    now = remote.clock.now()
    held_on = (day or now.date()).isoformat()
    question = remote.store.flood_question(provider, held_on, rule)
    if question is None:
        raise OperatorError(f"{rule} was not held for {provider} on {held_on}")
    screen.print(str(question))
    verdict = LEFT_HELD if leave_held else OPENED
    message = {
        "type": "flood_answer",
        "id": f"flood-{held_on}-{rule}-{utc(now)}",
        "day": held_on,
        "held_rule": rule,
        "verdict": verdict,
        "moderator": moderator,
        "opened_at": utc(now),
        "decided_at": utc(now),
        **({"reason": reason} if reason else {}),
    }
    [result] = remote.cases(provider).send([message])
    if result.status != "taken":
        raise OperatorError(str(result))
    done = "stay held" if leave_held else "are open, and it proposes again"
    screen.print(f"{rule}: its findings of {held_on} {done}")
    return 0


def add_partner(partner: PartnerId, /, *, stack: StackName = STACK) -> int:
    """Print a new secret. The secret before it stops working within minutes."""
    if partner == NOBODY:
        raise OperatorError(f"{NOBODY} stands for no partner: choose another id")
    secret = secrets.token_urlsafe(32)
    digest = sha256(secret.encode()).hexdigest()
    change_secret(stack, PARTNERS, Partners, lambda stored: stored | {partner: digest})
    print_result(secret)
    return 0


def remove_partner(
    partner: Annotated[str, says("the partner's id")], /, *, stack: StackName = STACK
) -> int:
    """Take the secret out. It stops working within minutes."""
    change_secret(stack, PARTNERS, Partners, _without("partner", partner))
    return 0


def _without[T](kind: str, name: str) -> Callable[[dict[str, T]], dict[str, T]]:
    """Return a change that takes a name out. It raises UnknownNameError if it is not there."""

    def without(stored: dict[str, T]) -> dict[str, T]:
        check_known(kind, name, stored.keys() - {NOBODY})
        return {other: value for other, value in stored.items() if other != name}

    return without


def list_partners(*, stack: StackName = STACK) -> int:
    """Print the partners, one a line."""
    partners: Partners = change_secret(stack, PARTNERS, Partners, lambda stored: stored)
    print_results(sorted(partners.keys() - {NOBODY}))
    return 0


def _check_url(_: type, url: str) -> None:
    keys.split_webhook_url(url)


def add_webhook(
    provider: ProviderId,
    url: Annotated[str, option("URL", "an https address", validator=_check_url)],
    /,
    *,
    stack: StackName = STACK,
) -> int:
    """Print a new secret. The secret before it also signs for a day."""
    Remote.find(stack).known(provider)

    def added(webhooks: keys.Webhooks) -> keys.Webhooks:
        before, now = webhooks.get(provider), int(time.time())
        return webhooks | {provider: keys.renewed(before, url, secrets.token_bytes, now)}

    print_result(change_secret(stack, WEBHOOKS, keys.Webhooks, added)[provider].secrets[0].secret)
    return 0


def list_webhooks(*, stack: StackName = STACK) -> int:
    """Print a line for each webhook: provider and address."""
    webhooks: keys.Webhooks = change_secret(stack, WEBHOOKS, keys.Webhooks, lambda stored: stored)
    print_results(f"{provider} {webhook.url}" for provider, webhook in sorted(webhooks.items()))
    return 0


def remove_webhook(provider: ProviderId, /, *, stack: StackName = STACK) -> int:
    """Remove a provider's webhook. Events on their way are dropped."""
    change_secret(stack, WEBHOOKS, keys.Webhooks, _without("webhook", provider))
    return 0


def send_test(*, provider: ProviderId, stack: StackName = STACK) -> int:
    """Let the stack send an event `webhook.test`; 0 if the receiver took it, 1 if it did not.

    A new webhook is known within a minute.
    """
    outputs = Remote.find(stack).known(provider).outputs
    if "AnnounceFunction" not in outputs:
        raise OperatorError(f"the stack {stack} announces nothing: deploy it with Announcements on")
    event = {"test": provider}
    code = call_function(boto3.client("lambda"), outputs["AnnounceFunction"], event)["code"]
    screen.print(f"{provider}: not taken ({code})" if code else f"{provider}: taken")
    return 1 if code else 0
