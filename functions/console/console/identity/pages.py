"""The few pages for people who have no session. Everything that somebody typed is escaped."""

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl

from ledger.untrusted_text import replace_controls
from phrases import Phrases, to_translate

REFUSALS = {
    "no_moderator": to_translate(
        "The account has no pseudonym that can be a moderator. The operator's setting"
        " ConsoleModeratorClaim names the claim; an e-mail address is never taken."
    ),
    "no_group": to_translate(
        "The account is in no group of a provider. Groups are named provider/role."
    ),
    "two_providers": to_translate(
        "The account is in groups of two providers. A moderator works for one."
    ),
    "other_door": to_translate("The moderators of this provider do not decide here."),
    "foreign_form": to_translate(
        "The form came from another page or an older session. Nothing was done."
    ),
}
"""What somebody can do about a refusal. Other codes say only that it did not work: try again."""

TYPED = ("reason", "text")
"""The fields of a form that somebody typed."""


def refused(phrases: Phrases, code: str) -> str:
    """Return the page of an attempt that did not work."""
    _ = phrases.gettext
    why = REFUSALS.get(code, "")
    words = _(why) or _("The sign-in did not work, or took more than ten minutes.")
    title = _("You are not signed in")
    return _page(phrases, title, [words, _("Code: %(code)s", code=code)])


def signed_out(phrases: Phrases, elsewhere: str) -> str:
    """Return the page after signing out; `elsewhere` ends the session at the issuer too."""
    _ = phrases.gettext
    title, ended = _("You are signed out"), _("The session has ended.")
    if not elsewhere:
        return _page(phrases, title, [ended])
    words = escape(_("Sign out at the sign-in service too"))
    link = f'<p><a href="{escape(elsewhere)}">{words}</a></p>'
    return _page(phrases, title, [_("On a shared machine, sign out there too.")], link)


def session_ended(phrases: Phrases, form: str) -> str:
    """Return the page of a form whose session had ended, with the text typed in it."""
    _ = phrases.gettext
    try:
        fields = parse_qsl(form, max_num_fields=400)
    except ValueError:
        fields = []
    typed = [value for name, value in fields if name.rpartition("-")[0] in TYPED or name in TYPED]
    shown = "".join(
        f'<p class="text" dir="auto">{escape(replace_controls(value, keep=chr(10)))}</p>'
        for value in typed
        if value
    )
    kept = f"<h2>{escape(_('What you had typed'))}</h2>{shown}" if shown else ""
    words = [_("Nothing was decided by your last form. Decisions before it are kept.")]
    return _page(phrases, _("Your session has ended"), words, kept)


def broken(phrases: Phrases) -> str:
    """Return the page of a request that failed on our side."""
    _ = phrases.gettext
    words = [_("A form may not be stored. Load the page again in a moment: it counts once.")]
    return _page(phrases, _("Something failed here"), words)


def _page(phrases: Phrases, title: str, words: Iterable[str], markup: str = "") -> str:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in words)
    return (
        f'<!doctype html>\n<html lang="{phrases.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)} · Terang</title>\n"
        '<link rel="stylesheet" href="/static/desk.css">\n'
        '</head>\n<body>\n<header class="top"><span class="brand">Terang</span></header>\n'
        f'<main id="main">\n<h1>{escape(title)}</h1>\n{paragraphs}\n{markup}\n'
        f'<p><a href="/sign-in">{escape(phrases.gettext("Sign in"))}</a></p>\n'
        "</main>\n</body>\n</html>\n"
    )
