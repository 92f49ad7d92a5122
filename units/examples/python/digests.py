"""Hosted on a pool of threads: send a line with a number of bytes, and those; the answer is their SHA-256.

Threads are right here though it computes: hashlib lets go of the GIL for what is longer than 2 KiB, so they do run
at once. Code that is Python's own would not; see primes.py.
"""
import hashlib


def handler(conn, addr, ctx):
    bytes_hashed = ctx.metrics.counter("bytes")
    with conn.makefile("rwb") as stream:
        while line := stream.readline():
            try:
                size = int(line)
                if not 0 <= size <= ctx.config.get("largest", 16 * 1024 * 1024):
                    raise ValueError(size)
            except ValueError:
                stream.write(b"error: expected a number of bytes that is not too large\n")
                return
            with ctx.busy(f"{size} bytes"):
                data = stream.read(size)
                if len(data) < size:
                    return
                stream.write(hashlib.sha256(data).hexdigest().encode() + b"\n")
                stream.flush()
                bytes_hashed.add(size)
            if ctx.stopping:
                return
