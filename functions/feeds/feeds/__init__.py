"""The function feeds: a feed of published checks was uploaded, so the index is built again.

`feed_import` imports one feed, `index_publisher` puts its index in force, `reopening` reports
changed checks to findings. Start with `feed_import`.
"""
