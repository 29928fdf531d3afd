"""The prefilter: which of many texts may satisfy a rule, in arrays of numpy.

It never passes over a text that has a hit, and is used only where numpy is installed. It may import
every room but `evaluator` and `matcher`. Start with `prefilter`.
"""
