"""What a pack, a rule, a category and a set are.

One schema serves who writes packs, who publishes them and who runs them. It imports msgspec and
nothing of ours; `Pack.parse` brings in `authoring` when it is called. Start with `pack`, then
`rule_set`.
"""
