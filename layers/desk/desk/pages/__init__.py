"""The pages: Jinja2 templates, one stylesheet, one script for keys, and the words of a language.

`templating` renders them; `static` holds the files that a browser loads.
"""
