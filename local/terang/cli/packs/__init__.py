"""`terang packs`: write, learn and check rules; publish them and see what is in force."""
