"""The metrics that a handler prints for CloudWatch, read again."""

import json


def metrics_of(printed: str) -> dict[str, float]:
    """The metrics in what a handler printed, added up."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        if '"_aws"' in line:
            for name, values in json.loads(line).items():
                if isinstance(values, list):
                    found[name] = found.get(name, 0) + sum(values)
    return found
