#!/usr/bin/python3
"""How soon after a worker's death its successor is ready, through superd: forked from a template, and executed.

  SUPERD_BIN=build/release/bin tests/bench/template.py [--rounds N]

From SIGKILL to the moment at which superd has recorded the new run as ready: the kernel's and the keeper's part, the
journal, the spawn, the worker's own begin and its READY=1 are all in it. Beside it multiprocessing's spawn, from its call to
the first line of its child. All alternate in one run; compare ratios."""
import argparse
import datetime
import os
import pathlib
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "tests" / "bench")]
import harness  # noqa: E402
import processes  # noqa: E402
from module_host import module_path  # noqa: E402
from python_start import SERVICE, multiprocessing_time  # noqa: E402

READY_MS, SPAWN_RATIO = 5, 20  # What is aimed at.
RESTART = '[restart]\npolicy = "always"\ndelay = "0s"\n'


def units(directory):
    """{name: its unit file}"""
    found = {}
    for preload in ("true", "false"):
        word = "forked" if preload == "true" else "executed"
        found[f"cpp-{word}"] = (f'module = "{module_path("greeter")}"\npreload = {preload}\n'
                                f'[listen]\nhttp = "tcp://127.0.0.1:{processes.free_port()}"\n{RESTART}')
        found[f"python-{word}"] = (f'language = "python"\nmodule = "{directory}/bench_service.py:main"\n'
                                   f'model = "processes"\npreload = {preload}\n{RESTART}')
    return found


def moment(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()


def ready_after(superd, unit):
    """Milliseconds from the worker's death to its successor's READY=1."""
    old = superd.instance(unit)
    begin = time.time()
    processes.kill(old["pid"])
    superd.await_new_pid(unit, old["pid"])
    ready = [each for each in superd.events() if each["event"] == "ready" and each.get("unit") == unit]
    return (moment(ready[-1]) - begin) * 1000


def measure(superd, rounds):
    directory = superd.base
    (directory / "bench_service.py").write_text(SERVICE)
    sys.path.insert(0, str(directory))
    from bench_service import child
    for name, text in units(directory).items():
        superd.unit(name, text)
    superd.start()
    names = list(units(directory))
    superd.ctl("wait", *names, "--ready", "--timeout", "120s", timeout=180)
    for name in ("cpp-forked", "python-forked"):
        superd.await_that(lambda: any(f"the template of {name} " in each.get("message", "") and
                                      each["message"].endswith("is ready") for each in superd.events()))
    found = {}
    for _ in range(rounds):
        for name in names:
            found.setdefault(name, []).append(ready_after(superd, name))
        found.setdefault("multiprocessing spawn", []).append(multiprocessing_time("spawn", child))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    superd = harness.Superd()
    try:
        found = measure(superd, options.rounds)
    finally:
        left = superd.close()
    middle = {name: statistics.median(times) for name, times in found.items()}
    for name, times in found.items():
        print(f"{name:<24} {middle[name]:8.2f} ms  ({min(times):.2f}–{max(times):.2f})")
    zygote = middle["cpp-forked"]
    print(f"C++ worker ready after a death: {zygote:.2f} ms (target {READY_MS}) {'ok' if zygote <= READY_MS else 'MISSED'}")
    ratio = middle["multiprocessing spawn"] / middle["python-forked"]
    print(f"spawn / forked Python worker: {ratio:.1f} (target {SPAWN_RATIO}) {'ok' if ratio >= SPAWN_RATIO else 'MISSED'}")
    for each in left:
        print(f"left behind: {each}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
