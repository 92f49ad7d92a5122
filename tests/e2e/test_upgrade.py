"""superctl upgrade: other programs in the place of those that run, with nothing touched that runs."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

import harness
import processes
from storm import Storm, check_no_twins, check_writers

PARTS = ("superd", "superd-supervisor", "superd-logger", "superctl")


def replace(path, content):
    """As a package manager does: another file takes the name."""
    new = path.with_name(path.name + ".new")
    if isinstance(content, bytes):
        new.write_bytes(content)
    else:
        # By a process of its own: one that this one forks meanwhile would have the file open, too, for writing,
        # so that nobody could execute it.
        subprocess.run(["cp", content, new], check=True)
    new.chmod(0o755)
    new.rename(path)


@pytest.fixture
def installed(superd, monkeypatch):
    """superd run from programs of its own, and a way to install others in their place."""
    programs = superd.base / "bin"
    programs.mkdir()
    built = harness.BIN
    for name in PARTS:
        shutil.copyfile(built / name, programs / name)
        (programs / name).chmod(0o755)
    monkeypatch.setattr(harness, "BIN", programs)
    superd.programs = programs

    def install(**broken):
        for name in PARTS[:3]:
            replace(programs / name, broken.get(name.replace("-", "_"), built / name))
    superd.install = install
    return superd


def runs(pid, path):
    """Whether the process runs the file that has this path now."""
    try:
        return os.stat(f"/proc/{pid}/exe").st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def all_run_what_is_installed(superd):
    parts = superd.parts() | {"": superd.process.pid}
    return len(parts) == 3 and all(
        runs(pid, superd.programs / f"superd-{name}".removesuffix("-")) for name, pid in parts.items())


def numbers(superd, name):
    superd.unit(name, f'exec = ["{sys.executable}", "{harness.PROGRAMS}/numbers.py", "{superd.base}/errors", "0.002"]\n')


def numbered(superd, name):
    text = superd.ctl("logs", name, "--lines", "1000000", "--json").stdout
    lines = [json.loads(line)["message"] for line in text.splitlines() if line]
    return [int(line.split()[1]) for line in lines if line.startswith("line ")]


def test_no_service_notices(installed):
    superd = installed
    numbers(superd, "writer")
    superd.unit("web", 'exec = ["sleep", "1000"]\ninstances = 3\n[restart]\npolicy = "always"\n')
    superd.unit("notifies", f'exec = ["/bin/sh", "-c", "{sys.executable} {harness.PROGRAMS}/notify.py READY=1; exec sleep 1000"]\n'
                '[ready]\nnotify = "tree"\n')
    superd.start()
    keeper, parts, pids = superd.process.pid, superd.parts(), superd.pids()
    versions = superd.json("version")["parts"]
    assert {part["part"] for part in versions} == {"keeper", "supervisor", "logger"}
    assert not any(part["outdated"] for part in versions)
    superd.install()
    assert all(part["outdated"] for part in superd.json("version")["parts"])
    assert "is installed by now: `superctl upgrade` starts it" in superd.ctl("version").stdout
    superd.ctl("upgrade")
    assert superd.process.poll() is None and superd.pids() == pids
    assert all_run_what_is_installed(superd)
    assert set(superd.parts().values()).isdisjoint(parts.values())
    assert all(part["version"] == part["installed"] and not part["outdated"] for part in superd.json("version")["parts"])
    assert superd.status()["superd"]["keeper"]["pid"] == keeper
    # What ends now is seen to end, and what was written is there.
    processes.kill(pids["web/1"])
    superd.await_new_pid("web/1", pids["web/1"])
    superd.ctl("stop", "writer")
    found = numbered(superd, "writer")
    assert found == list(range(1, len(found) + 1)) and len(found) > 10
    assert not (superd.base / "errors").exists()
    assert superd.terminate() == 0


def test_exits_in_the_midst_are_each_seen_once(installed, seeded):
    superd = installed
    storm = Storm(superd, seeded).begin()
    for _ in range(3):
        superd.install()
        superd.ctl("upgrade")
        assert all_run_what_is_installed(superd)
    storm.finish_commands()
    storm.check()
    check_no_twins(superd)
    assert superd.terminate() == 0
    check_writers(superd)


def broken(superd):
    """Programs that are no superd to upgrade to, and what is said of each."""
    built = superd.built
    yield {"superd": pathlib.Path("/bin/true")}, "does not answer as a superd that can be upgraded to (exit 0)"
    yield {"superd": b"#!/bin/sh\nexit 3\n"}, "does not answer as a superd that can be upgraded to (exit 3)"
    yield {"superd": b"#!/bin/sh\necho 'this machine is too old'\nexit 1\n"}, "this machine is too old"
    yield {"superd": b"#!/bin/sh\nkill -SEGV $$\n"}, "it ended by SIGSEGV"
    yield {"superd": built.read_bytes()[:100_000]}, "superd"
    yield {"superd": b"no program"}, "the program cannot be run: "
    yield {"superd_supervisor": b"#!/bin/sh\nexit 1\n"}, "superd-supervisor cannot go on from here"
    yield {"superd_logger": b"#!/bin/sh\nexit 1\n"}, "superd-logger cannot be run"


def test_a_broken_program_is_refused_and_nothing_changes(installed):
    superd = installed
    superd.built = harness.BIN / "superd"
    samples = list(broken(superd))
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.start()
    before = superd.parts(), superd.pids()
    for content, sentence in samples:
        superd.install(**content)
        refused = superd.ctl("upgrade", expect=1)
        assert refused.stderr.startswith("superctl: cannot upgrade superd: "), refused.stderr
        assert sentence in refused.stderr, refused.stderr
        assert "nothing has changed" in refused.stderr
        assert (superd.parts(), superd.pids()) == before
    (superd.programs / "superd").unlink()
    assert "cannot open" in superd.ctl("upgrade", expect=1).stderr
    superd.install()
    superd.ctl("upgrade")
    assert superd.pids() == before[1] and all_run_what_is_installed(superd)


def test_a_program_that_only_says_yes_leaves_services_alone(installed):
    """A script may say yes, and is not executed in the keeper's place: superd goes on as it was."""
    superd = installed
    superd.unit("web", 'exec = ["sleep", "1000"]\n[restart]\npolicy = "always"\n')
    superd.start()
    before = superd.parts(), superd.pids()
    superd.install(superd=b"#!/bin/sh\necho superd 9 can take over\n")
    refused = superd.ctl("upgrade", "--timeout", "5s", expect=7)
    assert "its parts are not all replaced after" in refused.stderr
    superd.await_text("cannot upgrade superd: ")
    assert (superd.parts(), superd.pids()) == before
    processes.kill(before[1]["web/0"])
    superd.await_new_pid("web", before[1]["web/0"])


@pytest.mark.parametrize("victim", ["supervisor", "logger"])
def test_a_part_killed_in_the_midst_does_no_harm(installed, victim):
    superd = installed
    numbers(superd, "writer")
    superd.unit("web", 'exec = ["sleep", "1000"]\n[restart]\npolicy = "always"\n')
    superd.start()
    pids = superd.pids()
    for moment in range(6):
        superd.install()
        old = superd.parts().get(victim)
        # The client may lose its answer with the supervisor: what counts is what runs in the end.
        client = harness.subprocess.Popen(superd.command("upgrade", "--timeout", "20s"),
                                          stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.DEVNULL)
        if moment % 2:  # The one that comes, as soon as it is there.
            deadline = time.monotonic() + harness.PATIENCE
            while (new := superd.parts().get(victim)) in (None, old) and client.poll() is None:
                assert time.monotonic() < deadline
            old = new
        if old:
            processes.kill(old)
        client.wait(harness.PATIENCE)
        superd.await_that(lambda: len(superd.parts()) == 2)
        assert superd.pids() == pids
    superd.ctl("upgrade")
    assert all_run_what_is_installed(superd)
    processes.kill(pids["web/0"])
    superd.await_new_pid("web", pids["web/0"])
    superd.ctl("stop", "writer")
    found = numbered(superd, "writer")
    assert found == list(range(1, len(found) + 1))


def test_the_keeper_killed_in_the_midst_leaves_services_to_the_next(installed):
    superd = installed
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.start()
    pids = superd.pids()
    for moment in range(4):
        superd.install()
        client = harness.subprocess.Popen(superd.command("upgrade", "--timeout", "5s"),
                                          stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.DEVNULL)
        if moment % 2:  # Before the new program runs; and after.
            superd.await_text("goes on in the place of the one before")
        superd.kill_all_parts()
        client.wait(harness.PATIENCE)
        superd.output.clear()
        superd.start()
        assert superd.pids() == pids
    superd.install()
    superd.ctl("upgrade")
    assert superd.pids() == pids and all_run_what_is_installed(superd)
    os.kill(superd.process.pid, signal.SIGHUP)  # Signals are heard as before.
    superd.await_that(lambda: [e for e in superd.events() if e["event"] == "config"])
