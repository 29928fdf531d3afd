"""Proves a report from the entries beside it, with code that shares nothing with the writer."""
