"""Tests that try the block itself: nothing but this machine can be reached."""

import socket

import pytest


def test_another_machine_cannot_be_reached() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="connects to 192"):
        one.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match="looks up"):
        socket.create_connection(("service.example", 443))


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
