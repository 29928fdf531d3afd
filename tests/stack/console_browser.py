"""The deployed console at an address of its own, its accounts, and a browser of plain HTTP."""

import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode, urlsplit

from stack.running import Running
from support.serving import Quiet, serving

PASSWORD = "a long pass phrase, 15 letters and M0re"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


@dataclass
class Page:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of its forms, the first of each name."""
        fields: dict[str, str] = {}
        for name, value in HIDDEN.findall(self.text):
            fields.setdefault(name, unescape(value))
        return fields


@dataclass
class ConsoleAddress:
    """Where the console is, and how long it took to answer: seconds by method and path."""

    origin: str
    answers: list[tuple[str, str, float]] = field(default_factory=list)


@contextmanager
def console_address(running: Running) -> Iterator[ConsoleAddress]:
    """Serve the console on a port of its own, as its domain would, and let people sign in there.
    The emulator knows an API by its host, which no browser reaches here."""
    port = urlsplit(running.stack.url).port
    host = f"{running.outputs['ConsoleApiId']}.execute-api.localhost:{port}"

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._hand_on(None)

        def do_POST(self) -> None:
            self._hand_on(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

        def _hand_on(self, body: bytes | None) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            began = time.monotonic()
            try:
                connection.request(self.command, self.path, body, {**self.headers, "Host": host})
                answer = connection.getresponse()
                data = answer.read()
            finally:
                connection.close()
            address.answers.append((self.command, self.path, time.monotonic() - began))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # AWS takes plain HTTP for `localhost` alone, and so do browsers for secure cookies.
    address = ConsoleAddress(f"http://localhost:{server.server_port}")
    with serving(server):
        _tell_the_console(running, address.origin)
        yield address


def _tell_the_console(running: Running, origin: str) -> None:
    """Register the address at the pool, and give the function the settings that follow from it."""
    outputs = running.outputs
    pool = outputs["ConsolePoolId"]
    functions, cognito = running.stack.client("lambda"), running.stack.client("cognito-idp")
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="local", CallbackURLs=[f"{origin}/callback"],
        LogoutURLs=[f"{origin}/signed-out"], AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"], AllowedOAuthFlowsUserPoolClient=True,
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]["ClientId"]  # fmt: skip
    name = outputs["ConsoleFunction"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    local = {
        "CONSOLE_URL": origin,
        "CONSOLE_CLIENT_ID": client,
        "CONSOLE_DISCOVERY": f"{running.stack.url}/{pool}/.well-known/openid-configuration",
    }
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": variables | local}
    )


def account(running: Running, name: str, group: str) -> None:
    cognito, pool = running.stack.client("cognito-idp"), running.outputs["ConsolePoolId"]
    cognito.admin_create_user(
        UserPoolId=pool, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
    )
    with suppress(cognito.exceptions.GroupExistsException):
        cognito.create_group(UserPoolId=pool, GroupName=group)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)


@dataclass
class Browser:
    """Asks the console and the emulator."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, address: str) -> Page:
        return self._ask("GET", address, None)

    def post(self, address: str, form: Mapping[str, str], origin: str = "") -> Page:
        return self._ask("POST", address, urlencode(form), origin)

    def _ask(self, method: str, address: str, body: str | None, origin: str = "") -> Page:
        parts = urlsplit(address)
        kept = self.cookies.setdefault(parts.netloc, {})
        headers = {"Host": parts.netloc}
        if kept:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = origin or f"{parts.scheme}://{parts.netloc}"
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        try:
            path = parts.path or "/"
            query = f"?{parts.query}" if parts.query else ""
            connection.request(method, path + query, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    kept.pop(name, None)
                else:
                    kept[name] = morsel.value
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return Page(answer.status, lowered, text)
