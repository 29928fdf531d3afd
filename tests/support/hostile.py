"""Texts that would be obeyed if a name held them: by a browser, a spreadsheet, a terminal."""

import re

HOSTILE = {
    "a script": "<script>alert(1)</script>", "an attribute": '" onmouseover="alert(1)',
    "another attribute": "' autofocus onfocus='alert(1)",
    "a style": "</style><style>*{display:none}</style>",
    "a comment": "--><img src=x onerror=alert(1)><!--", "a link": "javascript:alert(1)",
    "an entity": "&lt;script&gt;&#60;b&#62;", "a formula": '=HYPERLINK("https://evil.example")',
    "a command": "=cmd|'/c calc'!A1", "a formula behind a blank": " \t=1+1",
    "a formula in full width": "＝1+1", "a sum": "+1+1", "a negative": "-1+1|x",
    "a mention": "@SUM(1+1)", "quotes": '"\'`,;""', "a terminal code": "\x1b[2J\x1b]0;owned\x07",
    "a terminal code of one byte": "\x9b2J\x9d0;owned\x9c", "a carriage return": "good\rgone",
    "new lines": 'x\n=1+1\r\n{"forged": 1}', "a line of Unicode": "x\u2028y\u2029z\x85w",
    "a reversed text": "\u202egnp.exe\u202c \u2066x\u2069", "a null": "a\x00b",
    "a template": "{{ 7*7 }}{% raw %}${jndi:x}%s%n",
    "markup of a console": "[bold red]x[/] [link=https://evil.example]y[/link] :smile:",
}  # fmt: skip

OBEYED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]|\x85|\u2028|\u2029"
)
"""What a terminal or an eye obeys, but for tabulators and line breaks."""

FORMULA = re.compile(r"^[\s\x00-\x1f]*[=+\-@|%＝＋－＠]")
"""What a spreadsheet takes for more than a text."""
