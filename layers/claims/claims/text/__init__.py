"""Turn a text into its words, grams, language, topic and names of persons.

Start with `words`: its `ClaimText` passes through all other rooms.
"""
