"""Messages of one delivery, grouped and committed in batches: one transaction for many messages.

`messages` groups and cuts them, and `recorder` stores a batch with one receipt. Start with
`scanner`, which uses both and the rooms around this one.
"""
