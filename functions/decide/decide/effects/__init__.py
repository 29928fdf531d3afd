"""What follows a committed message: notices to authors, statements, proposed examples.

Each effect is repeated at every delivery and changes nothing when it is already done. It may import
`facts`, `facts_reader` and `judging`. Start with `effects`.
"""
