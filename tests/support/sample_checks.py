"""Invented checks of invented claims, as feeds bring them."""

import csv
import io
import json
from typing import Any

PUBLISHER = "check.example"

SALT = "Drinking warm salt water three times a day cures the common cold within one night"
FRIDGE = "The supermarket chain Fairmart is giving every customer a free shopping voucher this week"
MAYOR = "The mayor has sold the town hall to buy vaccines for his own family in secret"
TRUE = "Washing hands with soap for twenty seconds removes most germs from the skin"

REPEATS_SALT = (
    "Everybody says that drinking warm salt water three times a day cures the common cold within"
    " one night, so my aunt does it"
)
REPEATS_FRIDGE = (
    "Hurry up!! The supermarket chain Fairmart is giving every customer a free shopping voucher"
    " this week, my cousin told me"
)
REPEATS_MAYOR = (
    "Have you heard that the mayor has sold the town hall to buy vaccines for his own family in"
    " secret"
)
REPEATS_TRUE = (
    "Remember that washing hands with soap for twenty seconds removes most germs from the skin"
)


def check(number: int, claim: str, rating: str = "False", **more: str) -> dict[str, str]:
    """A row of a table of checks."""
    row = {"url": f"https://{PUBLISHER}/{number}", "claim": claim, "rating": rating,
           "publisher": "Check", "date": "2026-10-01", "language": "en"}  # fmt: skip
    return row | more


CHECKS = (check(1, SALT), check(2, FRIDGE), check(3, MAYOR), check(4, TRUE, "True"))


def table(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, CHECKS[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def data_feed(*rows: dict[str, str]) -> bytes:
    """The same as a DataFeed of ClaimReview."""
    return json.dumps({"@type": "DataFeed", "dataFeedElement": list(map(_element, rows))}).encode()


def _element(row: dict[str, str]) -> dict[str, Any]:
    return {
        "@type": "DataFeedItem",
        "item": [{"@type": "ClaimReview", "url": row["url"], "claimReviewed": row["claim"],
                  "reviewRating": {"alternateName": row["rating"]},
                  "author": {"name": row["publisher"]}, "datePublished": row["date"],
                  "inLanguage": row["language"]}],
    }  # fmt: skip
