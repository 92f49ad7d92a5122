"""Sockets that superd holds: what comes is served, whoever is down at the moment."""
import collections
import json
import os
import pathlib
import signal
import socket
import stat
import threading

import pytest

import harness
import processes

ACCEPTOR = harness.PROGRAMS / "acceptor.py"
TIMEOUT = harness.PATIENCE


def web(port, more="", listener=None):
    listener = listener or f'"tcp://127.0.0.1:{port}"'
    return f'exec = ["python3", "{ACCEPTOR}"]\n{more}\n[listen]\nhttp = {listener}\n'


def dial(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    client = socket.socket(family, socket.SOCK_STREAM)
    client.settimeout(TIMEOUT)
    client.connect(address)
    return client


def answer(client):
    """What the service answers on a connection that may have waited for long."""
    with client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200"), received
    return json.loads(body)


def ask(port):
    return answer(dial(("127.0.0.1", port)))


def inode(pid, descriptor):
    return os.readlink(f"/proc/{pid}/fd/{descriptor}")


class Load:
    """Connections one after the other from a few threads, until it is stopped; every failure counts."""

    def __init__(self, port, threads=4):
        self.port, self.over, self.failures = port, threading.Event(), []
        self.served = collections.Counter()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while not self.over.is_set():
            try:
                self.served[ask(self.port)["instance"]] += 1
            except (OSError, AssertionError, ValueError) as error:
                self.failures.append(repr(error))

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        return self.failures


def test_a_plain_program_gets_its_sockets_as_systemd_gives_them(superd):
    port, path = processes.free_port(), superd.base / "deep" / "web.sock"
    superd.unit("web", web(port) + f'admin = {{ address = "unix:{path}", mode = "0600" }}\n')
    superd.start()
    told = ask(port)
    assert told == {"listener": "http", "instance": "web/0", "pid": superd.pid("web"), "nodelay": True}
    assert answer(dial(str(path)))["listener"] == "admin"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listeners = {one["name"]: one for one in superd.units()["web"]["listeners"]}
    assert listeners["http"]["address"] == f"tcp://127.0.0.1:{port}"
    assert listeners["http"]["sockets"] == [{"instance": 0, "open": True, "waiting": 0, "limit": 4096}]
    assert listeners["admin"]["sockets"][0]["instance"] is None
    text = superd.ctl("status", "web").stdout
    assert f"http tcp://127.0.0.1:{port}: 0 of 4096 wait" in text and f"admin unix:{path}" in text
    superd.ctl("stop", "web")
    assert not path.exists()
    with pytest.raises(ConnectionRefusedError):
        dial(("127.0.0.1", port))


def test_connections_wait_while_nobody_serves(superd):
    port = processes.free_port()
    superd.unit("web", web(port) + '[restart]\npolicy = "always"\ndelay = "3s"\njitter = 0\n')
    superd.start()
    first = ask(port)["pid"]
    processes.kill(first)
    # Not the state: it may have passed before it is seen.
    superd.await_that(lambda: any(event["event"] == "exit" for event in superd.events()))
    waiting = [dial(("127.0.0.1", port)) for _ in range(5)]
    queue = superd.units()["web"]["listeners"][0]["sockets"][0]
    assert queue["waiting"] == 5 or superd.instance("web")["state"] != "backoff"
    assert {answer(client)["pid"] for client in waiting} == {superd.await_new_pid("web", first)}


def test_sockets_outlive_the_supervisor(superd):
    port = processes.free_port()
    superd.unit("web", web(port, "instances = 2") + '[restart]\npolicy = "always"\ndelay = "0s"\n')
    superd.start()
    before = superd.pids()
    sockets = {name: inode(pid, 3) for name, pid in before.items()}
    assert len(set(sockets.values())) == 2
    processes.kill(superd.parts()["supervisor"])
    processes.send(before["web/1"], signal.SIGSTOP)  # So it takes no connection along when it ends.
    waiting = dial(("127.0.0.1", port))
    assert superd.pids() == before
    processes.kill(before["web/1"])
    after = superd.await_new_pid("web/1", before["web/1"])
    assert inode(after, 3) == sockets["web/1"], "the same socket, with what waited in it"
    answer(waiting)
    assert superd.units()["web"]["listeners"][0]["sockets"][1]["instance"] == 1


def test_sockets_are_taken_back_from_a_service_that_outlived_all_of_superd(superd):
    port = processes.free_port()
    superd.unit("web", web(port) + '[restart]\npolicy = "always"\ndelay = "0s"\n')
    superd.start()
    pid = superd.pid("web")
    socket_before = inode(pid, 3)
    superd.kill_all_parts()
    assert ask(port)["pid"] == pid
    superd.start()
    assert superd.pid("web") == pid
    processes.kill(pid)
    again = superd.await_new_pid("web", pid)
    assert inode(again, 3) == socket_before
    assert ask(port)["pid"] == again


def test_an_address_in_use_is_a_failed_start_that_is_tried_again(superd):
    port = processes.free_port()
    superd.unit("web", web(port) + '[restart]\ndelay = "50ms"\nmax-delay = "50ms"\n')
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        superd.start()
        superd.await_state("web", "backoff")
        place = superd.ctl("why", "web").stdout
        assert (f"web: cannot listen at tcp://127.0.0.1:{port} (units/web.toml:5:8): Address already in use, "
                f"by {pathlib.Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})") in place
    superd.await_state("web", "ready")
    ask(port)


def test_scaling_under_load_loses_no_connection(superd):
    port = processes.free_port()
    superd.unit("web", web(port, 'env = { SLOW = "0.002" }'))
    superd.start()
    load = Load(port)
    superd.ctl("scale", "web=4")
    superd.await_that(lambda: len(load.served) == 4)
    superd.ctl("scale", "web=1")
    assert superd.pids().keys() == {"web/0"}
    assert load.stop() == []
    assert sum(load.served.values()) > 20
    sockets = superd.units()["web"]["listeners"][0]["sockets"]
    assert [one["instance"] for one in sockets] == [0]


def test_what_waits_for_one_that_goes_is_served_first(superd):
    port, gate = processes.free_port(), superd.base / "gate"
    superd.unit("web", web(port, f'instances = 2\nenv = {{ GATE = "{gate}" }}'))
    superd.start()
    waiting = [dial(("127.0.0.1", port)) for _ in range(16)]
    depth = [one["waiting"] for one in superd.units()["web"]["listeners"][0]["sockets"]]
    assert sum(depth) == 16
    down = threading.Thread(target=lambda: superd.ctl("scale", "web=1"))
    down.start()

    # One look for both, as superd waits 10 s for its queue.
    def going():
        unit = superd.units()["web"]
        return unit if unit["instances"][1]["state"] == "stopping" else None
    last = superd.await_that(going)["listeners"][0]["sockets"][1]
    assert last["open"] is False and "nothing new goes to 1" in superd.ctl("status", "web", expect=None).stdout
    waiting += [dial(("127.0.0.1", port)) for _ in range(8)]
    assert superd.units()["web"]["listeners"][0]["sockets"][1]["waiting"] == last["waiting"]
    gate.touch()
    served = collections.Counter(answer(client)["instance"] for client in waiting)
    assert served == {"web/0": depth[0] + 8, "web/1": depth[1]} or depth[1] == 0
    down.join()
    assert "web/1" not in superd.instances()


def test_a_changed_listener_touches_no_other(superd):
    http, old, new, other = processes.free_ports(4)
    superd.unit("web", web(http) + f'metrics = "tcp://127.0.0.1:{old}"\n')
    superd.unit("other", web(other))
    superd.start()
    before = superd.pids()
    kept = inode(before["web/0"], 3)
    superd.unit("web", web(http) + f'metrics = "tcp://127.0.0.1:{new}"\n')
    plan = superd.json("plan")["changes"]
    assert [(one["unit"], one["keys"]) for one in plan] == [("web", ["listen.metrics"])]
    assert plan[0]["values"][0]["from"] == f'"tcp://127.0.0.1:{old}"'
    superd.ctl("reload")
    assert superd.pids() == before
    superd.ctl("apply")
    superd.ctl("wait", "web")
    after = superd.pids()
    assert after["other/0"] == before["other/0"] and after["web/0"] != before["web/0"]
    assert inode(after["web/0"], 3) == kept
    assert ask(new)["listener"] == "metrics"
    with pytest.raises(ConnectionRefusedError):
        dial(("127.0.0.1", old))


def moved(superd, before, after, more=""):
    """Three that serve at one address, whose replacements are to serve at another and fail."""
    flag = superd.base / "broken"
    unit = (f'exec = ["sh", "-c", "test ! -e {flag} || exit 1; echo up; exec python3 {ACCEPTOR}"]\n'
            'instances = 3\nready.log = "up"\nrolling.surge = true\n[listen]\nhttp = "{}"\n')
    superd.unit("web", unit.format(before))
    superd.start()
    superd.ctl("wait", "web", "--ready")
    flag.touch()
    superd.unit("web", unit.format(after))
    pids = superd.pids()
    refused = superd.ctl("apply", "--rolling", expect=1)
    assert "goes on" in refused.stderr, refused.stderr
    assert superd.pids() == pids
    return flag


def served(ask_one, superd):
    """By whom, until all have had their turn."""
    return superd.await_that(lambda: len({ask_one()["pid"] for _ in range(10)}) == 3)


def test_runs_that_go_on_keep_a_path_that_their_replacements_would_not_have(superd):
    old, new = f"{superd.base}/a.sock", f"{superd.base}/b.sock"
    flag = moved(superd, f"unix:{old}", f"unix:{new}")
    pids = set(superd.pids().values())
    assert answer(dial(old))["pid"] in pids
    processes.kill(superd.parts()["supervisor"])
    assert superd.units()["web"]["state"] == "ready"
    assert answer(dial(old))["pid"] in pids, "the next supervisor leaves it, too"
    flag.unlink()
    superd.ctl("restart", "--rolling", "web")
    assert answer(dial(new))["pid"] in set(superd.pids().values()) - pids
    superd.await_that(lambda: not os.path.exists(old))


def test_runs_that_go_on_keep_a_port_that_their_replacements_would_not_have(superd):
    old, new = processes.free_ports(2)
    flag = moved(superd, f"tcp://127.0.0.1:{old}", f"tcp://127.0.0.1:{new}")
    served(lambda: ask(old), superd)
    flag.unlink()
    superd.ctl("restart", "--rolling", "web")
    served(lambda: ask(new), superd)
    superd.await_that(lambda: is_refused(old))


def test_an_address_is_kept_when_another_has_the_next(superd):
    old, new = processes.free_ports(2)
    with socket.create_server(("127.0.0.1", new)):
        moved(superd, f"tcp://127.0.0.1:{old}", f"tcp://127.0.0.1:{new}")
        served(lambda: ask(old), superd)


def test_a_path_outlives_the_supervisor(superd):
    path = f"{superd.base}/a.sock"
    superd.unit("web", web(0, "instances = 2", f'"unix:{path}"'))
    superd.start()
    processes.kill(superd.parts()["supervisor"])
    superd.ctl("wait", "web", "--ready")
    assert answer(dial(path))["pid"] in superd.pids().values()


def test_one_socket_is_shared_when_asked(superd):
    port = processes.free_port()
    superd.unit("web", web(port, "instances = 3",
                           f'{{ address = "tcp://127.0.0.1:{port}", accept = "shared", nodelay = false }}'))
    superd.start()
    assert len({inode(pid, 3) for pid in superd.pids().values()}) == 1
    superd.ctl("stop", "web/0")
    told = ask(port)
    assert told["instance"] != "web/0" and told["nodelay"] is False
    superd.ctl("stop", "web")
    # The keeper lets go of it after who waited for the stop has heard.
    superd.await_that(lambda: is_refused(port))


def is_refused(port):
    try:
        dial(("127.0.0.1", port)).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_a_stopped_or_crashing_instance_gets_nothing_new(superd):
    port = processes.free_port()
    superd.unit("web", web(port, "instances = 3") + '[restart]\npolicy = "always"\ndelay = "30s"\n')
    superd.start()
    superd.ctl("stop", "web/0")
    superd.await_that(lambda: superd.instance("web/2")["state"] == "ready")
    assert {ask(port)["instance"] for _ in range(24)} <= {"web/1", "web/2"}
    processes.send(superd.pid("web/1"), signal.SIGSEGV)
    superd.await_state("web/1", "backoff")
    assert {ask(port)["instance"] for _ in range(24)} == {"web/2"}


@pytest.mark.skipif(os.geteuid() != 0, reason="a privileged port needs root")
def test_a_service_needs_no_right_for_a_privileged_port(superd):
    port = next((port for port in range(1023, 700, -1) if is_free(port)), None)
    assert port
    superd.base.chmod(0o755)
    superd.unit("web", web(port, 'user = "nobody"'))
    superd.start()
    told = ask(port)
    assert pathlib.Path(f"/proc/{told['pid']}").stat().st_uid != 0


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
