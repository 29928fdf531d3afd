"""Fixtures for tests of publish."""

from collections.abc import Iterator

import pytest
from support.publish_world import english_only


@pytest.fixture
def in_english_only() -> Iterator[None]:
    """Publish pages in one language."""
    with english_only():
        yield
