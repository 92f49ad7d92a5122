"""The runtime directory is on a disk without room: nothing is started that could not be found again, nothing is lost."""
import json
import os
import subprocess

import pytest

import processes

SIZE = "3m"


@pytest.fixture
def small(superd):
    """superd with a runtime directory of some megabytes for itself."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    superd.runtime.mkdir(exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", superd.runtime],
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield superd
    if superd.followed:
        superd.followed.close()
    superd.terminate()
    subprocess.run(["umount", "--lazy", superd.runtime], check=True)


def fill(superd):
    """Takes all the room that is left; the file that holds it."""
    stuff = superd.runtime / "stuff"
    with open(stuff, "wb", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass
    return stuff


def await_no_others(superd):
    """Waits until the services that run are those that are known: one that is being executed has no name yet."""
    superd.await_that(lambda: sorted(pid for pid in superd.survivors() if processes.program(pid) == "sleep")
                      == sorted(pid for pid in superd.pids().values() if pid))


def new_supervisor(superd):
    old = superd.parts()["supervisor"]
    processes.kill(old)
    superd.await_that(lambda: superd.parts().get("supervisor") not in (None, old)
                      and superd.ctl("status", expect=None).returncode in (0, 3))


def test_no_run_is_started_that_a_new_supervisor_would_not_know(small):
    # However long it takes until there is room, all are there soon after.
    small.unit("many", 'exec = ["sleep", "100000"]\nrestart.max-delay = "2s"\n')
    small.start()
    small.await_state("many", "ready")
    room = fill(small)
    small.ctl("scale", "many=40", "--no-wait", expect=None)
    small.await_that(lambda: any(one["state"] == "backoff" for one in small.instances().values()))
    running = {pid for pid in small.pids().values() if pid}
    assert len(running) < 40
    await_no_others(small)
    new_supervisor(small)
    assert {pid for pid in small.pids().values() if pid} >= running
    room.unlink()
    small.await_that(lambda: [one["state"] for one in small.instances().values()] == ["ready"] * 40)
    await_no_others(small)
    new_supervisor(small)
    await_no_others(small)


def test_what_happens_meanwhile_is_in_the_journal_later(small):
    small.unit("web", 'exec = ["sleep", "100000"]\n[restart]\ndelay = "0s"\n')
    small.start()
    small.await_state("web", "ready")
    room = fill(small)
    ended = []
    for _ in range(60):  # More than a page of the journal.
        ended.append(small.pid("web"))
        processes.kill(ended[-1])
        small.await_new_pid("web", ended[-1])
    room.unlink()
    small.await_that(lambda: [one["pid"] for one in small.events() if one["event"] == "exit"] == ended)
    for line in (small.runtime / "events.jsonl").read_text().splitlines():
        json.loads(line)


def test_a_new_supervisor_needs_no_room(small):
    small.unit("web", 'exec = ["sleep", "100000"]\n[restart]\ndelay = "0s"\n')
    small.start()
    small.await_state("web", "ready")
    room = fill(small)
    for _ in range(20):
        old = small.pid("web")
        processes.kill(old)
        small.await_new_pid("web", old)
    pid = small.pid("web")
    new_supervisor(small)
    assert small.pid("web") == pid
    processes.kill(pid)
    small.await_new_pid("web", pid)
    room.unlink()
