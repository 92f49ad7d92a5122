"""Programs that run their own processes, threads, coroutines and workers, unchanged as plain executables:
the example units plain-*, and nginx."""
import re
import shutil
import signal
import urllib.request

import pytest

import processes
from test_examples import EXAMPLES

KINDS = ("multiprocessing", "threading", "asyncio", "gevent")


@pytest.fixture
def plain(superd):
    """superd on the examples, none of them started; `port(unit)` tells where a unit listens."""
    shutil.rmtree(superd.config)
    shutil.copytree(EXAMPLES, superd.config)
    moved = {}

    def move(found):
        if found[0] not in moved:
            moved[found[0]] = next(port for port in iter(lambda: str(processes.free_port()), None)
                                   if port not in moved.values())
        return moved[found[0]]

    ports = {}
    for path in [*superd.config.glob("units/*.toml"), superd.config / "nginx/nginx.conf"]:
        text = re.sub(r"\b18[01]\d\d\b", move, path.read_text().replace("@EXAMPLES@", str(superd.config)))
        path.write_text(text)
        keep = path.stem.startswith("plain-") or path.stem in ("web", "proxy")
        if path.suffix == ".toml" and not keep:
            path.unlink()
        elif path.suffix == ".toml":
            superd.unit(path.stem, text if "autostart" in text else f"autostart = false\n{text}")
            ports[path.stem] = int(re.search(r'PORT = "(\d+)"', text)[1])
    for drop_ins in superd.config.glob("units/*.d"):
        shutil.rmtree(drop_ins)
    superd.port = ports.__getitem__
    return superd.start()


def get(port, path="/"):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("kind", KINDS)
def test_runs_serves_and_ends_as_a_whole(plain, kind):
    name = f"plain-{kind}"
    plain.ctl("start", name, "--timeout", "60s")
    assert get(plain.port(name), "/100" if kind == "multiprocessing" else "/")
    mine = [pid for pid in processes.marked(plain.mark)
            if f"SUPERD_SERVICE={name}".encode() in processes.environment(pid)]
    assert len(mine) == (3 if kind == "multiprocessing" else 1)
    plain.ctl("stop", name)
    assert [pid for pid in mine if processes.alive(pid)] == []


def test_a_pool_computes_in_all_its_processes(plain):
    plain.ctl("start", "plain-multiprocessing", "--timeout", "60s")
    count, *pids = get(plain.port("plain-multiprocessing"), "/20000").split()
    main = plain.pid("plain-multiprocessing")
    assert count == "2262"  # Primes below 20,000.
    assert set(map(int, pids)) <= set(processes.children(main))


def test_a_pool_that_loses_its_main_process_is_swept_and_comes_back(plain):
    name = "plain-multiprocessing"
    plain.ctl("start", name, "--timeout", "60s")
    old = plain.pid(name)
    pool = processes.children(old)
    assert len(pool) == 2
    processes.kill(old)
    new = plain.await_new_pid(name, old)
    assert not [pid for pid in pool if processes.alive(pid)]
    assert len(processes.children(new)) == 2
    assert get(plain.port(name), "/100").startswith("25 ")


def test_a_pool_that_hangs_since_its_processes_died_is_started_anew(plain):
    name = "plain-multiprocessing"
    path = plain.config / "units" / f"{name}.toml"
    path.write_text(path.read_text().replace('every = "5s"', 'every = "200ms"'))
    plain.ctl("reload")
    plain.ctl("start", name, "--timeout", "60s")
    main = plain.pid(name)
    pool = processes.children(main)
    for each in pool:  # One of them holds the lock of the queue; multiprocessing starts others, which wait for it.
        processes.kill(each)
    new = plain.await_new_pid(name, main, timeout=60)
    assert not set(processes.children(new)) & set(pool)
    assert get(plain.port(name), "/100").startswith("25 ")


def test_the_supervisors_death_disturbs_none_of_them(plain):
    for kind in KINDS:
        plain.ctl("start", f"plain-{kind}", "--timeout", "60s")
    before = plain.pids()
    processes.kill(plain.parts()["supervisor"])
    plain.ctl("wait", *(f"plain-{kind}" for kind in KINDS), "--ready")
    assert plain.pids() == before
    assert all(get(plain.port(f"plain-{kind}"), "/10") for kind in KINDS)


def nginx_workers(superd):
    return [pid for pid in processes.children(superd.pid("proxy")) if processes.alive(pid)]


def test_nginx_keeps_workers_of_its_own(plain):
    plain.ctl("start", "proxy")
    master = plain.pid("proxy")
    # It listens before it has both, and one of them answers for both.
    first = plain.await_that(lambda: len(found := nginx_workers(plain)) == 2 and found)
    assert "Served by a service" in get(plain.port("proxy"))
    processes.kill(first[0])
    plain.await_that(lambda: len(nginx_workers(plain)) == 2 and first[0] not in nginx_workers(plain))
    assert plain.pid("proxy") == master
    plain.ctl("signal", "HUP", "proxy")
    plain.await_that(lambda: len(nginx_workers(plain)) == 2 and first[1] not in nginx_workers(plain))
    assert plain.pid("proxy") == master
    assert "Served by a service" in get(plain.port("proxy"))
    last = nginx_workers(plain)
    processes.send(master, signal.SIGKILL)
    plain.await_new_pid("proxy", master)
    assert not [pid for pid in last if processes.alive(pid)]
    assert "Served by a service" in get(plain.port("proxy"))
