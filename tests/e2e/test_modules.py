"""The example modules in C++, each in its worker alone; and one that is built against what is installed."""
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

import harness
import worker_host
from module_host import ask, connect, make  # noqa: F401: a fixture
from worker_host import get


def lines_of(conn):
    return conn.makefile("r", newline="\n")


def enter(worker, name):
    """A guest of the chat, who has seen their own arrival or nothing yet."""
    conn = connect(worker)
    reader = lines_of(conn)
    assert reader.readline() == "Your name?\n"
    conn.sendall(f"{name}\n".encode())
    return conn, reader


def test_guests_of_the_chat_hear_each_other_and_the_end(make):
    worker = make(module="chat", index=0).start().ready()
    ada, to_ada = enter(worker, "ada")
    # A guest's line comes after its name was taken in.
    worker.await_that(lambda page: [task for task in page.tasks() if task["name"] == "tell ada"])
    bob, to_bob = enter(worker, "bob")
    assert to_ada.readline() == "* bob is here\n"
    ada.sendall(b"hello\r\n")
    assert to_bob.readline() == to_ada.readline() == "ada: hello\n"
    tasks = {task["name"]: task for task in worker.page.tasks()}
    assert set(tasks) == {"tell ada", "tell bob"}
    assert tasks["tell ada"]["file"] == "chat.cpp" and tasks["tell ada"]["line"] > 0
    assert worker.page.metrics() == {"lines said": 1, "guests": 2.0}
    bob.close()
    to_bob.close()
    assert to_ada.readline() == "* bob has left\n"
    worker.signal()
    assert to_ada.readline() == "* the server is restarted: come again\n"
    assert to_ada.readline() == ""
    assert worker.ended() == 0
    ada.close()
    to_ada.close()


def test_jobs_of_primes_are_answered_by_processes(make):
    held = worker_host.listener()
    workers = [make("processes", "primes", listeners={"jobs": held}, index=index, count=2).start().ready()
               for index in range(2)]
    port = held.getsockname()[1]

    def job(text):
        with socket.create_connection(("127.0.0.1", port), timeout=worker_host.PATIENCE) as conn:
            conn.sendall(text)
            return lines_of(conn).readline()

    answers = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: job(f"1 {n}\n".encode())})) for n in (10, 100, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {10: "4\n", 100: "25\n", 1000: "168\n"}
    assert job(b"nonsense\n") == "error: say FROM TO, at most 10000000 apart\n"
    # A job is counted once its answer is written, which may be after it was read.
    workers[0].await_that(lambda _: sum(worker.page.metrics().get("jobs", 0) for worker in workers) == 3)
    for worker in workers:
        assert worker.stop() == 0
    held.close()


def test_memory_of_primes_outlives_its_worker(make):
    held = worker_host.listener()
    first = make("processes", "primes", listeners={"jobs": held}).start().ready()
    first.await_told("FDNAME=shared.known")
    memory = first.stored["shared.known"]

    def job(worker, text):
        with socket.create_connection(held.getsockname(), timeout=worker_host.PATIENCE) as conn:
            conn.sendall(text)
            return lines_of(conn).readline()

    assert job(first, b"1 50000\n") == "5133\n"
    first.signal(signal.SIGKILL)
    assert first.ended() == -signal.SIGKILL
    # What the dead one knew is changed, so that the answer shows where it comes from.
    os.pwrite(memory, (77).to_bytes(8, "little"), 16)
    second = make("processes", "primes", listeners={"jobs": held}, memory=[("shared.known", memory)]).start().ready()
    assert job(second, b"1 50000\n") == "77\n"
    assert second.stop() == 0
    held.close()


def test_the_digest_is_made_by_threads_and_reported_by_another(make):
    worker = make("threads", "digest").start().ready()
    with connect(worker) as conn:
        head, body = ask(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nfoobar")
        assert body == "85944171f73967e8\n"  # FNV-1a's own test vector.
        head, _ = ask(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "405 Method Not Allowed" in head and "Allow: POST" in head
    worker.await_told("STATUS=hashed 6 bytes")
    # That of the request ends after its answer.
    worker.await_that(lambda page: [task["name"] for task in page.tasks()] == ["report"])
    assert worker.page.metrics()["bytes hashed"] == 6
    assert worker.stop() == 0


def test_a_reload_is_taken_over_without_a_restart(make, tmp_path):
    """Without superd the settings are a file; with it, what SUPERD_SETTINGS names."""
    held = worker_host.listener()
    path = tmp_path / "settings.json"
    worker = make(listeners={"http": held})
    worker.settings["config"] = {"greeting": "before"}
    path.write_text(worker_host.json.dumps(worker.settings))
    worker.program = [*worker.program, "--settings", str(path)]
    worker.start().ready()
    port = held.getsockname()[1]
    assert get(port) == "before\n"
    worker.settings["config"] = {"greeting": "after"}
    path.write_text(worker_host.json.dumps(worker.settings))
    worker.signal(signal.SIGHUP)
    # Both are events of one loop: the next answer may still be the old one.
    end = worker_host.time.monotonic() + worker_host.PATIENCE
    while get(port) != "after\n":
        assert worker_host.time.monotonic() < end, worker.text()
    path.write_text("{")
    worker.signal(signal.SIGHUP)
    assert worker.await_line("stays as it was") == \
        "error: cannot read the settings: incomplete JSON; the configuration stays as it was"
    worker.await_told("X_SUPERD_RECYCLE=reload")
    assert worker.stop() == 0
    held.close()


@pytest.mark.long
def test_a_module_is_built_against_what_is_installed(make, tmp_path):
    """With CMake and with pkg-config, from the installed files alone; and superd-worker runs both."""
    build, prefix = harness.BIN.parent, tmp_path / "prefix"
    for part in ("units/sdk",):
        subprocess.run(["cmake", "--install", str(build / part), "--prefix", str(prefix)], check=True,
                       stdout=subprocess.DEVNULL)
    source = tmp_path / "source"
    source.mkdir()
    (source / "hello.cpp").write_text('''
#include <superd/service.hpp>
struct Hello {
    int run(superd::Context& context) {
        while (auto socket = context.accept()) {
            char request[1000];
            socket->read_some(request);
            socket->write("HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nhi\\n");
        }
        return 0;
    }
};
SUPERD_SERVICE(Hello)
''')
    (source / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(hello LANGUAGES CXX)\nset(CMAKE_CXX_STANDARD 20)\n"
        "find_package(superd REQUIRED)\nsuperd_module(hello hello.cpp)\n")
    subprocess.run(["cmake", "-G", "Ninja", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={prefix}"],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", source / "build"], check=True, stdout=subprocess.DEVNULL)
    flags = subprocess.run(["pkg-config", "--cflags", "superd"], check=True, stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PKG_CONFIG_PATH": str(prefix / "share/pkgconfig")}).stdout
    # The prefix in the file is where superd was meant to go; here it went elsewhere.
    flags = re.sub(r"-I\S+", f"-I{prefix}/include", flags)
    by_hand = source / "by-hand.so"
    subprocess.run(["g++", "-std=c++20", "-shared", "-fPIC", "-fvisibility=hidden", *flags.split(), source / "hello.cpp",
                    "-o", by_hand], check=True)
    for module in (source / "build/hello.so", by_hand):
        worker = make("processes", str(module)).start().ready()
        assert get(worker.port) == "hi\n"
        assert worker.stop() == 0
    exported = subprocess.run(["nm", "-D", "--defined-only", by_hand], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert " superd_module" in exported
