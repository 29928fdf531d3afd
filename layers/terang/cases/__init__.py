"""Each kind of message about a case in one place: fields, facts, judgement, public line, count.

`kinds` lists them; `decision`, `contest` and `asked` hold them. `case_store` reads facts and
writes files. The package imports `rules` and `ledger`. Start with `case_message`, then read one
kind from top to bottom.
"""
