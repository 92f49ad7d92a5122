"""superd under a service manager: what it tells of itself, what it leaves there, and how the next superd goes on."""
import json
import os
import signal
import socket
import sys

import pytest

import harness
import processes
from service_manager import KCMP, ServiceManager

pytestmark = pytest.mark.skipif(KCMP is None, reason="this machine's kcmp(2) has a number that the test does not know")
SOCKETS = {"socket.control", "socket.notify", "socket.logger"}


@pytest.fixture
def managed(superd):
    """Makes a service manager for superd."""
    made = []

    def make(**options):
        made.append(ServiceManager(superd, **options))
        return made[-1]

    yield make
    for each in made:
        each.end()


def numbers(superd, name):
    superd.unit(name, f'exec = ["{sys.executable}", "{harness.PROGRAMS}/numbers.py", "{superd.base}/errors", "0.002"]\n')


def numbered(superd, name):
    text = superd.ctl("logs", name, "--lines", "1000000", "--json").stdout
    lines = [json.loads(line)["message"] for line in text.splitlines() if line]
    return [int(line.split()[1]) for line in lines if line.startswith("line ")]


def check_numbers(superd, name):
    """Nothing of what it wrote is missing, and no write has failed."""
    superd.await_that(lambda: len(numbered(superd, name)) > 10)
    superd.ctl("stop", name)
    found = numbered(superd, name)
    assert found == list(range(1, len(found) + 1))
    assert not (superd.base / "errors").exists()


def waiter(superd, name, code):
    """A unit whose process ends with that code on SIGUSR1."""
    superd.unit(name, f'exec = ["{sys.executable}", "{harness.PROGRAMS}/waiter.py", "{code}"]\n'
                '[ready]\nlog = "^waiting$"\n[restart]\npolicy = "never"\n')


def kernel_tells_how_strangers_ended():
    release = os.uname().release.split(".")
    return (int(release[0]), int(release[1])) >= (6, 15)


def inodes(pid):
    return {os.stat(f"/proc/{pid}/fd/{fd}").st_ino for fd in os.listdir(f"/proc/{pid}/fd")}


def test_it_hears_what_superd_does(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.unit("bad", 'exec = ["/bin/false"]\n[restart]\npolicy = "never"\n')
    manager = managed()
    manager.start()
    manager.await_field("STATUS", "1 of 2 units up, 1 failed")
    assert manager.heard("STOPPING") == []
    manager.forget_messages()
    superd.ctl("reload")
    manager.await_that(lambda: [set(fields) & {"RELOADING", "READY"} for _, fields in manager.messages
                                if {"RELOADING", "READY"} & set(fields)] == [{"RELOADING"}, {"READY"}])
    assert int(manager.heard("MONOTONIC_USEC")[0]) > 0
    assert superd.terminate() == 0
    manager.await_field("STOPPING", "1")
    # What superd allows all of them is what it asks for: 60 s, and a little.
    assert int(manager.heard("EXTEND_TIMEOUT_USEC")[0]) > 60_000_000
    assert not manager.heard("FOREIGN")


def test_its_variables_reach_nobody_else(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    managed(watchdog=100).start()
    superd.await_state("web", "ready")
    mine = {b"NOTIFY_SOCKET", b"WATCHDOG_USEC", b"WATCHDOG_PID", b"FDSTORE", b"LISTEN_FDS", b"LISTEN_PID", b"LISTEN_FDNAMES"}
    for pid in [*superd.parts().values(), superd.pid("web")]:
        with open(f"/proc/{pid}/environ", "rb") as environ:
            names = {each.partition(b"=")[0] for each in environ.read().split(b"\0")}
        assert not names & mine, processes.program(pid)


def test_what_outlives_superd_is_in_the_store(superd, managed):
    superd.unit("web", f'exec = ["sleep", "1000"]\n[listen]\nhttp = "tcp://127.0.0.1:{processes.free_port()}"\n')
    superd.unit("plain", 'exec = ["sleep", "1000"]\n')
    manager = managed()
    manager.start()
    superd.await_state("web", "ready")
    run = superd.instance("web")["run"]
    manager.await_stored(f"1.log.{run}", f"2.log.{run}", f"pidfd.{run}", *SOCKETS)
    assert any(name.startswith("1.listen.") for name in manager.names())
    assert "announced" not in manager.names()
    superd.ctl("stop", "web", "plain")
    manager.await_that(lambda: {name for name, _ in manager.store} == SOCKETS)
    assert superd.terminate() == 0


def test_after_its_death_the_next_superd_goes_on(superd, managed):
    """SIGKILL to all of superd: what ended meanwhile is known exactly, no line is lost, nobody is refused."""
    numbers(superd, "writer")
    waiter(superd, "ends", 42)
    waiter(superd, "stays", 43)
    manager = managed()
    manager.start()
    for name in ("writer", "ends", "stays"):
        superd.await_state(name, "ready")
    pids = superd.pids()
    manager.await_stored(*(f"{what}.{one['run']}" for one in superd.instances().values() for what in ("pidfd", "1.log")))
    superd.kill_all_parts()
    os.kill(pids["ends/0"], signal.SIGUSR1)
    assert processes.wait_gone(pids["ends/0"], harness.PATIENCE)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(superd.runtime / "control.sock"))
    client.sendall(b"GET /v1/version HTTP/1.1\r\nHost: superd\r\nConnection: close\r\n\r\n")
    manager.start()
    assert client.recv(100).startswith(b"HTTP/1.1 200"), "it asked while no superd lived"
    client.close()
    ended = superd.await_state("ends", "failed", "completed", "inactive")
    last = ended["last-exit"]
    if kernel_tells_how_strangers_ended():
        assert last["code"] == 42, last
    else:
        assert "unknown" in json.dumps(last), last
    superd.await_that(lambda: "last words" in superd.ctl("logs", "ends").stdout)
    assert {name: pid for name, pid in superd.pids().items() if name != "ends/0"} == \
        {name: pid for name, pid in pids.items() if name != "ends/0"}
    # Of those that are adopted an end is seen at once.
    os.kill(pids["stays/0"], signal.SIGUSR1)
    stays = superd.await_state("stays", "failed", "completed", "inactive")
    assert not kernel_tells_how_strangers_ended() or stays["last-exit"]["code"] == 43
    check_numbers(superd, "writer")
    manager.await_that(lambda: {name for name, _ in manager.store} == SOCKETS)
    assert superd.terminate() == 0


def test_deaths_of_its_parts_change_nothing_there(superd, managed):
    """A new supervisor of the same keeper finds pidfds held for the keeper's own children."""
    waiter(superd, "web", 5)
    manager = managed()
    manager.start()
    superd.await_state("web", "ready")
    before, run = superd.pid("web"), superd.instance("web")["run"]
    manager.await_stored(f"pidfd.{run}")
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    superd.await_that(lambda: superd.parts().get("supervisor") not in (None, supervisor))
    assert superd.pid("web") == before
    assert f"pidfd.{run}" in manager.names()
    os.kill(before, signal.SIGUSR1)
    # The keeper's child: the kernel need not know how others' processes ended.
    assert superd.await_state("web", "failed")["last-exit"]["code"] == 5
    manager.await_that(lambda: {name for name, _ in manager.store} == SOCKETS)


def test_sockets_and_their_queues_outlive_superd_and_the_service(superd, managed):
    """A service that held its socket alone dies with superd; who connects waits for its next run."""
    port = processes.free_port()
    superd.unit("web", f'exec = ["{sys.executable}", "{harness.PROGRAMS}/acceptor.py"]\n[listen]\nhttp = "tcp://127.0.0.1:{port}"\n'
                '[restart]\npolicy = "always"\n')
    manager = managed()
    manager.start()
    superd.await_state("web", "ready")
    pid, run = superd.pid("web"), superd.instance("web")["run"]
    manager.await_stored(f"pidfd.{run}")
    manager.await_that(lambda: any(name.startswith("2.listen.") for name, _ in manager.store))
    superd.kill_all_parts()
    processes.kill(pid)
    assert processes.wait_gone(pid, harness.PATIENCE)
    with socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE):
        manager.start()
        superd.await_new_pid("web", pid)


def test_sigusr2_leaves_the_services_running(superd, managed):
    numbers(superd, "writer")
    superd.unit("web", 'exec = ["sleep", "1000"]\ninstances = 2\n')
    manager = managed()
    manager.start()
    superd.await_state("writer", "ready")
    superd.await_state("web/1", "ready")
    for _ in range(3):
        pids = superd.pids()
        superd.process.send_signal(signal.SIGUSR2)
        assert superd.process.wait(harness.PATIENCE) == 0
        assert not manager.heard("STOPPING"), "a manager would take it for a stop"
        manager.start()
        assert superd.pids() == pids
    check_numbers(superd, "writer")
    assert superd.terminate() == 0


def test_sigusr2_without_a_manager(superd):
    numbers(superd, "writer")
    superd.unit("short", 'exec = ["/bin/sh", "-c", "echo short words"]\n[restart]\npolicy = "always"\ndelay = "20ms"\n')
    superd.start()
    superd.await_state("writer", "ready")
    pid = superd.pid("writer")
    superd.process.send_signal(signal.SIGUSR2)
    assert superd.process.wait(harness.PATIENCE) == 0
    assert processes.alive(pid)
    superd.start()
    assert superd.pid("writer") == pid
    check_numbers(superd, "writer")
    assert superd.terminate() == 0


def test_a_store_that_takes_too_little_changes_nothing(superd, managed):
    """As with a FileDescriptorStoreMax= that superd is not told of."""
    numbers(superd, "writer")
    superd.unit("web", 'exec = ["sleep", "1000"]\ninstances = 4\n')
    manager = managed(size=4, told_size=4096)
    manager.start()
    superd.await_state("writer", "ready")
    superd.await_state("web/3", "ready")
    pids = superd.pids()
    superd.kill_all_parts()
    manager.start()
    assert superd.pids() == pids and len(manager.names()) <= 4
    check_numbers(superd, "writer")


def test_a_store_that_is_full_is_said(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\ninstances = 4\n')
    managed(size=6).start()
    superd.await_text("cannot leave more descriptors with the service manager")
    superd.await_text("FileDescriptorStoreMax= 6")
    superd.await_state("web/3", "ready")


def test_without_a_store_it_is_told_all_the_same(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    manager = managed(told_size=0)
    manager.start()
    manager.await_field("STATUS", "1 of 1 units up")
    assert manager.names() == []


def test_pings_come_while_superd_works(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    manager = managed(watchdog=0.4)
    manager.start()
    first, supervisor = len(manager.heard("WATCHDOG")), superd.parts()["supervisor"]
    # A supervisor that hangs is the keeper's to replace; the manager has no reason to act.
    processes.send(supervisor, signal.SIGSTOP)
    manager.await_that(lambda: len(manager.heard("WATCHDOG")) >= first + 5)
    processes.send(superd.process.pid, signal.SIGSTOP)
    os.waitpid(superd.process.pid, os.WUNTRACED)  # Until it stands still.
    manager.settle()
    with manager.arrived:
        before = len(manager.heard("WATCHDOG"))
        assert not manager.arrived.wait(1.0) and len(manager.heard("WATCHDOG")) == before, "it is stopped"
    processes.send(superd.process.pid, signal.SIGCONT)
    processes.send(supervisor, signal.SIGCONT)
    manager.await_that(lambda: len(manager.heard("WATCHDOG")) >= before + 3)


def test_an_upgrade_in_place_goes_on_with_it(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    manager = managed(watchdog=0.4)
    manager.start()
    superd.await_state("web", "ready")
    superd.ctl("upgrade")
    manager.forget_messages()
    manager.await_that(lambda: len(manager.heard("WATCHDOG")) >= 2)
    superd.ctl("stop", "web")
    manager.await_field("STATUS", "0 of 1 units up")
    manager.await_that(lambda: {name for name, _ in manager.store} == SOCKETS)
    pid = superd.process.pid
    superd.kill_all_parts()
    manager.start()
    assert superd.process.pid != pid
    assert superd.terminate() == 0


def test_the_control_socket_may_be_the_managers(superd, managed):
    """As with superd.socket: who calls before superd runs waits, and the path stays."""
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.runtime.mkdir()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = superd.runtime / "control.sock"
    listener.bind(str(path))
    path.chmod(0o666)
    listener.listen(64)
    inode = path.stat().st_ino
    manager = managed()
    manager.give("control", listener)
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(str(path))
    client.sendall(b"GET /v1/version HTTP/1.1\r\nHost: superd\r\nConnection: close\r\n\r\n")
    manager.start()
    assert client.recv(100).startswith(b"HTTP/1.1 200")
    client.close()
    assert os.fstat(listener.fileno()).st_ino in inodes(superd.process.pid)
    assert "socket.control" not in manager.names()
    superd.kill_all_parts()
    manager.start()
    superd.await_state("web", "ready")
    assert superd.terminate() == 0
    assert path.stat().st_ino == inode


def test_what_it_does_not_know_is_closed_and_said(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    manager = managed()
    with open("/dev/null", "rb") as nothing:
        manager.give("control", nothing)
        manager.give("elephant", nothing)
        manager.start()
        superd.await_text('superd: cannot use the descriptor "elephant" that superd was started with: '
                          "superd knows none of that name; it is closed")
        superd.await_text('"control" that superd was started with: it is no listening Unix stream socket')
    superd.await_state("web", "ready")


def test_sockets_that_somebody_else_has_replaced_are_made_anew(superd, managed):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    manager = managed()
    manager.start()
    manager.await_stored(*SOCKETS)
    superd.kill_all_parts()
    # Another superd ran here without the manager, and was killed.
    notify = superd.notify_socket()
    for path in (superd.runtime / "control.sock", notify, superd.runtime / "logger.sock"):
        path.unlink()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if path == notify else socket.SOCK_STREAM) as stale:
            stale.bind(str(path))
    manager.start()
    superd.await_state("web", "ready")
    assert superd.terminate() == 0
