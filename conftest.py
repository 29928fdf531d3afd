"""What every test run needs, wherever its tests stand."""

import sys

import pygal  # noqa: F401 - for what it leaves behind

# pygal leaves an importer of Python 2's kind behind. Python passes over it; pytest stumbles.
sys.meta_path[:] = [one for one in sys.meta_path if hasattr(one, "find_spec")]
