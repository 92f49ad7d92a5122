"""Work for the processor: how much more of it is done with a process, or thread, a core than with one."""
import collections
import statistics

from . import load
from .rig import say
from .results import Column, Table, reason_of


def counts(cores):
    """1, 2, 4 … and all cores."""
    found = [1]
    while found[-1] * 2 < cores:
        found.append(found[-1] * 2)
    return found + [cores] if cores > 1 else found


class Family:
    """One way to use several processors: a server for each count of processes or threads.

    `each`: connections for each of them. A thread has one; behind a socket of its own, a process needs some for all to
    have work."""

    def __init__(self, name, make, rig, each=16):
        self.name, self.each = name, each
        self.servers = {count: make(count) for count in counts(rig.cores)}


def by_hand(rig, way, processes=True):
    return lambda count: rig.plain(f"{way} {count}", way, count if processes else 1)


def cpp(rig, model, by):
    return lambda count: rig.cpp(f"{model} {count}", f"cpu-{model}-{count}", model, f"{by} = {count}")


def python(rig, function, model, by):
    return lambda count: rig.python(f"{model} {count}", f"cpu-py-{model}-{count}", function, model, f"{by} = {count}")


def families(rig):
    return [
        Family("superd, C++: processes", cpp(rig, "processes", "workers"), rig),
        Family("superd, C++: threads", cpp(rig, "threads", "threads"), rig, each=1),
        Family("superd, C++: coroutines × processes", cpp(rig, "coroutines", "workers"), rig),
        Family("superd, Python: processes", python(rig, "one_request", "processes", "workers"), rig),
        Family("superd, Python: threads (the GIL)", python(rig, "connection", "threads", "threads"), rig, each=1),
        Family("superd, Python: asyncio × processes", python(rig, "streams", "coroutines", "workers"), rig),
        Family("Python by hand: multiprocessing", by_hand(rig, "multiprocessing"), rig),
        Family("Python by hand: threading (the GIL)", by_hand(rig, "threading", processes=False), rig, each=1),
        Family("Python by hand: asyncio × processes", by_hand(rig, "asyncio"), rig),
        Family("Python by hand: gevent × processes", by_hand(rig, "gevent"), rig),
    ]


def measure(rig, table, made, rounds):
    """{server: [requests/s]}"""
    rates = collections.defaultdict(list)
    with rig.running(table, [server for one in made for server in one.servers.values()]) as running:
        for turn in range(rounds):
            say(f"{table.title}: round {turn + 1} of {rounds}")
            for one in made:
                for count, server in one.servers.items():
                    if server not in running:
                        continue
                    try:
                        under = load.Load(one.each * count, server.hash_path, 1)
                        rates[server].append(load.apply(server, under, rig.cores)["rate"])
                    except (RuntimeError, OSError) as cause:
                        table.missing(server.name, server.family, reason_of(cause))
                        running.remove(server)
    return rates


def scaling(rig, options):
    numbers = counts(rig.cores)
    table = Table("scaling", "Work for the processor: about 2 ms in each request", [
        Column("count", "processes or threads"), Column("rate", "requests/s", "{:,.0f}"),
        Column("speedup", "speed-up", "{:.2f}")], "The work is the same in all rows of a language.")
    made = families(rig)
    rig.add([server for one in made for server in one.servers.values()])
    rates = measure(rig, table, made, min(3, options.rounds))
    for one in made:
        base = rates[one.servers[1]]
        for count in numbers:
            server = one.servers[count]
            if base and rates[server]:
                table.add(one.name, server.family, count=count, rate=statistics.median(rates[server]),
                          speedup=statistics.median(rate / alone for rate, alone in zip(rates[server], base)))
    return table
