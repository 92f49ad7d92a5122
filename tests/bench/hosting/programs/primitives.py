"""What creation.cpp and switching.cpp measure, in Python.  primitives.py creation|switching ROUNDS

Prints "WAY<tab>NANOSECONDS", medians of rounds that alternate."""
import asyncio
import multiprocessing
import os
import statistics
import sys
import threading
import time

try:
    import gevent
except ImportError:
    gevent = None

TURNS, HOPS = 500, 20_000
ALONE = ("asyncio task", "greenlet")  # Of one thread: what it computed counts.


def nothing():
    pass


# Creation: to begin something, to have it end at once, and to know that.

def fork_one():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)


def by_multiprocessing(method):
    context = multiprocessing.get_context(method)

    def run():
        process = context.Process(target=nothing)
        process.start()
        process.join()
    return run


def one_thread():
    thread = threading.Thread(target=nothing)
    thread.start()
    thread.join()


async def no_work():
    pass


async def tasks(count):
    for _ in range(count):
        await asyncio.create_task(no_work())


def repeat(count, work):
    return count, lambda: [work() for _ in range(count)]


def creation():
    ways = {
        "os.fork": repeat(10, fork_one),
        "multiprocessing fork": repeat(5, by_multiprocessing("fork")),
        "multiprocessing forkserver": repeat(2, by_multiprocessing("forkserver")),
        "multiprocessing spawn": repeat(2, by_multiprocessing("spawn")),
        "thread": repeat(200, one_thread),
        "asyncio task": (5_000, lambda: asyncio.run(tasks(5_000))),
    }
    if gevent:
        ways["greenlet"] = repeat(2_000, lambda: gevent.spawn(nothing).join())
    return ways


# Switching: from one to another; one direction.

def between_processes(here, there):
    (ping, to_other), (pong, to_this) = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        os.sched_setaffinity(0, {there})
        for _ in range(TURNS):
            os.write(to_this, os.read(ping, 1))
        os._exit(0)
    os.sched_setaffinity(0, {here})
    for _ in range(TURNS):
        os.write(to_other, b"x")
        os.read(pong, 1)
    os.waitpid(pid, 0)
    for each in (ping, to_other, pong, to_this):
        os.close(each)


def between_threads(here, there):
    ping, pong = threading.Lock(), threading.Lock()
    ping.acquire()
    pong.acquire()

    def other():
        os.sched_setaffinity(0, {there})
        for _ in range(TURNS):
            ping.acquire()
            pong.release()
    thread = threading.Thread(target=other)
    thread.start()
    os.sched_setaffinity(0, {here})
    for _ in range(TURNS):
        ping.release()
        pong.acquire()
    thread.join()


async def hop():
    for _ in range(HOPS // 2):
        await asyncio.sleep(0)


async def two_tasks():
    await asyncio.gather(hop(), hop())


def green_hop():
    for _ in range(HOPS // 2):
        gevent.sleep(0)


def switching():
    processors = sorted(os.sched_getaffinity(0))
    one, other = processors[0], processors[-1]
    ways = {
        "process": (2 * TURNS, lambda: between_processes(one, one)),
        "thread": (2 * TURNS, lambda: between_threads(one, one)),
        "asyncio task": (HOPS, lambda: asyncio.run(two_tasks())),
    }
    if gevent:
        ways["greenlet"] = (HOPS, lambda: gevent.joinall([gevent.spawn(green_hop), gevent.spawn(green_hop)]))
    if one != other:
        ways["process, other processor"] = (2 * TURNS, lambda: between_processes(one, other))
        ways["thread, other processor"] = (2 * TURNS, lambda: between_threads(one, other))
    return ways


def main():
    ways = {"creation": creation, "switching": switching}[sys.argv[1]]()
    samples = {way: [] for way in ways}
    for turn in range(1 + int(sys.argv[2])):
        for way, (count, work) in ways.items():
            clock = time.thread_time_ns if way in ALONE else time.perf_counter_ns
            begin = clock()
            work()
            if turn:  # The first warms up.
                samples[way].append((clock() - begin) / count)
    for way, times in samples.items():
        print(f"{way}\t{statistics.median(times):.1f}")


if __name__ == "__main__":
    main()
