"""Writes numbered lines to standard output until SIGTERM, then "end". What goes wrong with a write is
told in a file, since nobody might read it elsewhere. Usage: numbers.py SIDE_FILE SECONDS_BETWEEN [X]
X: how many letters stand before each line, to fill a disk sooner."""
import os
import signal
import sys

side, pause = sys.argv[1], float(sys.argv[2])
padding = "x" * int(sys.argv[3]) if len(sys.argv) > 3 else ""
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])


def write(text):
    data = text.encode()
    while data:
        try:
            data = data[os.write(1, data):]
        except OSError as cause:
            with open(side, "a") as errors:
                errors.write(f"{os.getpid()}: {cause}\n")
            return


number = 0
while signal.sigtimedwait([signal.SIGTERM], pause) is None:
    number += 1
    write(f"{padding}line {number}\n")
write(f"end {number}\n")
