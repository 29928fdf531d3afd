"""Fixtures for properties."""

from collections.abc import Iterator

import pytest
from support.publish_world import english_only


@pytest.fixture(scope="module")
def in_english_only() -> Iterator[None]:
    """Publish pages in one language in the tests of a module."""
    with english_only():
        yield
