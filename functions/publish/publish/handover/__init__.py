"""What a run hands over besides summaries.

Statements in batches and yearly reports for providers, audit samples for the desk, paused rules and
snapshots of confirmed copies for scan; and it sends the sentinel post.

Start with `dsa_files`.
"""
