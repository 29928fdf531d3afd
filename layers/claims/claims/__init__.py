"""Published fact-checks: read their feeds, index them, and find the checks that fit a text.

No AWS and no clock. Start with `check_finder`, which answers a text from an index; `admission`
makes that index.
"""
