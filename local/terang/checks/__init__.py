"""A folder of published checks on this machine, and a small model of meaning.

It may import `claims`. Start with `check_library`.
"""
