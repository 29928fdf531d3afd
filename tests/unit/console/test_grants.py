"""A claim names the moderator, a group the provider and the role; everything else is nobody."""

from typing import Any

import pytest

from console.browser_session import Grants, TokenError
from desk import Door, Moderator, Role

GRANTS = Grants("cognito:username", "cognito:groups")


def granted(name: Any, groups: Any) -> Moderator | str:
    claims = {"cognito:username": name, "cognito:groups": groups}
    try:
        return GRANTS.moderator({key: value for key, value in claims.items() if value is not ...})
    except TokenError as error:
        return error.code


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["acme/moderator"], Role.MODERATOR),
        ("[acme/lead]", Role.LEAD),
        ("[acme/auditor acme/moderator]", Role.MODERATOR),
        (["acme/lead", "everybody", "acme/king", "ACME/lead"], Role.LEAD),
    ],
)
def test_a_group_names_provider_and_role(groups: Any, role: Role) -> None:
    assert granted("m-7", groups) == Moderator("m-7", "acme", role, Door.CONSOLE)


@pytest.mark.parametrize(
    ("name", "groups", "code"),
    [
        ("ada@example.org", ["acme/lead"], "no_moderator"),
        ("", ["acme/lead"], "no_moderator"),
        ("m 7", ["acme/lead"], "no_moderator"),
        ("m-7\n", ["acme/lead"], "no_moderator"),
        ("m" * 101, ["acme/lead"], "no_moderator"),
        (7, ["acme/lead"], "no_moderator"),
        (..., ["acme/lead"], "no_moderator"),
        ("m-7", [], "no_group"),
        ("m-7", ..., "no_group"),
        ("m-7", ["acme"], "no_group"),
        ("m-7", ["all/lead"], "no_group"),
        ("m-7", [7, None], "no_group"),
        ("m-7", {"acme/lead": 1}, "no_group"),
        ("m-7", ["acme/moderator", "beta/auditor"], "two_providers"),
    ],
)
def test_anything_else_is_nobody(name: Any, groups: Any, code: str) -> None:
    assert granted(name, groups) == code
