"""The review and the audit at a terminal: cards, keys and screens.

Steps are pure; `terminal` alone touches the keyboard. It may import `console` and the layers. Start
with `steps`.
"""
