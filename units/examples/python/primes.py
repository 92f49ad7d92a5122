"""Hosted in processes: send a line with N; the answer is the number of primes below it.

It is Python's own code that computes, so each processor needs an interpreter of its own: workers = "cores". A worker
takes one connection at a time, and what it holds is nobody else's.
"""

LARGEST = 10_000_000


def preload():
    """Once, in the template: what workers share, until one of them writes to it."""
    global SMALL
    SMALL = sieve(1_000)


def sieve(limit):
    flags = bytearray([1]) * max(limit, 2)
    flags[0:2] = b"\0\0"
    for number in range(2, int(limit ** 0.5) + 1):
        if flags[number]:
            flags[number * number::number] = bytes(len(range(number * number, limit, number)))
    return flags[:limit]


def count(limit, ctx):
    if limit <= len(SMALL):
        return sum(SMALL[:limit])
    ctx.beat()  # A sign of life before long work.
    return sum(sieve(limit))


def handler(conn, addr, ctx):
    with conn.makefile("rw") as lines:
        for line in lines:
            text = line.strip()
            if not text.isdecimal() or int(text) > LARGEST:
                lines.write(f"error: expected a number up to {LARGEST}\n")
                return
            with ctx.busy(f"primes below {text}"):
                lines.write(f"{count(int(text), ctx)}\n")
                lines.flush()
            if ctx.stopping:
                return
