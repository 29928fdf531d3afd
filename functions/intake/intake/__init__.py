"""The function intake: a file was dropped, and its units are sent.

`handler` takes the event. `arrival` pins the version of the file and cuts it. Files of other
formats first become JSON Lines: `formats` chooses the reader, and `platforms` and `reader` have
more of them. Start with `arrival`.
"""
