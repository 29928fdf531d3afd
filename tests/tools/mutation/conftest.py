"""Only `make mutants` runs these files: the tests run without a mutation tool."""

collect_ignore_glob = ["*.py"]
