"""Servers on loopback that run as long as a test needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from threading import Thread


class Quiet:
    """A handler that logs nothing, with one of `http.server`."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Serve until the block ends; the address, without a slash at its end."""
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
