"""The function publish: receipts and entries are folded into public numbers and pages.

`publishing` is one run. `journal`, `count`, `site` and `handover` are its rooms. It may import
`ledger`, `dsa` and `report_proof`. Start with `publishing`.
"""
