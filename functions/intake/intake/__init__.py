"""The function intake: a file was dropped, and its units are sent.

`handler` takes the event. `arrival` pins the version of the file and cuts it; `translation` and
`formats` first turn other formats into JSON Lines. Start with `arrival`.
"""
