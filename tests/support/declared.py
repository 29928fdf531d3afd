"""What the template declares, as it stands."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


class _Tags(yaml.SafeLoader):
    """YAML without its tags."""


_Tags.add_multi_constructor("!", lambda loader, tag, node: None)


@cache
def read_template() -> dict[str, Any]:
    """The template, its short forms of CloudFormation (`!Ref`) passed over."""
    template: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Tags)
    return template


def table_shape() -> dict[str, Any]:
    """The keys and the index of the table, as `create_table` takes them."""
    declared = read_template()["Resources"]["Table"]["Properties"]
    kept = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
    return {name: declared[name] for name in kept}
