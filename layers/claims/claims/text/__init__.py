"""Turn a text into its words, grams, language, topic and names of persons.

It may import `check` and `lists`. Start with `words`: its `ClaimText` passes through all other
rooms.
"""
