"""The same stack on one machine, and the `terang` command."""
