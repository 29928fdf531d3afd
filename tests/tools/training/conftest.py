"""Collect nothing here: fitting needs scipy and wordfreq, which the tests run without."""

collect_ignore_glob = ["*.py"]
