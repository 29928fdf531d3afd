"""Published fact-checks: reading their feeds, indexing them, and finding those a text repeats.

It imports nothing else of Terang, no AWS and no clock. Start with `asking`, which answers a text
from an index; `feeds.admission` and `building` make that index.
"""
