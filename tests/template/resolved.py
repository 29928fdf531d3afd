"""A template as CloudFormation would see it: SAM's resources expanded, every intrinsic resolved."""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from boto3 import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]

PSEUDO = {"AWS::StackName": "terang", "AWS::AccountId": "123456789012", "AWS::Region": "eu-west-1",
          "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}  # fmt: skip
ABSENT = object()  # AWS::NoValue


def source(name: str = "template.yaml") -> dict[str, Any]:
    """The template as written, its short forms spelt out; a copy, which a test may change."""
    return copy.deepcopy(_parsed(name))


@cache
def _parsed(name: str) -> dict[str, Any]:
    return yaml_parse((ROOT / name).read_text(encoding="utf-8"))


VARIANTS: tuple[dict[str, str], ...] = ({}, {"Announcements": "on"},
    {"Console": "oidc", "AskPage": "on"},
    {"Console": "cognito", "AskPage": "on", "Announcements": "on"})  # fmt: skip
"""What may be switched on, alone and together."""


@dataclass(frozen=True)
class Resolved:
    """A template with the resources that its conditions let stand, under these parameters."""

    written: dict[str, Any]
    expanded: dict[str, Any]
    parameters: dict[str, Any]

    @classmethod
    def of(cls, written: dict[str, Any], **parameters: str) -> "Resolved":
        """Expand and resolve; parameters that are not given have their defaults."""
        return cls(written, _expand(written), _defaults(written) | parameters)

    @cached_property
    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources that stand, by logical id."""
        return {
            name: self.value(resource)
            for name, resource in self.expanded["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def typed(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def statements(self, role: str) -> list[dict[str, Any]]:
        """What a role's own policies say, and what it shares with others."""
        return [one for policy in self.policies(role) for one in as_list(policy["Statement"])]

    def policies(self, role: str) -> list[dict[str, Any]]:
        shared = [p for p in self.typed("AWS::IAM::Policy").values() if role in p["Roles"]]
        own = self.typed("AWS::IAM::Role")[role].get("Policies", [])
        return [policy["PolicyDocument"] for policy in (*own, *shared)]

    def grants(self, role: str) -> list[dict[str, Any]]:
        """What a role's own policies allow."""
        return [one for one in self.statements(role) if one["Effect"] == "Allow"]

    def role_of(self, function: str) -> str:
        """The logical id of the role that a function runs under."""
        arn = self.typed("AWS::Lambda::Function")[function]["Role"]
        return next(name for name in self.typed("AWS::IAM::Role") if self.arn(name) == arn)

    def arn(self, name: str) -> str:
        """What GetAtt Arn gives."""
        return self._attribute(name, "Arn")

    def condition(self, name: str) -> bool:
        """Whether a condition holds."""
        return bool(self.value(self.expanded["Conditions"][name]))

    def value(self, node: Any) -> Any:
        """A node with every intrinsic resolved."""
        match node:
            case {"Ref": name} if len(node) == 1:
                return self._reference(name)
            case {"Condition": name} if len(node) == 1:
                return self.condition(name)
            case dict() if len(node) == 1 and next(iter(node)).startswith("Fn::"):
                return self._function(*next(iter(node.items())))
            case dict():
                pairs = ((key, self.value(inner)) for key, inner in node.items())
                return {key: inner for key, inner in pairs if inner is not ABSENT}
            case list():
                return [inner for one in node if (inner := self.value(one)) is not ABSENT]
            case _:
                return node

    def _function(self, name: str, argument: Any) -> Any:
        match name, argument:
            case "Fn::Sub", str():
                return re.sub(r"\$\{([^}!]+)\}", lambda found: self._named(found[1]), argument)
            case "Fn::GetAtt", str():
                return self._attribute(*argument.split(".", 1))
            case "Fn::GetAtt", [resource, attribute]:
                return self._attribute(resource, attribute)
            case "Fn::If", [condition, yes, no]:
                return self.value(yes if self.condition(condition) else no)
            case "Fn::Equals", [left, right]:
                return str(self.value(left)) == str(self.value(right))
            case "Fn::Not", [inner]:
                return not self.value(inner)
            case "Fn::And" | "Fn::Or", list():
                return (all if name == "Fn::And" else any)(map(self.value, argument))
            case "Fn::FindInMap", [mapping, first, second]:
                return self.expanded["Mappings"][mapping][str(self.value(first))][second]
            case "Fn::Join", [between, parts]:
                return between.join(map(str, self.value(parts)))
        raise NotImplementedError(name)

    def _named(self, name: str) -> str:
        resource, dot, attribute = name.partition(".")
        return str(self._attribute(resource, attribute) if dot else self._reference(name))

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO or name in self.parameters:
            return PSEUDO.get(name, self.parameters.get(name))
        named = self.expanded["Resources"][name].get("Properties", {}).get("BucketName")
        return self.value(named) if named else name

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute != "Arn":
            return f"{name}.{attribute}"
        if self.expanded["Resources"][name]["Type"] == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{self._reference(name)}"
        return f"arn:aws:any:eu-west-1:123456789012:{name}"


@cache
def resolved(name: str = "template.yaml", **parameters: str) -> Resolved:
    """Return a template of the repository: expanded once, and resolved once for its parameters."""
    written = _parsed(name)
    return Resolved(written, _expanded(name), _defaults(written) | parameters)


type Rule = Callable[[Resolved], Iterator[str]]
"""A house rule: yields what breaks it."""


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one without its brackets."""
    return value if isinstance(value, list) else [value]


def references(node: Any) -> Iterator[str]:
    """The names that a node speaks of: resources, parameters and pseudo parameters."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": target}:
            yield target.split(".")[0] if isinstance(target, str) else target[0]
        case {"Fn::Sub": str(text)}:
            yield from (found.split(".")[0] for found in re.findall(r"\$\{([^}!]+)\}", text))
        case dict():
            yield from as_list(node.get("DependsOn", []))
            for inner in node.values():
                yield from references(inner)
        case list():
            for inner in node:
                yield from references(inner)


def _defaults(written: dict[str, Any]) -> dict[str, Any]:
    declared = written.get("Parameters", {})
    return {name: one["Default"] for name, one in declared.items() if "Default" in one}


@cache
def _expanded(name: str) -> dict[str, Any]:
    return _expand(_parsed(name))


def _expand(written: dict[str, Any]) -> dict[str, Any]:
    if "Transform" not in written:
        return written
    sent = copy.deepcopy(written)
    for resource in sent["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = "s3://any/where"
    session = Session(region_name=PSEUDO["AWS::Region"])  # only looked at, never called with
    expanded: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(sent, {})
    return expanded
