"""What is wrong is refused with a sentence, loses nothing, and delays nobody."""
import array
import os
import select
import socket
import subprocess
import sys
import time

import pytest

import harness
import processes

NEVER = 'autostart = false\nrestart.policy = "never"\n'
SLEEP = 'exec = ["sleep", "100000"]\n'
DELAYED = 20 * harness.SLOWNESS  # Seconds. Less is a busy machine's doing; who waits for a client that stalls waits longer.


@pytest.fixture
def running(superd):
    """superd with one service that must not notice anything."""
    superd.unit("steady", SLEEP)
    return superd


def cannot_start(superd, unit, *words):
    steady = superd.pid("steady")
    refused = superd.ctl("start", unit, expect=1)
    for word in ("cannot", unit, *words):
        assert word in refused.stderr, refused.stderr
    assert superd.instance(unit)["state"] == "failed"
    assert superd.pid("steady") == steady
    # Said in the record, too.
    event = next(e for e in reversed(superd.events()) if e.get("unit") == unit and e["event"] == "spawn-failed")
    assert all(word in event["message"] for word in words), event


def test_a_missing_program(running):
    running.unit("bad", NEVER + 'exec = ["/nonexistent/program"]\n')
    running.start()
    cannot_start(running, "bad", '/nonexistent/program', "No such file or directory", "units/bad.toml:4")


def test_a_program_that_is_not_executable(running):
    plain = running.base / "plain"
    plain.write_text("hello")
    running.unit("bad", NEVER + f'exec = ["{plain}"]\n')
    running.start()
    cannot_start(running, "bad", str(plain), "Permission denied")


def test_a_program_that_is_no_program(running):
    plain = running.base / "plain"
    plain.write_bytes(b"\x7fELF nonsense")
    plain.chmod(0o755)
    running.unit("bad", NEVER + f'exec = ["{plain}"]\n')
    running.start()
    cannot_start(running, "bad", str(plain), "Exec format error")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a service another user")
def test_a_program_that_its_user_may_not_run(running):
    secret = running.base / "secret"
    secret.mkdir(mode=0o700)
    program = secret / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    running.unit("bad", NEVER + f'user = "nobody"\nexec = ["{program}"]\n')
    running.start()
    cannot_start(running, "bad", str(program), "Permission denied")


def test_a_missing_directory(running):
    running.unit("bad", NEVER + SLEEP + 'directory = "/nonexistent/place"\n')
    running.start()
    cannot_start(running, "bad", "/nonexistent/place", "No such file or directory", "units/bad.toml:5")


MISTAKES = {
    "unknown-key": ('exec = ["true"]\ncolour = "red"\n', ":3:1: ", "colour"),
    "misspelt-key": ('exec = ["true"]\ndescripton = "x"\n', ":3:1: ", "description"),
    "wrong-type": ('exec = "true"\n', ":2:8: ", "exec"),
    "bad-value": ('exec = ["true"]\nrestart.policy = "alway"\n', ":3:18: ", "always"),
    "no-exec": ('description = "x"\n', "bad.toml", "exec"),
    "syntax": ('exec = ["true"\n', "bad.toml:", ""),
    "dangling": ('exec = ["true"]\ndepends.needs = ["stedy"]\n', ":3:", "steady"),
    "itself": ('exec = ["true"]\ndepends.needs = ["bad"]\n', ":3:", "bad"),
    "not-a-oneshot": ('exec = ["true"]\ndepends.after = [{ unit = "steady", when = "completed" }]\n', ":3:", "oneshot"),
    "duration": ('exec = ["true"]\nrestart.delay = "1 fortnight"\n', ":3:17: ", "restart.delay"),
    "no-unit-of-time": ('exec = ["true"]\nrestart.delay = 5\n', ":3:17: ", "restart.delay"),
    "infinity": ('exec = ["true"]\nready.delay = "infinity"\n', ":3:", "infinity"),
    "no-such-user": ('exec = ["true"]\nuser = "nosuchuser"\n', ":3:8: ", "nosuchuser"),
    "unknown-variable": ('exec = ["echo", "${NOSUCH}"]\n', ":2:", "NOSUCH"),
    "bad-signal": ('exec = ["true"]\nstop.signals = ["SIGNOPE"]\n', ":3:", "SIGNOPE"),
    "relative-directory": ('exec = ["true"]\ndirectory = "here"\n', ":3:13: ", "absolute"),
    "two-kinds": ('exec = ["true"]\n[ready]\nnotify = true\nfd = 3\n', "bad.toml:", "ready"),
    "bad-regex": ('exec = ["true"]\nready.log = "(("\n', ":3:13: ", "ready.log"),
    "no-such-hook": ('exec = ["true"]\nhooks.on-crsh = ["true"]\n', ":3:7: ", "on-crash"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_in_a_unit_is_told_with_its_place(running, kind):
    text, place, word = MISTAKES[kind]
    running.unit("bad", text)
    checked = subprocess.run([harness.BIN / "superctl", "check", "--config", running.config],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 1
    assert "units/bad.toml" in checked.stderr and place in checked.stderr and word in checked.stderr, checked.stderr
    running.launch()
    assert running.process.wait(30) == 78
    running.await_text("units/bad.toml")


def test_all_mistakes_are_told_at_once(running):
    for kind, (text, _, _) in MISTAKES.items():
        if kind not in ("itself", "dangling"):
            running.unit(f"bad-{kind}", text)
    running.settings("[supervisor]\nheartbeet = 3\n")
    checked = subprocess.run([harness.BIN / "superd", "--check", "--config", running.config],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 78
    for kind in MISTAKES:
        if kind not in ("itself", "dangling"):
            assert f"units/bad-{kind}.toml:" in checked.stderr, kind
    assert "superd.toml:2:1: " in checked.stderr and "heartbeat" in checked.stderr


def speak(superd, data, end=False):
    """What the control socket answers to these bytes."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(harness.PATIENCE)
        client.connect(str(superd.runtime / "control.sock"))
        try:
            client.sendall(data)
            if end:
                client.shutdown(socket.SHUT_WR)
            answer = b""
            while b"\r\n\r\n" not in answer and (more := client.recv(65536)):
                answer += more
        except (BrokenPipeError, ConnectionResetError):
            pass  # It had heard enough; what it answered may be lost with that.
        return answer


REQUESTS = {
    "garbage": (b"\x00\x01\x02 hello\r\n\r\n", b" 400 "),
    "no-version": (b"GET /v1/status\r\n\r\n", b" 400 "),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b" 400 "),
    "big-header": (b"GET /v1/status HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 20000 + b"\r\n\r\n", b" 431 "),
    "big-target": (b"GET /v1/status?unit=" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b" 4"),
    "big-body": (b"POST /v1/start HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", b" 413 "),
    "bad-length": (b"POST /v1/start HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b" 400 "),
    "bad-json": (b"POST /v1/start HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{\"a\":", b" 400 "),
    "wrong-json": (b"POST /v1/start HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{\"units\":\"x\"}", b" 400 "),
    "deep-json": (b"POST /v1/start HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + b"[" * 9000, b" 400 "),
    "no-such-path": (b"GET /v2/status HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
    "wrong-method": (b"DELETE /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", b" 405 "),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_bad_request_is_refused(running, kind):
    running.start()
    before = running.parts(), running.pids()
    request, wanted = REQUESTS[kind]
    answer = speak(running, request)
    assert wanted in answer.split(b"\r\n")[0], answer[:300]
    assert (running.parts(), running.pids()) == before


def test_clients_that_stall_delay_nobody(running):
    running.start()
    stalled = []
    try:
        for i in range(100):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(running.runtime / "control.sock"))
            client.sendall((b"GET /v1/status HTT", b"", b"POST /v1/start HTTP/1.1\r\nContent-Length: 10\r\n\r\n{",
                            b"GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\n\r\n")[i % 4])
            stalled.append(client)
        begun = time.monotonic()
        running.ctl("restart", "steady")
        running.ctl("status")
        assert time.monotonic() - begun < DELAYED
    finally:
        for client in stalled:
            client.close()
    assert running.parts()["supervisor"] == running.status()["superd"]["supervisor"]["pid"]


def test_too_many_clients_are_told_so(running):
    running.start()
    clients = []
    try:
        for _ in range(300):
            client = socket.socket(socket.AF_UNIX)
            # Only now with a timeout: connecting would not wait for room in the queue, but fail.
            client.connect(str(running.runtime / "control.sock"))
            client.settimeout(harness.PATIENCE)
            clients.append(client)
        assert b" 503 " in clients[-1].recv(4096).split(b"\r\n")[0]
    finally:
        for client in clients:
            client.close()
    running.await_that(lambda: running.ctl("list", expect=None).returncode == 0)


@pytest.mark.long
def test_100_megabytes_without_a_newline_cost_nobody_anything(running):
    size = 100_000_000
    running.unit("flood", f'''exec = ["sh", "-c", "head -c {size} /dev/zero | tr '\\\\0' x; echo; echo after; exec sleep 100000"]
autostart = false
ready.log = "^after$"
ready.timeout = "5min"
log.max-size = "1GiB"
log.tail = 5''')
    running.unit("writer", f'''exec = ["{sys.executable}", "{harness.PROGRAMS}/numbers.py", "{running.base}/errors", "0.005"]''')
    running.start()
    running.ctl("start", "flood", "--timeout", "5min", timeout=330)
    begun = time.monotonic()
    running.ctl("restart", "steady")
    assert time.monotonic() - begun < DELAYED
    logger = running.parts()["logger"]
    peak = next(line for line in open(f"/proc/{logger}/status") if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 200_000, peak
    running.ctl("stop", "--all")
    with open(running.log / "flood" / "0.log", "rb") as log:
        kept = sum(line.rpartition(b": ")[2].count(b"x") for line in log if b"xxx" in line or b": x" in line)
    dropped = sum(e["dropped"] for e in running.events() if e["event"] == "dropped" and e["unit"] == "flood")
    assert kept == size or dropped > 0, (kept, dropped)
    assert kept == size, f"{size - kept} bytes were dropped although the disk is fast; said: {dropped} lines"
    assert not (running.base / "errors").exists()


def test_a_flood_of_strange_datagrams_changes_nothing(running):
    running.start()
    before = running.pids()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for i in range(5000):
            try:
                sender.sendto((b"READY=1", b"\xff\xfe\n\0=", b"MAINPID=1\nWATCHDOG=trigger", b"=" * 60000)[i % 4],
                              str(running.notify_socket()))
            except BlockingIOError:
                pass  # The queue is full, as it would be for anybody.
    begun = time.monotonic()
    running.ctl("status")
    assert time.monotonic() - begun < DELAYED and running.pids() == before


def test_descriptors_sent_by_strangers_are_not_kept(running):
    running.start()
    supervisor = running.parts()["supervisor"]
    held = lambda: len(os.listdir(f"/proc/{supervisor}/fd"))
    before = held()
    reader, writer = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        for _ in range(20):
            sender.sendmsg([b"FDSTORE=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer] * 10))],
                           0, str(running.notify_socket()))
    os.close(writer)
    # Our end tells when the last copy of the other has been closed.
    assert select.select([reader], [], [], harness.PATIENCE)[0], "descriptors of a stranger are still open"
    os.close(reader)
    # It opens and closes some of its own all the time; one kept for each message would be 20.
    assert held() < before + 20 and processes.alive(supervisor)
