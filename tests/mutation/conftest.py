"""Only `make mutants` looks in here: the tests run without what makes mutants."""

collect_ignore_glob = ["*.py"]
