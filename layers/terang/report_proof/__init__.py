"""Proves a report from the entries next to it, with code that shares nothing with the writer.

It imports only the standard library. `definitions` says what each number means. Start with `proof`.
"""
