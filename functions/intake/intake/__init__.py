"""The function intake: a file was dropped; its units are sent.

`handler` takes the event, `arrival` pins and cuts the file, `translation` and `formats` turn other
formats into JSON Lines. It may import `ledger`. Start with `arrival`.
"""
