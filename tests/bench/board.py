"""The board of board.h, read from Python: who started when."""
import mmap
import os
import struct
import time

ROWS = 65536
ROW = struct.Struct("=qqq")
SIZE = 8 + ROWS * ROW.size


class Board:
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.truncate(SIZE)
        fd = os.open(path, os.O_RDWR)
        self.map = mmap.mmap(fd, SIZE)
        os.close(fd)

    def clear(self):
        self.map[:] = b"\0" * SIZE

    @property
    def count(self):
        return struct.unpack_from("=Q", self.map, 0)[0]

    def rows(self, first=0, last=None):
        """(at_ns, pid, tag) of each that signed, in order of signing."""
        last = self.count if last is None else last
        return [ROW.unpack_from(self.map, 8 + i * ROW.size) for i in range(first, last)]

    def wait(self, count, timeout=120):
        """Waits until `count` have signed; returns the rows."""
        end = time.monotonic() + timeout
        while self.count < count or any(r[0] == 0 for r in self.rows(max(0, count - 8), count)):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.count} of {count} started within {timeout} s")
            time.sleep(0.0005)
        return self.rows(0, count)
