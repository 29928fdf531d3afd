"""The Lambda function publish: it adds up receipts and case entries and publishes the numbers.

Rooms: `journal` (public lines), `count` (numbers), `site` (pages, charts, CSV) and `handover`
(statements, reports, samples, paused rules). It may import `rules`, `ledger`, `dsa` and
`report_proof`. Start with `publishing`.
"""
