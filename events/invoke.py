"""Send an event of this folder to its built function under Lambda's runtime client, without Docker.

`make invoke EVENT=scan-posts-object STACK=terang PROVIDER=sample-chat`: the function works on that
stack with your credentials: on AWS, or on the local stack whose address AWS_ENDPOINT_URL names
(`terang run --keep` prints it). The example names in the event become those of the stack: buckets,
queues, the set in force, the provider, and a sender registered for it.

With Docker, print the settings of a deployed stack. Type this in the clone's folder, with its name.

    .venv/bin/python events/invoke.py env terang > env.json

`sam local invoke --env-vars env.json` then lets a function work on that stack, with your
credentials. Write to another file than events/env.json: this program reads the names from it.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

from ledger.closing import current_set
from ledger.codes import OperatorError
from terang import emulator
from terang.emulator import StackError
from terang.remote import Remote

EXAMPLE_SENDER = "AROAEXAMPLEUPLOADER1"
EXAMPLE_SET = "0" * 64
DEFAULT_PROVIDER = "sample-chat"
SHIPPED = Path(__file__).with_name("env.json")

Settings = dict[str, dict[str, str]]


def env_of(stack: str, *, example_queue: bool = True) -> Settings:
    """Return the settings of each function of the stack, under its name in the template.

    A stack without announcements or a console lacks their functions. `example_queue` keeps the
    example's POSTS_QUEUE_ARN: the events here name it as their source.
    Raises SystemExit if events/env.json is empty: a shell empties the file that it writes to.
    """
    text = SHIPPED.read_text()
    if not text.strip():
        sys.exit(f"{SHIPPED} is empty: git checkout it, and write to env.json next to the Makefile")
    outputs, functions = Remote.find(stack).outputs, boto3.client("lambda")
    found = {}
    for name, settings in json.loads(text).items():
        if output := outputs.get(f"{name.removesuffix('Function')}Function"):
            configuration: Any = functions.get_function_configuration(FunctionName=output)
            found[name] = settings | {
                key: value
                for key, value in configuration["Environment"]["Variables"].items()
                if key in settings and not (example_queue and key == "POSTS_QUEUE_ARN")
            }
    return found


def filled(event: str, settings: Settings, example: Settings, sender: str) -> Any:
    """Return an event with a stack's names in the place of the example's.

    `settings` and `example` say what each function has on the stack, and here. An event may name
    what another one has, as a unit does.
    """
    names = {example[f][key]: value for f, own in settings.items() for key, value in own.items()}
    for name, value in [*sorted(names.items(), reverse=True), (EXAMPLE_SENDER, sender)]:
        if "EXAMPLE" in name or "123456789012" in name:
            event = event.replace(json.dumps(name)[1:-1], json.dumps(value)[1:-1])
    return json.loads(event)


def session_settings() -> dict[str, str]:
    """Return the caller's credentials, region and endpoint as a function finds them on Lambda."""
    session = boto3.Session()
    if (found := session.get_credentials()) is None:
        raise OperatorError("there are no AWS credentials; those of a local stack may be any words")
    key = found.get_frozen_credentials()
    settings = {
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_SESSION_TOKEN": key.token,
        "AWS_REGION": session.region_name,
        "AWS_DEFAULT_REGION": session.region_name,
        "AWS_ENDPOINT_URL": os.environ.get("AWS_ENDPOINT_URL"),
    }
    return {name: value for name, value in settings.items() if value}


def main(name: str, stack: str, provider: str = DEFAULT_PROVIDER) -> int:
    """Send one event and print the answer; 1 if the function failed, 2 if nothing was sent."""
    path = Path(__file__).parent / f"{Path(name).stem}.json"
    if not path.exists() or path == SHIPPED or not name:
        names = ", ".join(sorted({file.stem for file in path.parent.glob("*-*.json")}))
        sys.stderr.write(f"EVENT={name}: there is no such event here; there are {names}\n")
        return 2
    text = path.read_text("utf-8").replace(DEFAULT_PROVIDER, provider)
    first, example = path.stem.partition("-")[0].capitalize(), json.loads(SHIPPED.read_text())
    function = next((key for key in (first, f"{first}Function") if key in example), "")
    if not function:
        sys.stderr.write(f"{path.name}: the name must begin with a function, as scan-mine.json\n")
        return 2
    try:
        emulator.build()
        remote = Remote.find(stack)
        settings = env_of(stack, example_queue=False)
        known = remote.store.provider(provider)
        if EXAMPLE_SENDER in text and not (known and known.senders):
            sys.stderr.write(f"the stack knows no sender of {provider}: terang providers add\n")
            return 2
        if function not in settings:
            sys.stderr.write(f"{stack} has no {first}: its parameter is off, see docs/deploy.md\n")
            return 2
        if EXAMPLE_SET in text:
            in_force = current_set(remote.objects, remote.outputs["PublicBucket"])
            text = text.replace(EXAMPLE_SET, in_force)
        sender = known.senders[0] if known else ""
        event = filled(text, settings, example, sender)
        given = session_settings() | settings[function]
        with tempfile.TemporaryDirectory(prefix="terang-invoke-") as folder:
            log = Path(folder) / "log"
            with emulator.started(function, given, log) as url:
                answer = emulator.invoke(url, event)
            sys.stderr.write(log.read_text("utf-8", errors="replace"))
    except (StackError, OperatorError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{json.dumps(answer, indent=2)}\n")
    return int(isinstance(answer, dict) and "errorMessage" in answer)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    if sys.argv[1] == "env":
        sys.stdout.write(json.dumps(env_of(*sys.argv[2:3] or ["terang"]), indent=2) + "\n")
        sys.exit()
    sys.exit(main(sys.argv[1], *(sys.argv[2:] or ["terang"])))
