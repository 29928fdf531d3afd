#!/usr/bin/env python3
"""Write the files that the sources define; look at the diff.

- `docs/*.schema.json` of case messages, events and the report's about.
- `layers/terang/rules/signs.json`: what each sign of `matcher.sign_catalogue` is, and its digest. A
  changed digest means that a sign may find something else. Sets that name it are refused then, so
  give the changed sign a new id, and keep the old one while a set names it.
- The catalogues of layers/pages. Each package of layers and functions that says something has one
  per language. A message is the text of `_("…")`, `gettext("…")`, `ngettext("…", "…", n)` or
  `to_translate("…")`, in Python and in templates, a text of `words.json`, or the meaning of a sign.
  New messages get an empty translation, which a test names; messages that no source has any more
  are removed.

With the word `pictures` it takes those of the desk in docs/images again instead, in Chromium: it
runs invented posts through the whole stack on this machine, opens the desk on the run as
`terang review` does, and decides a card. That needs what `make setup-test` installs.
"""

import json
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from announce.announcements import announcement_schema
from cases.kinds import case_message_schema
from dsa.indicators import about_schema
from matcher.sign_catalogue import as_document
from phrases import package_words
from rules.pack_parts import ALGORITHM
from rules.pinned import KNOWN, sentence_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from terang.home_desk import HomeServer

ROOT = Path(__file__).parents[1]
SCHEMAS = {
    "case-message.schema.json": case_message_schema,
    "event.schema.json": announcement_schema,
    "report-about.schema.json": about_schema,
}
CATALOGUES = ROOT / "layers/pages/phrases/catalogues"
TRANSLATED = ("id", "zh")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "to_translate": None}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"jinja2": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}

IMAGES = ROOT / "docs/images"
NOW = datetime.now(UTC)
INPUTS = ("pictured_posts.jsonl", "pictured_cases.jsonl")
HOURS = {"3 hours ago": -3, "2 hours ago": -2, "in 6 hours": 6}
"""The times that the inputs name."""


def packages() -> dict[str, Path]:
    """Return the folder of each package of layers and functions, by its name."""
    folders = sorted([*ROOT.glob("layers/*/*/"), *ROOT.glob("functions/*/*/")])
    return {folder.name: folder for folder in folders if (folder / "__init__.py").exists()}


def messages_of(folder: Path) -> Catalog:
    """Return the messages in the sources of a package, without translations."""
    found = Catalog(project="Terang", charset="utf-8")
    options = {pattern: OPTIONS.get(method, {}) for pattern, method in METHODS}
    extracted = extract_from_dir(
        folder, METHODS, options_map=options, keywords=KEYWORDS, comment_tags=("For translators:",)
    )
    for name, _, message, comments, context in extracted:
        path = (folder / name).relative_to(ROOT)
        found.add(message, locations=[(str(path), 1)], auto_comments=comments, context=context)
    if (words := folder / "words.json").exists():
        said = chain.from_iterable(kind.values() for kind in package_words(folder).values())
        for message in filter(None, said):
            forms = tuple(message) if isinstance(message, list) else message
            found.add(forms, locations=[(str(words.relative_to(ROOT)), 1)])
    if folder.name == "publish_steps":
        for sentence in map(sentence_of, [*KNOWN.signs, *KNOWN.gates, ALGORITHM]):
            found.add(sentence, locations=[("layers/terang/rules/signs.json", 1)])
    return found


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as text, in the order of messages and without dates."""
    file = BytesIO()
    write_po(
        file, catalogue, width=0, sort_output=True, omit_header=True,
        include_lineno=False, ignore_obsolete=True,
    )  # fmt: skip
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale_identifier}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + file.getvalue()


def updated(folder: Path, language: str) -> Catalog:
    """Return the catalogue of a package with exactly the messages of its sources."""
    path = CATALOGUES / language / f"{folder.name}.po"
    text = BytesIO(path.read_bytes() if path.exists() else b"")
    catalogue = read_po(text, locale=language)
    catalogue.update(messages_of(folder), no_fuzzy_matching=True)
    return catalogue


def lacking(catalogue: Catalog) -> list[str]:
    """Return the messages without a translation, or without one of their plural forms."""
    found = []
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(texts):
            found.append(str(ids[0]))
    return found


def build_documents() -> None:
    """Write all of them, and say how many messages of each catalogue lack a translation."""
    for name, schema in SCHEMAS.items():
        (ROOT / "docs" / name).write_text(json.dumps(schema(), indent=2) + "\n", "utf-8")
    (ROOT / "layers/terang/rules/signs.json").write_bytes(as_document())
    for name, folder in packages().items():
        for language in TRANSLATED:
            catalogue = updated(folder, language)
            if not len(catalogue):
                continue
            path = CATALOGUES / language / f"{name}.po"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(catalogue))
            print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages, ", end="")
            print(f"{len(lacking(catalogue))} not translated")


def write_inputs(folder: Path) -> tuple[Path, ...]:
    """Write the posts of a provider, and an order with a deadline; return both files."""
    for name in INPUTS:
        text = Path(__file__).with_name(name).read_text("utf-8")
        for words, hours in HOURS.items():
            text = text.replace(words, (NOW + timedelta(hours=hours)).isoformat())
        (folder / name).write_text(text, "utf-8")
    return tuple(folder / name for name in INPUTS)


def take(page: "Page", name: str, height: int) -> None:
    """Write the top of a page as a picture."""
    page.mouse.move(0, 0)
    size = page.viewport_size or {"width": 0}
    clip = {"x": 0, "y": 0, "width": size["width"], "height": height}
    page.screenshot(path=IMAGES / f"{name}.png", clip=clip, full_page=True)


def take_all(server: "HomeServer") -> None:
    """Go through the desk as a moderator does, and stop the server."""
    from playwright.sync_api import sync_playwright

    sys.path.append(str(ROOT / "tests"))
    from support.chromium import ARGUMENTS, CHROMIUM

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.goto(server.address)
        take(page, "desk-queue", 560)
        with page.expect_navigation():
            page.get_by_role("link", name="high").first.click()
        for key in (" ", "c", "r"):
            page.keyboard.press(key)
        take(page, "desk", 800)
        page.locator(".copy summary").first.click()
        page.locator(".copy input").last.uncheck()
        page.locator(".more").screenshot(path=IMAGES / "desk-group.png")
        with page.expect_navigation():
            page.keyboard.press("1")
        take(page, "desk-undo", 420)
        browser.close()
    server.stop()


def take_pictures() -> None:
    """Run the posts, and take the pictures of the desk on this run."""
    from desk import Door, Moderator, Role
    from terang.case_queue import read_messages
    from terang.cli import main as terang
    from terang.home_desk import Sitting
    from terang.run_table import RunTable

    with TemporaryDirectory() as made:
        folder = Path(made)
        posts, cases = write_inputs(folder)
        run = ["run", str(posts), "--provider", "acme-chat", "--out", str(folder / "out")]
        if terang(run):
            sys.exit("the run failed")
        table = RunTable.read(folder / "out", read_messages(cases))
        who = Moderator("m-7", "acme-chat", Role.MODERATOR, Door.FILE)
        file, clock = folder / "decisions.jsonl", table.store.clock
        sitting = Sitting(who, table.desk, file, clock, table.judge, folder / "out/public")
        sitting.run(lambda server: threading.Thread(target=take_all, args=(server,)).start())


if __name__ == "__main__":
    take_pictures() if "pictures" in sys.argv[1:] else build_documents()
