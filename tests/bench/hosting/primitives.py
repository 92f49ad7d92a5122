"""What processes, threads and coroutines cost by themselves: to make one, to switch to another; and what superd adds."""
import collections
import statistics
import time

import python_start
import worker_host

from . import owned
from .rig import PROGRAMS, PYTHON_PROGRAM, say
from .results import Column, Table, reason_of
from .servers import CPP, PEER, PLAIN, PYTHON


def figures(command):
    """{way: ns} of a program that prints "WAY<tab>NANOSECONDS"."""
    lines = owned.run(command, 120).splitlines()
    return {way: float(ns) for way, _, ns in (line.partition("\t") for line in lines)}


def in_turn(programs, rounds):
    """Runs programs in turn; ({program: {way: ns}}, {program: why it could not be run})."""
    found, why = {name: collections.defaultdict(list) for name in programs}, {}
    for _ in range(rounds):
        for name, command in programs.items():
            if name in why:
                continue
            try:
                for way, ns in figures(command).items():
                    found[name][way].append(ns)
            except (RuntimeError, OSError) as cause:
                why[name] = reason_of(cause)
    return {name: {way: statistics.median(all_ns) for way, all_ns in ways.items()} for name, ways in found.items()}, why


def fill(table, listed, programs, rounds, key, unit_ns):
    """Adds a row for each of `listed`: (who, family, program, way)."""
    found, why = in_turn(programs, rounds)
    for who, family, program, way in listed:
        if program in why:
            table.missing(who, family, why[program])
        elif way in found[program]:
            table.add(who, family, **{key: found[program][way] / unit_ns})
    return found


def python_program(what):
    return [PYTHON_PROGRAM, "-B", PROGRAMS / "primitives.py", what, 3]


# What the SDK adds.

def cost(rig, options):
    table = Table("cost", "What the SDK adds", [Column("ns", "ns", "{:.0f}"), Column("ratio", "× co_spawn", "{:.2f}")],
                  "Processor time of one thread.")
    rows = [("Asio's co_spawn() of a coroutine that ends at once", PEER, "sdk", "co_spawn"),
            ("spawn(): the same, named and listed", CPP, "sdk", "spawn"),
            ("beat(): a sign of life", CPP, "sdk", "beat"),
            ("busy(): a task by its name, and its end", CPP, "sdk", "busy")]
    say(table.title)
    fill(table, rows, {"sdk": [rig.program("bench_sdk"), 31]}, options.rounds, "ns", 1)
    if len(table.rows) > 1 and "ns" in table.rows[0]:
        table.rows[1]["ratio"] = table.rows[1]["ns"] / table.rows[0]["ns"]
    return table


# Creation.

CREATED = [
    ("C++: fork(), _exit(), wait", PEER, "c++", "fork"),
    ("C++: posix_spawn() of /bin/true, wait", PEER, "c++", "exec"),
    ("C++: std::thread, join", PEER, "c++", "thread"),
    ("superd, C++: spawn() in a thread, listed", CPP, "c++", "listed thread"),
    ("superd, C++: spawn() of a coroutine, listed", CPP, "c++", "listed coroutine"),
    ("Python: os.fork(), wait", PLAIN, "python", "os.fork"),
    ("Python: multiprocessing, fork", PLAIN, "python", "multiprocessing fork"),
    ("Python: multiprocessing, forkserver", PLAIN, "python", "multiprocessing forkserver"),
    ("Python: multiprocessing, spawn", PLAIN, "python", "multiprocessing spawn"),
    ("Python: threading.Thread, join", PLAIN, "python", "thread"),
    ("Python: asyncio task", PLAIN, "python", "asyncio task"),
    ("Python: greenlet of gevent", PLAIN, "python", "greenlet"),
]


def creation(rig, options):
    table = Table("creation", "To make one, which ends at once", [Column("us", "µs", "{:,.1f}")])
    say(table.title)
    programs = {"c++": [rig.program("bench_creation"), 5], "python": python_program("creation")}
    fill(table, CREATED, programs, options.rounds, "us", 1000)
    return table


# Switching.

SWITCHED = [
    ("C++: process, pipe", PEER, "c++", "process"),
    ("C++: process, pipe, to another processor", PEER, "c++", "process, other processor"),
    ("C++: thread, semaphore", PEER, "c++", "thread"),
    ("C++: thread, semaphore, to another processor", PEER, "c++", "thread, other processor"),
    ("superd, C++: coroutine, by its loop", CPP, "c++", "coroutine"),
    ("Python: process, pipe", PLAIN, "python", "process"),
    ("Python: process, pipe, to another processor", PLAIN, "python", "process, other processor"),
    ("Python: thread, lock", PLAIN, "python", "thread"),
    ("Python: thread, lock, to another processor", PLAIN, "python", "thread, other processor"),
    ("Python: asyncio task", PLAIN, "python", "asyncio task"),
    ("Python: greenlet of gevent", PLAIN, "python", "greenlet"),
]


def switching(rig, options):
    table = Table("switching", "To switch to another", [Column("us", "µs", "{:,.2f}")],
                  "One direction; on one processor, unless another is named.")
    say(table.title)
    programs = {"c++": [rig.program("bench_switching"), 3], "python": python_program("switching")}
    fill(table, SWITCHED, programs, options.rounds, "us", 1000)
    return table


# From the request to a worker that is ready.

def started(worker, begin):
    """Milliseconds from `begin` to READY=1; ends the worker."""
    at = time.monotonic()
    try:
        begin(worker)
        worker.ready()
        took = (time.monotonic() - at) * 1000
        worker.stop()
        return took
    finally:
        worker.close()


def cpp_starts(rig, rounds):
    """{way: [ms]}"""
    settings = {"language": "c++", "module": str(rig.build / "modules/greeter.so"), "model": "coroutines"}
    program, found = [str(rig.build / "bin/superd-worker")], {"template": [], "executed": []}
    template = worker_host.Template(rig.work, settings)
    template.program = program
    with worker_host.listener() as held:
        try:
            template.start()
            template.answer()
            for _ in range(rounds):
                for way, begin in (("template", template.fork), ("executed", lambda worker: worker.start())):
                    worker = worker_host.Worker(rig.work, settings, {"http": held}, program=program)
                    found[way].append(started(worker, begin))
        finally:
            template.close()
    return found


STARTED = [
    ("superd, C++: forked from its template", CPP, "template"),
    ("superd, C++: executed, by a shell", CPP, "executed"),
    ("superd, Python: forked from its template", PYTHON, "superd's template"),
    ("superd, Python: executed, by a shell", PYTHON, "superd_worker.py executed"),
    ("Python: multiprocessing, fork", PLAIN, "multiprocessing fork"),
    ("Python: multiprocessing, forkserver", PLAIN, "multiprocessing forkserver"),
    ("Python: multiprocessing, spawn", PLAIN, "multiprocessing spawn"),
]


def starts(rig, options):
    table = Table("start", "From the request to a worker that runs", [
        Column("median", "median, ms", "{:.1f}"), Column("best", "best", "{:.1f}")],
        "In C++ until it is ready, in Python until the first line of the service's own code.")
    say(table.title)
    found, why = {}, {}
    for family, measure in (("C++", lambda: cpp_starts(rig, options.starts)),
                            ("Python", lambda: python_start.measure(options.starts))):
        try:
            found.update(measure())
        except (RuntimeError, OSError, AssertionError) as cause:
            why[family] = reason_of(cause)
    for who, family, way in STARTED:
        if found.get(way):
            table.add(who, family, median=statistics.median(found[way]), best=min(found[way]))
        else:
            table.missing(who, family, why["C++" if family == CPP else "Python"])
    return table
