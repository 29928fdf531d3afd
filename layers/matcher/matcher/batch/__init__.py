"""The prefilter: which of many texts may satisfy a rule, computed in numpy arrays.

It never drops a text that has a hit, and it runs only where numpy is installed.
Start with `prefilter`.
"""
