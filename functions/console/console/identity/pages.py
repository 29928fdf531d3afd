"""The few pages for people who have no session. Everything that somebody typed is escaped."""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl

from ledger.untrusted_text import replace_controls

REFUSALS = {
    "no_moderator": "The account has no pseudonym that can be a moderator. The operator's setting"
    " ConsoleModeratorClaim names the claim; an e-mail address is never taken.",
    "no_group": "The account is in no group of a provider. Groups are named provider/role.",
    "two_providers": "The account is in groups of two providers. A moderator works for one.",
    "other_door": "The moderators of this provider do not decide here.",
    "foreign_form": "The form came from another page or an older session. Nothing was done.",
}
"""What somebody can do about a refusal. Other codes say only that it did not work: try again."""

TYPED = ("reason", "text")
"""The fields of a form that somebody typed."""


def refused(code: str) -> str:
    """Return the page of an attempt that did not work."""
    why = REFUSALS.get(code, "The sign-in did not work, or took more than ten minutes.")
    return _page("You are not signed in", [why, f"Code: {code}"])


def signed_out(elsewhere: str) -> str:
    """Return the page after signing out; `elsewhere` ends the session at the issuer too."""
    link = f'<p><a href="{escape(elsewhere)}">Sign out at the sign-in service too</a></p>'
    return _page(
        "You are signed out",
        ["On a shared machine, sign out there too."] if elsewhere else ["The session has ended."],
        link if elsewhere else "",
    )


def session_ended(form: str) -> str:
    """Return the page of a form whose session had ended, with the text typed in it."""
    try:
        fields = parse_qsl(form, max_num_fields=400)
    except ValueError:
        fields = []
    typed = [value for name, value in fields if name.rpartition("-")[0] in TYPED or name in TYPED]
    shown = "".join(
        f"<pre>{escape(replace_controls(value, keep=chr(10)))}</pre>" for value in typed if value
    )
    kept = f"<h2>What you had typed</h2>{shown}" if shown else ""
    words = ["Nothing was decided by your last form. Decisions before it are kept."]
    return _page("Your session has ended", words, kept)


def _page(title: str, words: Iterable[str], markup: str = "") -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in words)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Terang</title>\n"
        '<link rel="stylesheet" href="/static/desk.css">\n'
        '</head>\n<body>\n<header class="top"><span class="brand">Terang</span></header>\n'
        f'<main id="main">\n<h1>{escape(title)}</h1>\n{paragraphs}\n{markup}\n'
        '<p><a href="/sign-in">Sign in</a></p>\n</main>\n</body>\n</html>\n'
    )


def broken() -> str:
    """Return the page of a request that failed on our side."""
    return _page("Something failed here", ["Nothing was lost. Load the page again in a moment."])
