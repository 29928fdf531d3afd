"""The stage on which handlers run in simulations."""

from collections.abc import Iterator

import pytest
from simulation.runs import simulation


@pytest.fixture(scope="module")
def stage() -> Iterator[None]:
    """Runs are possible in this module."""
    with simulation():
        yield
