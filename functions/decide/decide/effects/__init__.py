"""What follows a committed message: notices to authors, statements, proposed examples.

Each effect is made sure of at every delivery. It may import `judging` and `facts`. Start with
`effects`.
"""
