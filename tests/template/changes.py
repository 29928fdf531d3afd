"""Ways to break a template, for tests that a rule notices."""

from collections.abc import Callable
from typing import Any

from template.resolved import source

type Template = dict[str, Any]
type Change = Callable[[Template], None]


def broken(change: Change, name: str = "template.yaml") -> Template:
    template = source(name)
    change(template)
    return template


def put(path: str, value: Any) -> Change:
    """Set what stands at a path such as `Resources/Feeds/DependsOn`. A path that begins with a
    resource, such as `Scan/Timeout`, is one of its properties."""

    def change(template: Template) -> None:
        place, last = _reach(template, path)
        place[last] = value

    return change


def drop(path: str) -> Change:
    """Take out what stands at a path."""

    def change(template: Template) -> None:
        place, last = _reach(template, path)
        del place[last]

    return change


def add(path: str, value: Any) -> Change:
    """Append to the list at a path."""

    def change(template: Template) -> None:
        place, last = _reach(template, path)
        place[last].append(value)

    return change


def allow(role: str, action: Any, resource: Any) -> Change:
    """Give a role one more permission."""
    statements = f"{role}/Policies/0/PolicyDocument/Statement"
    return add(statements, {"Effect": "Allow", "Action": action, "Resource": resource})


def _reach(template: Template, path: str) -> tuple[Any, Any]:
    name, _, rest = path.partition("/")
    if name in template["Resources"]:
        path = f"Resources/{name}/Properties/{rest}"
    place: Any = template
    *steps, last = (int(step) if step.lstrip("-").isdigit() else step for step in path.split("/"))
    for step in steps:
        place = place[step]
    return place, last
