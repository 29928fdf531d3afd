"""Words in disguise: where they may be, and which words they stand for.

`suspicion` and `disguise` find the places, `vocabulary` reads them, `plausible`, `masks`,
`notation` and `mentions` say what is no disguise. It may import `text` and `terms`. Start with
`disguise`.
"""
