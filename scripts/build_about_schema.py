"""Write docs/report-about.schema.json anew from the code that reads the provider's file."""

import json
from pathlib import Path

from dsa.report.about import about_schema

PATH = Path(__file__).resolve().parents[1] / "docs/report-about.schema.json"

if __name__ == "__main__":
    PATH.write_text(json.dumps(about_schema(), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {PATH.name}")
