"""What can be wrong with a feed or an index as a whole."""


class FeedError(ValueError):
    """A feed cannot be read; its sender must repair it."""


class BadIndexError(ValueError):
    """Bytes are not the index that they should be, or this version cannot read them."""
