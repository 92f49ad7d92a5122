"""The units of units/examples, as they are but for their ports."""
import pathlib
import re
import shutil
import signal
import socket
import urllib.request

import pytest

import harness
import processes
import worker_host
from module_host import MODULES

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "units" / "examples"
STEADY = ("web", "proxy", "pipeline", "worker", "beacon", "store", "counter", "greeter", "hello", "chat")
HOSTED = {"hello": 18090, "chat": 18091, "primes": 18092, "digest": 18093}
LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (\S+)\[(\d+)\] (out|err): (.*)$")


@pytest.fixture
def shop(superd):
    """superd with all examples running; `ports` tells where 18080 and so on went."""
    shutil.rmtree(superd.config)
    shutil.copytree(EXAMPLES, superd.config)
    for module in MODULES.glob("*.so"):
        shutil.copy(module, superd.config / "modules")
    ports = (18080, 18081, 18082, 18084, 18085, 18095, *HOSTED.values())
    superd.ports = dict(zip(ports, processes.free_ports(len(ports))))
    for path in [*superd.config.glob("units/*.toml"), superd.config / "nginx/nginx.conf"]:
        text = path.read_text().replace("@EXAMPLES@", str(superd.config))
        for old, new in superd.ports.items():
            text = text.replace(str(old), str(new))
        path.write_text(text)
        if path.suffix == ".toml":
            superd.unit(path.stem, text)
    superd.start()
    superd.ctl("wait", *STEADY, "migrate", "--ready", "--timeout", "120s", timeout=150)
    return superd


def get(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=harness.PATIENCE) as answer:
        return answer.status, answer.read()


def first(events, kind, unit):
    return next(e["seq"] for e in events if e["event"] == kind and e.get("unit") == unit)


def test_all_come_up_in_order(shop):
    units = shop.units()
    assert {name: units[name]["state"] for name in STEADY} == dict.fromkeys(STEADY, "ready")
    assert units["migrate"]["state"] == "completed"
    assert len({one["pid"] for one in units["worker"]["instances"]}) == 3
    for port in (18080, 18081):
        status, body = get(shop.ports[port])
        assert status == 200 and b"Served by a service" in body
    events = shop.events()
    assert first(events, "exit", "migrate") < first(events, "spawn", "worker")
    assert first(events, "ready", "web") < first(events, "spawn", "proxy")
    assert first(events, "ready", "store") < first(events, "spawn", "counter")


def test_a_crash_changes_no_siblings_pid(shop):
    before = shop.pids()
    processes.kill(before["web/0"])
    shop.await_new_pid("web", before["web/0"])
    after = shop.pids()
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"crasher/0"} == {"web/0"}
    last = shop.instance("web")["last-exit"]
    assert (last["signal"], last["code"]) == ("SIGKILL", None)
    assert get(shop.ports[18081])[0] == 200


def test_nobody_who_calls_the_greeter_is_refused(shop):
    for name in ("greeter/0", "greeter/1"):
        processes.kill(shop.pid(name))
    status, body = get(shop.ports[18084])
    assert status == 200 and body.startswith(b"Greetings from greeter/")


def test_the_napper_sleeps_until_somebody_calls(shop):
    napper = shop.instance("napper")
    assert (napper["state"], napper["pid"]) == ("waiting", None), [e for e in shop.events() if e.get("unit") == "napper"]
    status, body = get(shop.ports[18085])
    assert status == 200 and body == f"Greetings from napper/0, pid {shop.pid('napper')}\n".encode()


def test_modules_in_each_model_answer(shop):
    shop.ctl("start", "primes", "digest")
    shop.ctl("wait", *HOSTED, "--ready", "--timeout", "120s", timeout=150)
    assert worker_host.get(shop.ports[HOSTED["hello"]]) == "hello from a hosted service\n"
    for unit, request, answer in (("chat", b"", b"Your name?\n"), ("primes", b"1 1000\n", b"168\n")):
        with socket.create_connection(("127.0.0.1", shop.ports[HOSTED[unit]]), timeout=worker_host.PATIENCE) as conn:
            conn.sendall(request)
            assert conn.recv(100) == answer
    address = f"http://127.0.0.1:{shop.ports[HOSTED['digest']]}/"
    with urllib.request.urlopen(address, b"foobar", timeout=worker_host.PATIENCE) as made:
        assert made.read() == b"85944171f73967e8\n"


def test_the_crasher_comes_back_and_says_why(shop):
    def twice_with_its_words():
        """Its last lines are told a moment after its exit."""
        one = shop.instance("crasher")
        return one if one["restarts"] >= 2 and one["last-exit"]["lines"] else None

    one = shop.await_that(twice_with_its_words)
    assert one["last-exit"]["signal"] == "SIGSEGV"
    assert one["last-exit"]["uptime"] >= 1.9
    assert "err: crashing" in one["last-exit"]["lines"]
    told = 'out: [on-crash] would page somebody: {"schema":1,"unit":"crasher","instance":0,'
    shop.await_that(lambda: told in shop.ctl("logs", "crasher", "-n", "100").stdout)


def test_logs_are_attributed_line_by_line(shop):
    pids = shop.pids()
    # Each is up before its shell has said anything.
    text = shop.await_that(lambda: (said := shop.ctl("logs", "worker", "-n", "100").stdout).count(" works with ") == 3 and said)
    found = [LINE.match(line) for line in text.splitlines()]
    assert all(found)
    assert {(m[1], int(m[2])) for m in found} >= {(f"worker/{i}", pids[f"worker/{i}"]) for i in range(3)}
    assert any(m[4] == "worker/1 works with schema 3" for m in found)


def test_workers_have_queues_of_their_own_and_the_pace_of_their_drop_in(shop):
    for index in range(3):
        variables = processes.environment(shop.pid(f"worker/{index}"))
        assert f"QUEUE=jobs-{index}".encode() in variables
        assert b"PACE=3" in variables


def test_stopping_a_pipeline_stops_all_of_it(shop):
    def all_of_it():
        mine = [pid for pid in processes.marked(shop.mark)
                if b"SUPERD_SERVICE=pipeline" in processes.environment(pid)]
        return mine if len(mine) >= 3 else None
    mine = shop.await_that(all_of_it)
    shop.ctl("stop", "pipeline")
    assert [pid for pid in mine if processes.alive(pid)] == []
    assert shop.ctl("status", "pipeline", expect=3).stdout.count("inactive") >= 1


def test_exit_codes_tell_how_a_unit_is(shop):
    shop.ctl("status", "web", expect=0)
    shop.ctl("status", "migrate", expect=0)
    shop.ctl("stop", "web")
    shop.ctl("status", "web", expect=3)
    shop.ctl("status", "nosuch", expect=4)
    shop.ctl("start", "web", "proxy")
    assert get(shop.ports[18081])[0] == 200


def test_a_restart_of_the_store_leaves_its_user_running(shop):
    before = shop.pids()
    processes.send(before["store/0"], signal.SIGKILL)
    shop.await_new_pid("store", before["store/0"])
    assert shop.pid("counter") == before["counter/0"]


def test_the_schemas_accept_the_examples():
    import json
    import tomllib

    import jsonschema
    schemas = EXAMPLES.parents[1] / "packaging" / "schema"
    unit = json.loads((schemas / "superd-unit.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(unit)
    for path in EXAMPLES.glob("units/*.toml"):
        jsonschema.validate(tomllib.loads(path.read_text()), unit, jsonschema.Draft202012Validator)
    settings = json.loads((schemas / "superd.schema.json").read_text())
    jsonschema.validate(tomllib.loads((EXAMPLES / "superd.toml").read_text()), settings,
                        jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"exec": ["true"], "colour": "red"}, unit, jsonschema.Draft202012Validator)
