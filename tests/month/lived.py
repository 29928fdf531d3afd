"""A month that was lived through on the local stack, for all tests of this folder."""

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from month.counting import expected
from month.living import Life
from month.plan import FULL, PROVIDER, SMALL
from month.writing import write

from matcher import Pack
from terang.emulator import local_stack
from terang.runner import Deployed, deploy
from terang.set_publishing import PackBucket

STACK = "terang-month"
PACKS = Path(__file__).parent / "packs"
SEED = 20261130
PARAMETERS = {"PublicUrl": "http://127.0.0.1:1", "NoticeHours": "0", "DeletionProtection": "false",
              "VisibilityTimeout": "60", "FileVisibilityTimeout": "60", "ScanConcurrency": "2",
              "BatchWindow": "1"}  # fmt: skip


@dataclass
class Month:
    """A simulated month: the published files, and the script's own count."""

    life: Life
    folder: Path
    count: dict[str, Any]
    full: bool

    @property
    def public(self) -> Path:
        """The copy of the public bucket."""
        return self.folder / "public"

    def json(self, path: str) -> dict[str, Any]:
        """A published document."""
        found: dict[str, Any] = json.loads((self.public / path).read_bytes())
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """The published summary of the month."""
        return self.json(f"summaries/{PROVIDER}/2026-11.json")

    def notices(self) -> list[str]:
        """The notices to authors in the out bucket."""
        bucket = self.life.deployed.outputs["OutBucket"]
        return self.life.deployed.objects.keys(bucket, f"out/{PROVIDER}/notices/")


@contextmanager
def lived(folder: Path) -> Iterator[Month]:
    """The month of `MONTH`, small or full, on a stack that is up as long as the context."""
    full = os.environ.get("MONTH") == "full"
    plan = write(FULL if full else SMALL, SEED)
    shutil.rmtree(folder / "public", ignore_errors=True)
    (folder / "posts").mkdir(parents=True, exist_ok=True)
    with local_stack() as stack:
        first = plan.size.days[0]
        deployed = Deployed(stack, deploy(stack, STACK, PARAMETERS | {"Today": first}))
        deployed.register(PROVIDER, [])
        packs = [Pack.parse(path.read_text(), path.name) for path in sorted(PACKS.glob("*.yaml"))]
        PackBucket(deployed.objects, deployed.outputs["PublicBucket"]).publish(
            PACKS, packs, {}, notice_hours=0, now=datetime(2026, 11, 1, tzinfo=UTC)
        )
        life = Life(deployed, plan, folder / "posts", random.Random(SEED))
        life.live()
        count = expected(plan, life.counted, life.rules())
        (folder / "expected.json").write_text(json.dumps(count, indent=2, sort_keys=True))
        deployed.copy(deployed.outputs["PublicBucket"], "", folder / "public")
        yield Month(life, folder, count, full)
