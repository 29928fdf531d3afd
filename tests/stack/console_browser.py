"""A browser of plain HTTP for the deployed console: cookies by host, redirects one at a time."""

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

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
class Browser:
    """Asks the emulator; what is asked of the console's origin goes to the API of this id."""

    origin: str
    api: str
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, address: str) -> Page:
        return self._ask("GET", address, None)

    def post(self, address: str, form: Mapping[str, str], origin: str = "") -> Page:
        return self._ask("POST", address, urlencode(form), origin)

    def _ask(self, method: str, address: str, body: str | None, origin: str = "") -> Page:
        parts = urlsplit(address)
        kept = self.cookies.setdefault(parts.netloc, {})
        is_console = address.startswith(self.origin)
        host = f"{self.api}.execute-api.localhost:{parts.port}" if is_console else parts.netloc
        headers = {"Host": host}
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
