"""Only `make fuzz` runs these files: the tests run without a fuzzer."""

collect_ignore_glob = ["*.py"]
