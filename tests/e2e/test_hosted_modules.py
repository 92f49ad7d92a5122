"""Units whose module is C++, run by superd: restarts, crashes, scaling and templates under load."""
import os
import signal

import pytest

import harness
import processes
from module_host import module_path
from worker_host import Load, Short, get

MODELS = ["processes", "threads", "coroutines"]


def hosted(port, model="coroutines", more="", sections="", module="greeter"):
    return (f'module = "{module_path(module)}"\nmodel = "{model}"\n{more}\n'
            f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n{sections}')


def start(superd, text):
    superd.unit("shop", text)
    superd.start()
    superd.ctl("wait", "shop", "--ready")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("preload", ["false", "true"])
def test_workers_serve_and_are_replaced_one_by_one_without_a_failure(superd, model, preload):
    port = processes.free_port()
    start(superd, hosted(port, model, f"workers = 2\nthreads = 24\npreload = {preload}", '[config]\ngreeting = "moin"\n'))
    assert get(port) == "moin\n"
    before = superd.pids()
    short = Short(port, threads=2)
    load = Load(port, 6, connections=8) if model != "processes" else None
    short.await_more(20)
    superd.ctl("restart", "shop", "--rolling", timeout=90)
    assert not set(before.values()) & set(superd.pids().values())
    done, failed = short.result()
    assert failed == 0, f"of {done}"
    if load:
        requests, failed = load.result()
        assert failed == 0, f"of {requests}"


def test_a_crash_of_one_worker_costs_only_what_it_was_doing(superd):
    port = processes.free_port()
    start(superd, hosted(port, more="workers = 2", sections='[restart]\npolicy = "always"\ndelay = "0s"\n'))
    short = Short(port, threads=2)
    short.await_more(50)
    before = superd.pids()
    assert get(port, "/crash") is None
    short.await_more(50)
    superd.ctl("wait", "shop", "--ready")
    assert len(set(before.values()) & set(superd.pids().values())) == 1
    done, failed = short.result()
    assert failed <= 2, f"of {done}: of each client at most one, accepted by the same worker and not yet answered"
    logs = superd.await_that(lambda: "SIGSEGV" in (said := superd.ctl("logs", "shop", "-n", "100").stdout)
                             and "greeter.so+0x" in said and said)
    assert 'doing "GET /crash"' in logs


def test_workers_come_and_go_under_load_without_a_failure(superd):
    port = processes.free_port()
    start(superd, hosted(port, more="workers = 1"))
    short = Short(port, threads=2)
    for count in (4, 1):
        short.await_more(30)
        superd.ctl("scale", "shop", str(count))
        superd.ctl("wait", "shop", "--ready")
    short.await_more(30)
    done, failed = short.result()
    assert failed == 0, f"of {done}"


def test_a_service_that_refuses_its_configuration_is_not_started_again(superd):
    superd.unit("shop", hosted(processes.free_port(), sections="[config]\ngreeting = 7\n"))
    superd.start()
    superd.await_state("shop/0", "failed")
    superd.await_that(lambda: "config.greeting must be a text, not an integer" in
                      superd.ctl("logs", "shop", "-n", "100").stdout)


def test_a_worker_that_was_ready_while_no_superd_ran_is_ready(superd):
    """The module says so between the two FIFOs that it opens."""
    gate, said = superd.base / "gate", superd.base / "said"
    os.mkfifo(gate)
    os.mkfifo(said)
    superd.unit("shop", f'module = "{harness.BIN.parent}/tests/plain_module.so"\nmodel = "processes"\n'
                f'env = {{ GATE = "{gate}", SAID = "{said}" }}\n')
    superd.start()
    superd.await_state("shop", "starting")
    pid = superd.pid("shop")
    superd.process.send_signal(signal.SIGUSR2)
    assert superd.process.wait(harness.PATIENCE) == 0
    gate.write_bytes(b"")
    said.write_bytes(b"")
    superd.start()
    superd.await_state("shop", "ready")
    assert superd.pid("shop") == pid
    superd.await_that(lambda: "READY=1 is said again until it does" in superd.ctl("logs", "shop").stdout)
