"""The gateway is that of the tests of the Python SDKs."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "python"))
