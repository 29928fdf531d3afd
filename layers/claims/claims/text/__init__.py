"""From a text to what is compared of it: its words, letters, language, topic and persons.

It may import `errors`, `check` and `data`. Start with `words`, whose `ClaimText` passes through
all other rooms.
"""
