"""What a crash costs: 20,000 short connections, and in their middle one worker is given a SIGSEGV. And how soon the
next worker is there."""
import os
import re
import signal
import statistics
import time

import processes

from . import owned
from .rig import say
from .results import Column, Table, reason_of

CLIENTS = 64
LINE = re.compile(r"done (\d+) refused (\d+) reset (\d+) cut (\d+) late (\d+) worst_ms ([\d.]+)")
COLUMNS = [
    Column("failed", "failed, median", "{:.0f}"), Column("all_failed", "in each run"),
    Column("refused", "of these refused"), Column("worst", "worst latency, ms", "{:.0f}"),
    Column("after", "workers after it"),
]


def compared(rig):
    two = "workers = 2"
    own = [rig.cpp("coroutines, one process", "crash-c1", "coroutines"),
           rig.cpp("coroutines, 2 processes", "crash-c2", "coroutines", two),
           rig.cpp("threads, 2 processes", "crash-t2", "threads", f"{two}\nthreads = 32"),
           rig.cpp("processes, 16", "crash-p16", "processes", "workers = 16"),
           rig.python("asyncio, 2 processes", "crash-pa2", "streams", "coroutines", two),
           rig.plain("asyncio, one process", "asyncio"),
           rig.plain("multiprocessing, 16 processes", "multiprocessing", 16)]
    rig.add(own)
    return own + [each for each in rig.servers if "nginx" in each.name]


def cross(rig, server, count):
    """Runs the clients once across a crash; what they saw."""
    victim = server.workers()[0]
    text = owned.run([rig.program("bench_short"), server.port, count, CLIENTS, victim], 120)
    done, refused, reset, cut, late = map(int, LINE.search(text).groups()[:5])
    if done + refused + reset + cut + late != count:
        raise RuntimeError(f"the clients lost count: {text.strip()}")
    if processes.alive(victim):
        raise RuntimeError(f"process {victim} survived its SIGSEGV")
    return {"failed": count - done, "refused": refused, "worst": float(LINE.search(text)[6])}


def await_workers(server, wanted):
    """How many workers there are, once there are as many as before, or two seconds after the crash."""
    end = time.monotonic() + 2
    while True:
        count = len([pid for pid in server.workers() if processes.alive(pid)])
        if count >= wanted or time.monotonic() > end:
            return count
        time.sleep(0.02)


def crash(rig, options):
    table = Table("crash", f"A worker crashes amidst {options.short:,} short connections", COLUMNS,
                  f"Of {CLIENTS} clients; SIGSEGV to one worker when half of the connections are done.")
    for server in compared(rig):
        seen, after = [], "–"
        for turn in range(options.crashes):
            say(f"{table.title}: {server.name}, run {turn + 1} of {options.crashes}")
            with rig.running(table, [server]) as running:
                for one in running:
                    try:
                        before = len(one.workers())
                        seen.append(cross(rig, one, options.short))
                        after = f"{await_workers(one, before)} of {before}"
                    except (RuntimeError, OSError) as cause:
                        table.missing(one.name, one.family, reason_of(cause))
            if len(seen) <= turn:
                break
        if seen:
            table.add(server.name, server.family, failed=statistics.median(each["failed"] for each in seen), after=after,
                      all_failed=", ".join(str(each["failed"]) for each in seen), worst=max(each["worst"] for each in seen),
                      refused=max(each["refused"] for each in seen))
    return table


# How soon the next is there.

def replace(server):
    """Kills the only worker; from its death to the first answer of the next one, ms. The connection waits in the held
    listener's queue meanwhile."""
    victim, = server.workers()
    os.kill(victim, signal.SIGKILL)
    took = server.ask()
    if took is None:
        raise RuntimeError("the next worker does not answer")
    server.superd.ctl("wait", server.unit, "--ready")
    return took


def replacement(rig, options):
    table = Table("replacement", "From a worker's death to the first answer of the next one", [
        Column("median", "median, ms", "{:.1f}"), Column("best", "best", "{:.1f}"), Column("worst", "worst", "{:.1f}")],
        "One worker, killed by SIGKILL; the answer is to a connection that waited at the listener: later than ready.")
    servers = rig.add([
        rig.cpp("from its template", "next-cpp-template", "coroutines", "preload = true"),
        rig.cpp("executed", "next-cpp", "coroutines"),
        rig.python("from its template", "next-py-template", "streams", "coroutines", "preload = true"),
        rig.python("executed", "next-py", "streams", "coroutines"),
    ])
    for server in servers:
        say(f"{table.title}: {server.name}")
        with rig.running(table, [server]) as running:
            for one in running:
                try:
                    times = [replace(one) for _ in range(options.replacements)]
                    table.add(one.name, one.family, median=statistics.median(times), best=min(times), worst=max(times))
                except (RuntimeError, OSError, AssertionError) as cause:
                    table.missing(one.name, one.family, reason_of(cause))
    return table
