"""Print the settings of a deployed stack. Type this in the clone's folder, with its name.

    .venv/bin/python events/env.py terang > env.json

`sam local invoke --env-vars env.json` then lets a function work on that stack, with your
credentials. Write to another file than events/env.json: this program reads the names from it.
POSTS_QUEUE_ARN keeps its value: the events here name it as their source.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3

SHIPPED = Path(__file__).with_name("env.json")


def env_of(stack: str, *, example_queue: bool = True) -> dict[str, dict[str, str]]:
    """Return the settings of each function of the stack, under its name in the template.

    A stack without announcements or a console lacks their functions.
    `example_queue` keeps the example's POSTS_QUEUE_ARN.
    Raises SystemExit if events/env.json is empty: a shell empties the file that it writes to.
    """
    text = SHIPPED.read_text()
    if not text.strip():
        sys.exit(f"{SHIPPED} is empty: git checkout it, and write to env.json next to the Makefile")
    cloudformation, functions = boto3.client("cloudformation"), boto3.client("lambda")
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for output in cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    }
    shipped: dict[str, dict[str, str]] = json.loads(text)
    filled = {}
    for name, settings in shipped.items():
        if (output := f"{name.removesuffix('Function')}Function") not in outputs:
            continue
        found: dict[str, Any] = functions.get_function_configuration(FunctionName=outputs[output])
        deployed = found["Environment"]["Variables"]
        filled[name] = {
            key: value if example_queue and key == "POSTS_QUEUE_ARN" else deployed.get(key, value)
            for key, value in settings.items()
        }
    return filled


if __name__ == "__main__":
    text = json.dumps(env_of(*sys.argv[1:2] or ["terang"]), indent=2)
    sys.stdout.write(f"{text}\n")
