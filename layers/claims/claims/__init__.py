"""Published fact-checks: read their feeds, index them, and find the checks that fit a text.

No AWS and no clock. Start with `asking`, which answers a text from an index; `feeds.admission` and
`building` make that index.
"""
