"""Published fact-checks, matched: which checks exist of what a text says."""
