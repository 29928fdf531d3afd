"""The rows of the fault catalogue that speak of what is read, and the answer that each must get. A
refusal's code is named where there is one: bad input is data. `test_index.py` demands a test for
each row, and a row for each test."""

FILE = {
    "F1": ("no bytes, only newlines, only a byte order mark", "refused as empty"),
    "F2": ("no last newline, CRLF, a lone CR, all mixed", "the records of a whole read"),
    "F4": ("a line longer than a range, or than the bound", "read on, or line_long at its place"),
    "F5": ("newlines in quoted CSV", "read by one reader, never cut"),
    "F6": ("CSV: ragged rows, headers, NUL, huge cells", "csv_row, csv_header"),
    "F7": ("gzip cut short or damaged", "gzip_truncated, gzip_broken; nothing counted"),
    "F8": ("gzip of several members", "all are read"),
    "F10": ("bombs, lying sizes, overlaps", "bomb, zip_overlap, within the memory bound"),
    "F11": ("zip: encrypted, zip64, descriptors, names, links", "zip_*; names are labels"),
    "F13": ("UTF-16, Latin-1, bytes that are no UTF-8", "encoding, at its place"),
    "F14": ("JSON: depth, NaN, keys twice, big ids, surrogates", "json_*, field_type"),
    "F15": ("20 GB and millions of lines", "flat memory, units as the formula says"),
    "F16": ("keys with spaces, signs, Unicode, dots", "the same key all the way"),
}
TEXT = {"T1": ("characters that unfold, marks without end", "bounded time and memory"),
        "T2": ("invisible and bidi characters, tags, look-alikes", "spans of the original"),
        "T4": ("empty, blank and endless texts", "read, or field_length, or line_long"),
        "T5": ("delimiters, formulas, markup, terminal escapes", "inert wherever it is shown"),
        "T6": ("letters whose cases differ in length", "one table, named by the set")}  # fmt: skip
IDENTITY = {
    "I1": ("one id, another text, provider or time", "another finding, or a repeat"),
    "I2": ("ids missing, blank, huge, or numbers", "field_missing, field_length, field_type"),
    "I3": ("a payload that names another provider", "the prefix wins; sender_unknown"),
    "I4": ("a pseudonym key that changed, or is missing", "the manifest's key, or again later"),
    "I6": ("an author erased while a file is read", "the tombstone wins; the counts stay"),
}
PACK = {"P1": ("a set replaced while a file is read", "the manifest's set for all units"),
        "P2": ("a set or pack damaged, cut short, of another form", "refused; the old one stays"),
        "P4": ("a pattern of regular expressions", "an unknown key, refused at load"),
        "P5": ("a pack withdrawn after its findings were published", "nothing is rewritten"),
        "P6": ("all workers look for a new set", "each at a moment of its own")}  # fmt: skip
PUBLISH = {"L2": ("two publishers move the pointer", "one first, the other reads again"),
           "L5": ("a summary while units are missing", "the file is named as open")}  # fmt: skip
OPERATOR = {
    "O4": ("code that went back, and rows of the later release", "schema_newer; again later")
}
ROWS = FILE | TEXT | IDENTITY | PACK | PUBLISH | OPERATOR
