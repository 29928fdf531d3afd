"""Streams of bytes that somebody else wrote, read within bounds.

`lines` and `json_document` hold one line or one value in memory, whatever the size of the stream;
`unpacking` counts what an archive expands to. Start with `json_document`.
"""
