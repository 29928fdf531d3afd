"""The formats of files that intake reads, one module each, and what they share.

A format module is a `FormatReader` (see `reader`): to add one, write a module like `jetstream` and
list it in `choosing`. Start with `reader`, then `choosing`.
"""
