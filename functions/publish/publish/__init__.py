"""The Lambda function publish: it adds up receipts and case entries and publishes the numbers.

Rooms: `journal` (public lines), `count` (numbers), `site` (pages, charts, CSV), `handover`
(statements, reports, samples, paused rules) and `transparency` (the public log). Start with
`publishing`.
"""
