"""Packs, rules, categories and sets.

One schema for the authors of packs, for those who publish them and for what runs them. The layer
imports msgspec and no other package of the product, and PyYAML when it reads a pack. Start with
`pack`, then `rule_set`.
"""
