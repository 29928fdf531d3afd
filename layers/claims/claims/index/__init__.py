"""The index of checks: one immutable file, and how it is laid out, read and searched.

It may import `text`, `check` and `errors`. Start with `index`, then `language_index`; `layout` and
`word_arrays` make what these read.
"""
