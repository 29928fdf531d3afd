"""The routes of the desk on Powertools' resolver: the only room that knows AWS's event handler.

`application` joins them with the checks that hold for every request. Both doors hand it an event of
an HTTP API (version 2.0).
"""
