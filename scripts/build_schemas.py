"""Write the JSON Schemas in docs/ that code defines: case messages, events, the report's about."""

import json
from pathlib import Path

from announce.announcements import announcement_schema
from cases.kinds import case_message_schema
from dsa.indicators import about_schema

DOCS = Path(__file__).resolve().parents[1] / "docs"
SCHEMAS = {
    "case-message.schema.json": case_message_schema,
    "event.schema.json": announcement_schema,
    "report-about.schema.json": about_schema,
}

if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        (DOCS / name).write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
        print(f"wrote docs/{name}")
