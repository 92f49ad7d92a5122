"""superctl and the control API: shapes, exit codes, selectors, suggestions, permissions."""
import json
import os
import re
import subprocess

import pytest

import harness

NOBODY = (65534, 65534)
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
SLEEP = 'exec = ["sleep", "100000"]\n'


@pytest.fixture
def pair(superd):
    """web with two instances, and db."""
    superd.unit("web", SLEEP + 'description = "Shop front"\ninstances = 2\n')
    superd.unit("db", SLEEP)
    return superd.start()


def test_status_json_has_the_documented_shape(pair):
    def look():
        told = pair.status()
        return told if all(one["memory"] for unit in told["units"] for one in unit["instances"]) else None
    status = pair.await_that(look)  # Who is being executed at this moment has no memory yet.
    assert status["schema"] == 1
    parts = status["superd"]
    assert isinstance(parts["version"], str)
    assert parts["keeper"]["pid"] == pair.process.pid and TIME.match(parts["keeper"]["since"])
    for name in ("supervisor", "logger"):
        assert parts[name]["pid"] == pair.parts()[name] and TIME.match(parts[name]["since"])
        assert parts[name]["restarts"] == 0
    assert [unit["name"] for unit in status["units"]] == ["db", "web"]
    web = status["units"][1]
    assert set(web) >= {"name", "description", "goal", "state", "reason", "instances"}
    assert (web["description"], web["goal"], web["state"]) == ("Shop front", "up", "ready")
    for index, one in enumerate(web["instances"]):
        assert set(one) >= {"index", "pid", "state", "reason", "since", "ready-since", "restarts",
                            "next-retry", "last-exit", "memory", "cpu"}
        assert one["index"] == index and one["state"] == "ready" and one["pid"] > 1
        assert TIME.match(one["since"]) and TIME.match(one["ready-since"])
        assert one["next-retry"] is None and one["last-exit"] is None
        assert one["memory"] > 0 and one["cpu"] >= 0


def test_last_exit_tells_code_uptime_and_last_lines(superd):
    superd.unit("brief", '''exec = ["sh", "-c", "echo first; echo second >&2; exit 3"]
restart.policy = "never"''')
    superd.start()
    superd.await_that(lambda: (superd.instance("brief")["last-exit"] or {}).get("lines"))
    one = superd.instance("brief")
    assert one["state"] == "failed" and one["pid"] is None
    last = one["last-exit"]
    assert (last["code"], last["signal"], last["core"], last["oom"]) == (3, None, False, False)
    assert TIME.match(last["at"]) and 0 <= last["uptime"] < harness.PATIENCE
    assert sorted(last["lines"]) == ["err: second", "out: first"]


def test_selectors_choose_units_instances_and_globs(pair):
    before = pair.pids()
    pair.ctl("restart", "web/1")
    after = pair.pids()
    assert before["web/0"] == after["web/0"] and before["web/1"] != after["web/1"]
    pair.ctl("stop", "w*")
    assert {name: one["state"] for name, one in pair.instances().items()} == {
        "db/0": "ready", "web/0": "inactive", "web/1": "inactive"}
    assert pair.pid("db") == before["db/0"]
    assert pair.ctl("list", "*b").stdout.split() == ["db", "web"]
    pair.ctl("start", "web/0")
    assert pair.instance("web/1")["state"] == "inactive"


def test_mistakes_are_answered_with_a_suggestion(pair):
    unit = pair.ctl("start", "wbe", expect=4)
    assert 'did you mean "web"?' in unit.stderr and unit.stdout == ""
    verb = pair.ctl("strat", "web", expect=2)
    assert "start" in verb.stderr
    flag = pair.ctl("start", "web", "--timeot", "3s", expect=2)
    assert "--timeout" in flag.stderr
    everything = pair.ctl("stop", expect=2)
    assert "--all" in everything.stderr
    assert {one["state"] for one in pair.instances().values()} == {"ready"}


def test_commands_exit_with_the_documented_codes(pair):
    pair.unit("slow", 'exec = ["sleep", "100000"]\nautostart = false\nready.delay = "60s"\nready.timeout = "90s"\n')
    pair.unit("bad", 'exec = ["false"]\nautostart = false\nrestart.policy = "never"\n')
    pair.ctl("reload")
    assert pair.ctl("start", "slow", "--timeout", "300ms", expect=7).stderr
    assert "bad" in pair.ctl("wait", "bad", "--ready", "--timeout", "300ms", expect=None).stderr
    pair.ctl("stop", "slow")
    unreachable = subprocess.run([harness.BIN / "superctl", "--runtime-dir", pair.base / "nowhere", "list"],
                                 capture_output=True, text=True, timeout=30)
    assert unreachable.returncode == 5 and "cannot reach superd" in unreachable.stderr
    version = json.loads(pair.ctl("version", "--json").stdout)
    assert version["superctl"] == version["superd"]


def test_a_later_command_supersedes_an_earlier_one(superd):
    superd.unit("slow", 'exec = ["sleep", "100000"]\nautostart = false\nready.delay = "60s"\nready.timeout = "90s"\n')
    superd.start()
    waiting = subprocess.Popen(superd.command("start", "slow"), stderr=subprocess.PIPE, text=True)
    superd.await_state("slow", "starting")
    superd.ctl("stop", "slow")
    assert waiting.wait(harness.PATIENCE) == 1
    with waiting.stderr:
        assert "took its place" in waiting.stderr.read()
    assert superd.instance("slow")["state"] == "inactive"


def test_signals_reach_the_main_process_or_the_tree(superd):
    superd.unit("one", '''exec = ["sh", "-c", """
trap 'echo leader got it' HUP
sh -c 'trap "echo child got it" HUP; echo up; while :; do sleep 1000 & wait $!; done' &
while :; do wait; done"""]
ready.log = "^up$"''')
    superd.start()
    superd.ctl("wait", "one", "--ready")
    lines = lambda: superd.ctl("logs", "one", "-n", "100").stdout
    follow = subprocess.Popen(superd.command("logs", "-f", "-n", "100", "one"), stdout=subprocess.PIPE, text=True)
    with follow.stdout:
        superd.ctl("signal", "HUP", "one")
        while "leader got it" not in follow.stdout.readline():
            pass
        assert "child got it" not in lines()
        superd.ctl("signal", "SIGHUP", "one", "--tree")
        while "child got it" not in follow.stdout.readline():
            pass
        follow.kill()
    follow.wait()
    assert superd.ctl("signal", "NOSUCH", "one", expect=None).returncode != 0


def test_curl_can_use_the_api(pair):
    def curl(path, *more):
        out = subprocess.run(["curl", "-s", "-w", "\n%{http_code}", "--unix-socket", pair.runtime / "control.sock",
                              *more, f"http://superd{path}"], capture_output=True, text=True, timeout=30, check=True)
        body, _, code = out.stdout.rpartition("\n")
        return int(code), json.loads(body)

    code, status = curl("/v1/status")
    assert code == 200 and [unit["name"] for unit in status["units"]] == ["db", "web"]
    assert curl("/v1/statu")[0] == 404
    assert curl("/v1/start")[0] == 405
    code, outcome = curl("/v1/stop", "-d", '{"units":["db"],"wait":true}')
    assert code == 200 and outcome["outcomes"][0]["state"] == "inactive"
    code, error = curl("/v1/stop", "-d", '{"units":["dbb"]}')
    assert code == 404 and "db" in json.dumps(error["error"])


def as_nobody(superd, *arguments):
    return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                           *superd.command(*arguments)], capture_output=True, text=True,
                          timeout=2 * harness.PATIENCE)


HOLD_MANY = """
import contextlib, socket, sys
held = []
for _ in range(300):
    one = socket.socket(socket.AF_UNIX)
    one.connect(sys.argv[1])
    with contextlib.suppress(BrokenPipeError):  # It has been refused already.
        one.sendall(b"GET /v1/health HTTP/1.1\\r\\n\\r\\n")
    held.append(one)
answers = [one.recv(65536).split()[1] for one in held]
print(answers.count(b"200"), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_a_stranger_cannot_take_all_connections(pair):
    with subprocess.Popen(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", HOLD_MANY,
                           pair.runtime / "control.sock"], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as many:
        assert many.stdout.readline() == "8\n"
        refused = as_nobody(pair, "health", "--timeout", "60s")
        assert refused.returncode == 1 and "cannot serve more connections of user 65534 at once" in refused.stderr
        pair.ctl("health", "--timeout", "60s")
        pair.ctl("stop", "web")
        many.stdin.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_other_users_read_only_when_the_configuration_says_so(pair):
    for verb in (["status"], ["logs", "web"], ["events"], ["stop", "web"], ["reload"]):
        refused = as_nobody(pair, *verb)
        assert refused.returncode == 6, (verb, refused)
        assert refused.stdout == "" and "65534 may not" in refused.stderr
    pair.settings('[control]\nreaders = ["nobody"]\n')
    pair.terminate()
    pair.start()
    assert "web" in as_nobody(pair, "status").stdout
    for verb in (["stop", "web"], ["restart", "--all"], ["reload"], ["signal", "KILL", "web"]):
        assert as_nobody(pair, *verb).returncode == 6, verb
    assert {one["state"] for one in pair.instances().values()} == {"ready"}
