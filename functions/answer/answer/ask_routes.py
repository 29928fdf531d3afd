"""The three ways to ask the tip line, each at a route of its own.

- Programs send JSON to the function URL and get JSON.
- People get a page with one form and no script. The text is never in an address.
- Telegram sends an update of its webhook, and the response is a method of the Bot API, so nothing
  is called and no token is needed. Telegram repeats an update until it gets a status of 200, so a
  message without an answer gets it too. Source: https://core.telegram.org/bots/api, `setWebhook`
  and `Message`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment

from answer import tip_line
from claims.admission import publishers_in
from claims.check_finder import CheckAnswer
from ledger.texts import replace_controls
from phrases import Phrases, of
from strangers import (
    WINDOW_SECONDS,
    Request,
    RequestError,
    Secrets,
    admit,
    form_pages,
    page_response,
    response,
    supported,
)

JSON_PARTNER, JSON_SECRET = "x-terang-partner", "x-terang-secret"


@dataclass(frozen=True, slots=True)
class JsonRoute:
    """Answers partners by their secrets; with None, callers whose signature AWS has checked."""

    secrets: Secrets | None

    def asker(self, request: Request) -> str:
        """Return the partner or the caller. Raises RequestError if they are unknown."""
        if self.secrets is not None:
            name = request.headers.get(JSON_PARTNER, "")
            admit(self.secrets, name, request.headers.get(JSON_SECRET, ""))
            return name
        if not request.caller:  # AWS lets nobody through without one
            raise RequestError(403, "not_known")
        return request.caller

    def question(self, request: Request) -> tip_line.Question:
        """Return the question. Raises RequestError if the request does not hold one."""
        if request.method != "POST":
            raise RequestError(405, "post_only")
        try:
            return msgspec.json.decode(request.body, type=tip_line.Question)
        except msgspec.ValidationError:
            raise RequestError(400, "no_question") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RequestError(400, "no_json") from None

    def response(
        self,
        request: Request,  # noqa: ARG002 - a method of AskRoute
        outcome: tip_line.TipAnswer | RequestError | None,
    ) -> dict[str, Any]:
        """Return the answer, or the code of what went wrong."""
        if not isinstance(outcome, tip_line.TipAnswer):
            error = outcome or RequestError(400, "no_question")
            later = {"retry_after": str(WINDOW_SECONDS)} if error.status == 429 else {}
            return response(error.status, {"code": error.code}, **later)
        words = of(outcome.language)
        checks = [_row(found, words) for found in outcome.checks]
        said = {
            "language": outcome.language,
            "message": tip_line.answer_text(outcome),
            "checks": checks,
        }
        return response(200, said)


def _row(found: CheckAnswer, words: Phrases) -> dict[str, Any]:
    check = found.check
    return {
        "url": check.url,
        "claim": check.claim,
        "rating": str(check.rating),
        "rating_words": tip_line.rating_words(words, check.rating),
        "publisher": check.publisher,
        "date": check.date,
        "score": found.score,
        "level": str(found.level),
    }


MOST_LETTERS = 10_000
"""Letters that the form takes. A body encodes a Chinese one in nine bytes: `%E9%AA%8C`."""


@dataclass(frozen=True, slots=True)
class PageRoute:
    """Shows the form, and below it what was found."""

    def asker(self, request: Request) -> str:
        """Return the network from which somebody asks."""
        return request.address

    def question(self, request: Request) -> tip_line.Question | None:
        """Return the text of the form; None if somebody opens the page."""
        if request.method != "POST":
            return None
        return tip_line.Question(request.form.get("text", ""), request.language)

    def response(
        self, request: Request, outcome: tip_line.TipAnswer | RequestError | None
    ) -> dict[str, Any]:
        """Return the page, with the text that was asked in its form."""
        error = outcome if isinstance(outcome, RequestError) else None
        try:
            asked = request.form.get("text", "")  # nobody loses the text
        except RequestError:
            asked = ""
        page = _environment(request.language).get_template("ask.html")
        shown = page.render(
            text=asked,
            answer=outcome if isinstance(outcome, tip_line.TipAnswer) else None,
            problem=tip_line.problem_words(of(request.language), error.code) if error else "",
            publishers=publishers_in(request.language),
        )
        return page_response(request, shown, error)


@cache
def _environment(language: str) -> Environment:
    """Return the template engine of a language."""
    words = of(language)
    engine = form_pages(Path(__file__).parent / "templates", language)
    engine.globals |= {
        "day": words.day,
        "rating": lambda check: tip_line.rating_words(words, check.rating),
        "old_words": tip_line.old_words(words),
        "nothing_words": tip_line.nothing_words(words),
        "advice_words": tip_line.advice_words(words),
        "most_letters": MOST_LETTERS,
    }
    return engine


SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
PARTNER = "telegram"
"""The partner whose secret the webhook was set with."""
MOST_UTF16 = 4096
"""The longest message, in units of UTF-16. Telegram counts characters, which are never more."""

_COMMAND = re.compile(r"/(?:start|help)\b")


class TelegramUser(msgspec.Struct, frozen=True):
    """Who wrote a message."""

    id: int
    is_bot: bool = False
    username: str = ""
    language_code: str = ""


NOBODY = TelegramUser(0, is_bot=True)
"""The writer of a message without one, such as a post of a channel. It gets no answer."""


class TelegramChat(msgspec.Struct, frozen=True):
    """Where it was written: `private`, `group`, `supergroup` or `channel`."""

    id: int
    type: str


class TelegramMessage(msgspec.Struct, frozen=True):
    """A message: text, or a picture or film with a caption. A forwarded post is one too."""

    message_id: int
    chat: TelegramChat
    user: TelegramUser = msgspec.field(name="from", default=NOBODY)
    text: str = ""
    caption: str = ""
    reply_to_message: "TelegramMessage | None" = None

    @property
    def words(self) -> str:
        """Return what somebody can read in it."""
        return self.text or self.caption


class TelegramUpdate(msgspec.Struct, frozen=True):
    """An update of which only a new message is read: edits, channels and buttons are ignored."""

    message: TelegramMessage | None = None


@dataclass(frozen=True, slots=True)
class TelegramRoute:
    """Answers messages to the bot. `bot` is its name without the sign @."""

    bot: str
    secrets: Secrets

    def asker(self, request: Request) -> str:
        """Return who wrote. Raises RequestError if the request does not come from the webhook."""
        admit(self.secrets, PARTNER, request.headers.get(SECRET, ""))
        message = self._addressed(request)
        return str(message.user.id) if message else ""

    def question(self, request: Request) -> tip_line.Question | None:
        """Return the text to look up; None for a command, and for what the bot need not answer."""
        message = self._addressed(request)
        if message is None:
            return None
        text = self._text(message)
        return None if _COMMAND.match(text) else tip_line.Question(text, message.user.language_code)

    def response(
        self, request: Request, outcome: tip_line.TipAnswer | RequestError | None
    ) -> dict[str, Any]:
        """Return a message to send, or nothing to do. Telegram repeats any other status."""
        if isinstance(outcome, RequestError) and outcome.status in {403, 500}:
            return response(outcome.status, {"code": outcome.code})
        message = self._addressed(request)
        if message is None:
            return response(200, {})
        return response(
            200,
            {
                "method": "sendMessage",
                "chat_id": message.chat.id,
                "text": self._reply(outcome, supported(message.user.language_code)),
                "link_preview_options": {"is_disabled": True},
                "reply_parameters": {
                    "message_id": message.message_id,
                    "allow_sending_without_reply": True,
                },
            },
        )

    def _reply(self, outcome: tip_line.TipAnswer | RequestError | None, language: str) -> str:
        words = of(language)
        if isinstance(outcome, RequestError) and outcome.code != "no_text":
            return tip_line.problem_words(words, outcome.code)
        if not isinstance(outcome, tip_line.TipAnswer):
            return words.gettext(
                "Send or forward me a text, and I look for published checks of what it says. I do"
                " not judge it. I keep nothing of it; Telegram keeps our chat. In a group, reply to"
                " a message and name me: @%(bot)s",
                bot=self.bot,
            )
        if not outcome.checks:
            own = of(outcome.language)
            return f"{tip_line.nothing_words(own)}\n\n{tip_line.advice_words(own)}"
        return replace_controls(_fitting(tip_line.answer_parts(outcome)), keep="\n")

    def _addressed(self, request: Request) -> TelegramMessage | None:
        """Return a message that a person wrote to the bot, else None.

        In a group it must name the bot, or reply to it.
        """
        try:
            message = msgspec.json.decode(request.body, type=TelegramUpdate).message
        except (RequestError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if message is None or message.user.is_bot:
            return None
        if message.chat.type == "private":
            return message
        if message.chat.type not in {"group", "supergroup"}:
            return None
        is_named = self._mention.search(message.words) is not None
        return message if is_named or self._replies_to_bot(message) else None

    def _replies_to_bot(self, message: TelegramMessage) -> bool:
        replied = message.reply_to_message
        return replied is not None and replied.user.username.casefold() == self.bot.casefold()

    def _text(self, message: TelegramMessage) -> str:
        """Return the text without the bot's name, or that of the message that it shows the bot.

        A reply that names the bot shows it the other message. Its own words are mostly "is this
        true?", and no published check answers that.
        """
        words, names = self._mention.subn("", message.words)
        text, replied = words.strip(), message.reply_to_message
        if not names or replied is None or self._replies_to_bot(message) or _COMMAND.match(text):
            return text
        return replied.words or text

    @property
    def _mention(self) -> re.Pattern[str]:
        return re.compile(rf"@{re.escape(self.bot)}(?!\w)", re.IGNORECASE)


def _fitting(parts: Sequence[str]) -> str:
    """Return the opening with the checks that fit into one message.

    >>> [len(_fitting(["a", "b" * length])) for length in (4093, 4094)]
    [4096, 1]
    """
    text = parts[0]
    for part in parts[1:]:
        longer = f"{text}\n\n{part}"
        if len(longer.encode("utf-16-le", "surrogatepass")) <= 2 * MOST_UTF16:
            text = longer
    return text


def routes_of(*, secrets: Secrets, asks_for_secret: bool, bot: str) -> dict[str, tip_line.AskRoute]:
    """Return each way to ask by the key of its route. The template says which routes there are."""
    return {
        "$default": JsonRoute(secrets if asks_for_secret else None),
        "GET /": PageRoute(),
        "POST /": PageRoute(),
        "POST /telegram": TelegramRoute(bot, secrets),
    }
