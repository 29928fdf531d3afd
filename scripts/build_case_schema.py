"""Write docs/case-message.schema.json anew from the code that reads the messages."""

import json
from pathlib import Path

from ledger.cases.reading import case_message_schema

PATH = Path(__file__).resolve().parents[1] / "docs/case-message.schema.json"

if __name__ == "__main__":
    PATH.write_text(json.dumps(case_message_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {PATH.name}")
