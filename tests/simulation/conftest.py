"""The machine on which handlers run in simulations."""

from collections.abc import Iterator

import pytest
from simulation.runs import simulation


@pytest.fixture(scope="module")
def patched_machine() -> Iterator[None]:
    """Make runs possible in this module."""
    with simulation():
        yield
