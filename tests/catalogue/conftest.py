"""The AWS in memory of the integration tests."""

from integration.conftest import clients, fresh_clients, heard, new_world, world

__all__ = ["clients", "fresh_clients", "heard", "new_world", "world"]
