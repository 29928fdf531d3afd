"""The doors of the tip line: each reads a request into a question, and renders its answer.

`tip_line.AskDoor` is the interface; a door for another messenger is one more module here. A door
imports no other door.
"""
