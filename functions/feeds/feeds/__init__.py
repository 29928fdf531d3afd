"""The function feeds: a feed of published checks was uploaded, so the index is built again.

`feed_import` imports it and puts the index in force. `reopening` reports changed checks.
"""
