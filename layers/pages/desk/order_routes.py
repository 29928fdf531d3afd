"""The form of a removal order: what Annex I of Regulation (EU) 2021/784 asks for, without content.

It becomes the message that a provider could send instead, checked in the same way. It can be taken
back for a while; the form then shows it again.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from aws_lambda_powertools.event_handler import Response

from cases.asked import Order
from cases.case_message import OLDEST, SKEW
from cases.kinds import read_case_message
from desk.asking import Asking, card_path, on, see
from desk.deciding import DecidingError, form_id, opened_at, pending_of
from ledger.cases import case_id
from ledger.codes import EU, CaseRefusal

type Said = Mapping[str, list[str]]

NEEDED = ("id", "authority", "country", "received_at", "items")
TIMES = ("received_at", "removal.issued_at")
FIELDS = (
    *NEEDED,
    *("removal.reference", "removal.issued_at", "removal.material"),
    *("removal.redress_until", "removal.silent_until"),
)
"""The fields of the form, by their places in the message."""


def read_order(form: Said, now: datetime) -> Order | str:
    """Return the order of a form, or the place of the first field that cannot be taken."""
    fields: dict[str, Any] = {"type": "order", "kind": "act", "regulation": "tco", "removal": {}}
    fields |= {"category": "RISK_FOR_PUBLIC_SECURITY", "keyword": "TERRORIST_CONTENT"}
    for place in FIELDS:
        inside, _, name = place.rpartition(".")
        texts = [text.strip() for text in form.get(place, ()) if text.strip()]
        if not texts and place in NEEDED:
            return place
        value: Any = texts if name == "material" else next(iter(texts), None)
        if name == "items" and texts[0].isdecimal() and len(texts[0]) < 10:
            value = int(texts[0])
        elif texts and place in TIMES:
            value = f"{texts[0]}:00Z"
        (fields[inside] if inside else fields)[name] = value
    read = read_case_message(msgspec.json.encode(fields))
    if not isinstance(read, Order):
        return read.field if isinstance(read, CaseRefusal) else "id"
    return read if now - OLDEST < read.received_at < now + SKEW else "received_at"


@on("GET", "/order")
def order_page(
    asking: Asking, said: Said = MappingProxyType({}), wrong: str = "", problem: str = ""
) -> Response[str]:
    """Return the page of the form, with what was said in it and the field that is wrong."""
    if not asking.moderator.may_decide:
        return asking.missing()
    return asking.page(
        "order.html",
        HTTPStatus.BAD_REQUEST if wrong or problem else HTTPStatus.OK,
        here="queue",
        needed=NEEDED,
        said=said,
        wrong=wrong,
        problem=asking.phrases.gettext(problem),
        countries=sorted(EU),
        form_id=form_id(asking.moderator.name, asking.desk.now(), secrets.token_hex(4)),
    )


@on("POST", "/order")
def enter(asking: Asking) -> Response[str]:
    """Store the order as pending, and show it among the moderator's decisions."""
    desk, moderator, now, form = asking.desk, asking.moderator, asking.desk.now(), asking.form
    order = read_order(form, now)
    if isinstance(order, str) or not moderator.may_decide:
        return order_page(asking, form, str(order))
    try:
        opened_at(asking.field("form"), moderator.name, now)
    except DecidingError as error:
        return order_page(asking, form, problem=str(error))
    key = case_id("order", moderator.provider, order.id)
    pending = pending_of(moderator, now, [f"order/{key}"], [order])
    pending = msgspec.structs.replace(pending, id=asking.field("form"))
    if desk.store.case(key) or desk.store_pending(moderator, pending):
        return order_page(asking, form, "id")
    return see("/recent")


@on("GET", "/order/<key>")
def entered(asking: Asking, key: str) -> Response[str]:
    """Go to the card of an order; one that was taken back is in the form again."""
    if asking.desk.dossier(asking.moderator, key):
        return see(card_path(key, asking.wanted))
    own = (each.messages[0] for each in asking.recent if each.items == (f"order/{key}",))
    sent = next(own, {})
    places = sent | {f"removal.{name}": said for name, said in sent.get("removal", {}).items()}
    texts = {name: said if isinstance(said, list) else [str(said)] for name, said in places.items()}
    return order_page(asking, texts)
