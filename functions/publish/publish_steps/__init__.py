"""The steps of publish: what a run does with the numbers, once they are made.

The site (pages, CSV, archives), what providers are handed (samples, statements, reports), and the
public log. Each is a `PublishStep` of `publish.publish_run`. Start with `site_files` or `handover`.
"""
