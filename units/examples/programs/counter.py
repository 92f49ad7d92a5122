"""Counts in the store, once a second; goes on when the store was away. Usage: counter.py PORT"""
import socket
import sys
import time

number = 0
while True:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as store:
            lines = store.makefile("rw")
            while True:
                number += 1
                lines.write(f"set number {number}\n")
                lines.flush()
                if not lines.readline():
                    break
                print(f"the store holds {number}")
                time.sleep(1)
    except OSError as cause:
        print(f"cannot reach the store: {cause}", file=sys.stderr)
    time.sleep(0.5)
