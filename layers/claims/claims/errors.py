"""What can be wrong with a feed or an index as a whole."""


class FeedError(ValueError):
    """A feed that cannot be read as one; whoever sends it must mend it."""


class BadIndexError(ValueError):
    """Bytes that are not the index they are taken for, or that this code cannot read."""
