"""What a moderator sees of an audit: which post to open at the provider, and the keys."""

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from terang.review.audit_steps import CATEGORY_KEYS, Auditing, AuditStage
from terang.terminal_text import show_controls

POST_KEYS = "[v]iolating  [n]ot violating  [g]one   [l]ater  [u]ndo  [q]uit"
END_KEYS = "Nothing waits any more.   [u]ndo the last verdict, any other key ends"


def screen(audit: Auditing) -> RenderableType:
    """The whole screen. Nothing of the post is kept here: it is opened where it stands."""
    waiting, judged = len(audit.waiting), len(audit.messages)
    title = f"audit of {audit.month} as {audit.moderator}: {waiting} waiting, {judged} judged"
    parts: list[RenderableType] = [Text(title, "bold"), Rule(style="dim")]
    if audit.waiting:
        parts.append(
            Text.assemble("\nOpen at the provider: ", (show_controls(audit.waiting[0]), "bold"))
        )
        parts.append(Text("No rule met it. Is it illegal, or against the terms?\n"))
    parts.append(Rule(style="dim"))
    parts.append(_keys(audit))
    return Group(*parts)


def _keys(audit: Auditing) -> RenderableType:
    match audit.stage:
        case AuditStage.POST:
            return Text(POST_KEYS)
        case AuditStage.CATEGORY:
            lines = [Text(f"[{key}] {category}") for key, category in CATEGORY_KEYS.items()]
            return Group(Text("Under which category?   [Esc] back"), *lines)
        case AuditStage.END | AuditStage.DONE:
            return Text(END_KEYS)
