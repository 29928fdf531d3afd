"""Messages of one delivery, grouped and committed in batches: one transaction for many messages."""
