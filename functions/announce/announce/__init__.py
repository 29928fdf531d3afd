"""The function announce: tells a provider of its findings, decisions, corrections and closed files.

A file in the out bucket starts it, written after the commit that it reports. Start with
`announcements`.
"""
