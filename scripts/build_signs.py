"""Write layers/terang/rules/signs.json: what each sign is, and its digest.

A changed digest means that a sign may find something else. Sets that name it are refused then, so
give the changed sign a new id, and keep the old one while a set names it.
"""

from pathlib import Path

from matcher.sign_catalogue import as_document

FILE = Path(__file__).resolve().parents[1] / "layers/terang/rules/signs.json"

if __name__ == "__main__":
    FILE.write_bytes(as_document())
    print(f"wrote {FILE.name}")
