"""The review and the audit: open findings, the decisions of a moderator, and the screens.

`cards`, `sources`, `steps` and `audit` are the logic, which a browser can use as well; `screens`
and `terminal` draw it. The room may import `case_messages`, `console` and the layers. Start with
`steps`.
"""
