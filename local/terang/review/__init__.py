"""The review and the audit: what is open, what a moderator decides, and the terminal's screens.

`cards`, `open_findings`, `case_history`, `steps` and `audit` are the logic, which a browser can use
as well; `screens` and `terminal` draw it. The room may import `casework`, `console` and the layers.
Start with `steps`.
"""
