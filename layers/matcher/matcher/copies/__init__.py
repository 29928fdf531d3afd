"""Fingerprints of texts, by which near copies are found without the texts.

`fingerprint` makes them, with numpy where it is loaded and without it elsewhere; `rules.copies`
compares them. This room imports `text`. Start with `fingerprint`.
"""
