#!/usr/bin/python3
"""How long a Python worker takes to start: forked from superd's template, beside multiprocessing's ways.

  tests/bench/python_start.py [--rounds N]

From the request to the first line of the service's own code in the new process, which takes the clock's time
itself. All ways alternate in one run; compare ratios. The service imports asyncio, as most do; what a spawned process
must import anew is what a template has imported already."""
import argparse
import multiprocessing
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import worker_host  # noqa: E402

SERVICE = """
import asyncio, json, logging, socket, time

def main(ctx):
    ctx.status(str(time.monotonic_ns()))
    ctx.ready()
    ctx.stop.wait()

def child(pipe):
    pipe.send(time.monotonic_ns())
"""
TARGET = 20  # Times faster than multiprocessing's spawn, at least.


def by_template(template, directory, settings):
    worker = worker_host.Worker(directory, settings, {})
    begin = time.monotonic_ns()
    template.fork(worker)
    return begin, worker


def by_exec(directory, settings):
    worker = worker_host.Worker(directory, settings, {})
    begin = time.monotonic_ns()
    return begin, worker.start()


def worker_time(begin, worker):
    worker.ready()
    status = next(line for line in worker.told if line.startswith("STATUS="))
    worker.stop()
    worker.close()
    return (int(status.removeprefix("STATUS=")) - begin) / 1e6


def multiprocessing_time(method, child):
    context = multiprocessing.get_context(method)
    reading, writing = context.Pipe(False)
    process = context.Process(target=child, args=(writing,))
    begin = time.monotonic_ns()
    process.start()
    took = (reading.recv() - begin) / 1e6
    process.join()
    return took


def measure(rounds):
    """{way: [ms]}"""
    directory = worker_host.scratch()
    (directory / "bench_service.py").write_text(SERVICE)
    sys.path.insert(0, str(directory))
    from bench_service import child
    settings = {"module": "bench_service:main", "model": "processes"}
    template = worker_host.Template(directory, settings).start()
    template.answer()
    multiprocessing_time("forkserver", child)  # Its server is started once.
    found = {}
    try:
        for _ in range(rounds):
            found.setdefault("superd's template", []).append(worker_time(*by_template(template, directory, settings)))
            found.setdefault("superd_worker.py executed", []).append(worker_time(*by_exec(directory, settings)))
            for method in ("fork", "forkserver", "spawn"):
                found.setdefault(f"multiprocessing {method}", []).append(multiprocessing_time(method, child))
    finally:
        template.close()
        worker_host.remove(directory)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    found = measure(parser.parse_args().rounds)
    own = statistics.median(found["superd's template"])
    for way, times in found.items():
        print(f"{way:<28} {statistics.median(times):8.2f} ms  ({min(times):.2f}–{max(times):.2f})  "
              f"{statistics.median(times) / own:6.1f} x")
    ratio = statistics.median(found["multiprocessing spawn"]) / own
    print(f"spawn / template: {ratio:.1f} (target {TARGET}) {'ok' if ratio >= TARGET else 'MISSED'}")
    return ratio < TARGET


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
