"""Only `make fuzz` looks in here: the tests run without a fuzzer."""

collect_ignore_glob = ["*.py"]
