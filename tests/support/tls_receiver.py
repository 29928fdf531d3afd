"""A webhook's receiver on loopback, over TLS, that does as it is told."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from support.serving import Quiet, serving

from announce.announcements import WebhookSender

HOST = "hooks.example"


@dataclass
class Receiver:
    """What arrived, and what is answered next: a status, `hang`, `drip` or `drop`."""

    next: list[str] = field(default_factory=list)
    arrived: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    url: str = ""


def certificate(folder: Path, host: str = HOST) -> Path:
    """A file with a key and a certificate of its own for a host."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(written + made.public_bytes(Encoding.PEM))
    return path


def sender_to(pem: Path, **changed: Any) -> WebhookSender:
    """A sender that trusts the certificate, and finds every host on loopback."""
    given = {
        "context": ssl.create_default_context(cafile=pem),
        "resolve": lambda host, port: ["127.0.0.1"],
        "is_allowed": lambda address: True,
    }
    return WebhookSender(**given | changed)


@contextmanager
def served(server: HTTPServer, pem: Path) -> Iterator[str]:
    """Serve over TLS as long as it lasts; the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    with serving(server):
        yield f"https://{HOST}:{server.server_port}/terang?a=1"


@contextmanager
def receiver(pem: Path) -> Iterator[Receiver]:
    """A receiver that answers 204 unless it is told otherwise."""
    told, over = Receiver(), threading.Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.arrived.append((dict(self.headers), body))
            told.targets.append(self.path)
            order = told.next.pop(0) if told.next else "204"
            if order == "hang":
                over.wait(30)
            elif order == "drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not over.wait(0.05):
                    try:
                        self.wfile.write(b"x-more: 1\r\n")
                    except OSError:
                        return
            elif order != "drop":
                self.send_response(int(order))
                if order == "302":
                    self.send_header("location", "https://169.254.169.254/latest/meta-data/")
                self.end_headers()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A sender that goes away is part of the tests."""

    with served(Server(("127.0.0.1", 0), Handler), pem) as told.url:
        try:
            yield told
        finally:
            over.set()
