"""Words in disguise: where a text may have them, and which words of terms they are.

A text flows through `suspicion` and `chunks` (is a closer look worth it?), `candidates` (which
stretches may be words, leaving out `notation`), `vocabulary` and `word_index` (which words they may
be), `plausible` (would an honest writer write it so?) and `readings`, which puts the results
together. Start with `readings`.
"""
