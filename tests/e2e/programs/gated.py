"""A service whose import takes as long as the test wants: until the FIFO GATE was opened for writing."""
import os

from hosted import handler  # noqa: F401

open(os.environ["GATE"]).close()
