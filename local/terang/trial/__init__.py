"""Runs files and messages through the local stack, as `terang run` does. Start with `trial`."""
