"""Recounts every published number from the public journal, with the standard library alone.

`recount.py` is one file that anybody can download and run; it imports nothing of Terang.
"""
