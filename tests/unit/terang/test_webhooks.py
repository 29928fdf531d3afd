"""`terang webhooks` refuses an address to which nothing could be sent safely."""

import pytest

from terang.cli import main


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example/", "https"),
        ("hooks.example", "https"),
        ("https://name:word@hooks.example/", "password"),
        ("https://hooks.example/a b", "ASCII"),
    ],
)
def test_an_address_that_is_not_plain_https_is_wrong_usage(
    url: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before any stack is asked."""
    assert main(["webhooks", "add", "acme-chat", url]) == 2
    assert reason in capsys.readouterr().err
