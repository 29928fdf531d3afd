"""The folder of a run's results: one run at a time; nothing outside of it is ever removed."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ledger.errors import OperatorError

RESULTS = {"findings.jsonl", "refusals.jsonl", "public", "out"}
"""What a run writes into its folder. A folder that holds anything else is not replaced."""


@contextmanager
def owned(out: Path) -> Iterator[None]:
    """Create the folder if it is missing, and keep other runs out of it meanwhile.

    The lock is on the folder itself and ends with this process, even if it is killed. A link is
    followed. A folder that was created here and is empty at the end is removed.

    Raises OperatorError if another run uses it, if it holds anything but an earlier run, or if it
    cannot be created.
    """
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OperatorError(f"--out {out}: {_why(out, error)}") from None
    try:
        _lock(folder, out)
        if not {path.name for path in out.iterdir()} <= RESULTS:
            raise OperatorError(
                f"--out {out} holds something else than an earlier run: name another folder"
            )
        yield
    finally:
        if made:
            with suppress(OSError):  # it holds results
                out.rmdir()
        os.close(folder)


def empty(out: Path) -> None:
    """Remove the results of an earlier run. Of a link only the link is removed."""
    for path in out.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _lock(folder: int, out: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(folder), out.stat()):
            raise BlockingIOError  # noqa: TRY301 - a run that failed has removed it meanwhile
    except (BlockingIOError, FileNotFoundError):
        raise OperatorError(
            f"--out {out}: another run is writing into it; wait for it, or name another folder"
        ) from None


def _why(out: Path, error: OSError) -> str:
    if out.is_symlink() and not out.exists():
        return "a link that leads nowhere"
    if out.exists() and not out.is_dir():
        return "not a folder"
    return f"cannot be made or read: {error.strerror}"
