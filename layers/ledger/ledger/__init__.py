"""What happened: posts, findings, receipts, and the journal that every published number folds."""
