#!/usr/bin/env python3
"""Write the files that the sources define; look at the diff.

- `docs/*.schema.json` of case messages, events and the report's about.
- `layers/terang/rules/signs.json`: what each sign of `matcher.signs` is, and its digest. A changed
  digest means that a sign may find something else. Sets that name it are refused then, so give the
  changed sign a new id, and keep the old one while a set names it.
- The catalogues of layers/pages. Each package of layers and functions that says something has one
  per language. A message is the text of `_("…")`, `gettext("…")`, `ngettext("…", "…", n)` or
  `to_translate("…")`, in Python and in templates, or the meaning of a sign. New messages get an
  empty translation, which a test names; messages that no source has any more are removed.
"""

import json
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from announce.announcements import announcement_schema
from cases.kinds import case_message_schema
from dsa.indicators import about_schema
from matcher.sign_catalogue import as_document
from rules.pack_parts import ALGORITHM
from rules.pinned import KNOWN, sentence_of

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


def main() -> None:
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


if __name__ == "__main__":
    main()
