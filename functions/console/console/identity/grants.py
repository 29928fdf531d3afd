"""Who an account is at the desk: a claim names the moderator, groups the provider and role."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from console.identity.tokens import Claims
from desk.moderator import Door, Moderator, Role
from ledger.records.provider import is_provider_id

NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""What names a moderator in a message. It has no `@`, so no e-mail address fits."""

_RANK = (Role.AUDITOR, Role.MODERATOR, Role.LEAD)


class GrantError(Exception):
    """An account that is nobody at the desk. `code` says why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Grants:
    """Reads the claims that the operator chose: `moderator_claim` and `groups_claim`."""

    moderator_claim: str
    groups_claim: str

    def moderator(self, claims: Claims) -> Moderator:
        """Return the moderator of a checked token.

        Groups are named `<provider>/<role>`; others are ignored. Raises GrantError if the name does
        not fit, if no group fits, or if the groups name two providers.
        """
        name = claims.get(self.moderator_claim)
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            raise GrantError("no_moderator")
        granted = set(_granted(claims.get(self.groups_claim)))
        providers = {provider for provider, _ in granted}
        if not providers:
            raise GrantError("no_group")
        if len(providers) > 1:
            raise GrantError("two_providers")
        role = max((role for _, role in granted), key=_RANK.index)
        return Moderator(name, providers.pop(), role, Door.CONSOLE)


def _granted(groups: object) -> Iterator[tuple[str, Role]]:
    for group in group_names(groups):
        provider, _, role = group.partition("/")
        if is_provider_id(provider) and role in set(Role):
            yield provider, Role(role)


def group_names(groups: object) -> list[str]:
    """Return the names of groups, in a list or as the one text that HTTP APIs make of a list.

    >>> group_names(["acme/lead"]), group_names("[acme/lead acme/auditor]"), group_names(7)
    (['acme/lead'], ['acme/lead', 'acme/auditor'], [])
    """
    if isinstance(groups, str):
        return groups.removeprefix("[").removesuffix("]").replace(",", " ").split()
    if isinstance(groups, list):
        return [group for group in groups if isinstance(group, str)]
    return []
