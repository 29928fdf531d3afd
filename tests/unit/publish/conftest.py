"""Fixtures for tests of publish."""

import pytest


@pytest.fixture
def in_english_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish pages in one language: for tests of the order of writes, not of what pages say."""
    monkeypatch.setattr("publish.publish_run.LANGUAGES", ("en",))
    monkeypatch.setattr("publish.public_bucket.LANGUAGES", ("en",))
