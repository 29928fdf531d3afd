"""Packs as people write them: parsing, checking, explaining and formatting YAML.

Used by the command and never deployed. It may import `matcher` and `rules`. Start with `parse`,
then `check`.
"""
