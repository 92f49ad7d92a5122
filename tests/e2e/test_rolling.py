"""Rolling restarts: nobody who asks notices, and what cannot be replaced stays."""
import os
import re
import signal
import subprocess

import pytest

import harness
import processes

PORT = 8080  # In a network namespace of the test's own.
SERVER = harness.PROGRAMS / "shared_http.py"


@pytest.fixture
def network():
    """What superd is started with to have a network of its own, in which listeners that close leave
    their connections to others of the same port."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        pytest.skip("cannot make a network namespace here: unshare -n is not permitted")
    return ["unshare", "-n", "sh", "-c",
            'ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req && exec "$@"', "sh"]


def servers(superd, instances, more=""):
    superd.unit("web", f'exec = ["/usr/bin/python3", "{SERVER}", "{PORT}", "{superd.base}/broken"]\n'
                f'instances = {instances}\n[ready]\nnotify = true\n[rolling]\nsurge = true\n{more}')


def serving(superd):
    """The service's processes, whoever knows of them."""
    return [pid for pid in processes.marked(superd.mark) if processes.program(pid).startswith("python")]


def break_it(superd, mode):
    (superd.base / "broken").write_text(mode)


def test_no_request_fails_while_all_servers_are_replaced(superd, network):
    servers(superd, 2)
    superd.start(prefix=network)
    superd.ctl("wait", "web")
    first = superd.pids()
    load = subprocess.Popen(["nsenter", f"--net=/proc/{superd.process.pid}/ns/net", "wrk", "-t1", "-c16", "-d10m",
                             "--timeout", "30s", f"http://127.0.0.1:{PORT}/"],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seen = [first]
    try:
        for options in (["--batch", "1"], ["--batch", "2"]):
            superd.ctl("restart", "--rolling", *options, "web")
            seen.append(superd.pids())
            assert load.poll() is None, "it was replaced under load"
        load.send_signal(signal.SIGINT)  # Then it tells what it has counted, however long all that took.
        report = load.communicate(timeout=harness.PATIENCE)[0]
    finally:
        load.kill()
        load.wait()
    for before, after in zip(seen, seen[1:]):
        assert not set(before.values()) & set(after.values())
    assert "Socket errors" not in report and "Non-2xx" not in report, report
    requests = int(re.search(r"(\d+) requests in", report)[1])
    print(f"{requests} requests, none failed")
    assert requests > 100
    # Until the old ones are gone.
    superd.await_that(lambda: sorted(serving(superd)) == sorted(seen[-1].values()))


@pytest.mark.parametrize("mode, why", [("exit", "exit 3"), ("hang", "not ready in time")])
def test_one_that_fails_leaves_everybody_as_they_were(superd, network, mode, why):
    servers(superd, 3)
    superd.start(prefix=network)
    superd.ctl("wait", "web")
    before = superd.pids()
    if mode == "hang":  # For the one that hangs: the others may need longer on a machine with much to do.
        superd.drop_in("web", "10", '[ready]\ntimeout = "2s"\n')
        superd.ctl("reload")
    break_it(superd, mode)
    refused = superd.ctl("restart", "--rolling", "web", expect=1)
    assert re.search(rf"web/0: run \d+: {why}; run \d+, pid {before['web/0']}, goes on, 2 instances not replaced",
                     refused.stderr), refused.stderr
    assert superd.pids() == before
    # Who waited is told when it is clear that the new run fails; its process ends after that.
    superd.await_that(lambda: sorted(serving(superd)) == sorted(before.values()))
    unit = superd.units()["web"]
    assert why in unit["rolling-failure"] and "rolling" not in unit and unit["state"] == "ready"
    assert "failed: web/0" in superd.ctl("status", "web").stdout
    told = [event["to"] for event in superd.events() if event["event"] == "rolling"]
    assert told == ["begun", "started", "failed"]


def test_a_stop_in_the_middle_wins(superd, network):
    servers(superd, 2)
    superd.start(prefix=network)
    superd.ctl("wait", "web")
    break_it(superd, "hang")
    rolling = subprocess.Popen(superd.command("restart", "--rolling", "web"), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    other = superd.await_that(lambda: superd.instance("web/0").get("other-run"))
    assert other["state"] == "starting" and superd.instance("web/0")["state"] == "ready"
    status = superd.ctl("status", "web").stdout
    assert f"is to take its place: not ready yet" in status and "0 of 2 have new processes" in status
    superd.ctl("stop", "web")
    _, error = rolling.communicate(timeout=harness.PATIENCE)
    assert rolling.returncode == 1 and "a later command took its place" in error
    assert serving(superd) == []


LOCKED = '''exec = ["/bin/sh", "-c", "exec 9>lock.${{INSTANCE}}; flock -n 9 || exit 9; echo serving; exec sleep 100000"]
directory = "{base}"
instances = 3
[ready]
log = "serving"
'''


def test_what_cannot_be_shared_is_stopped_before_it_is_started(superd):
    superd.unit("web", LOCKED.format(base=superd.base))
    superd.start()
    superd.ctl("wait", "web")
    before = superd.pids()
    superd.ctl("restart", "--rolling", "--batch", "2", "web")
    after = superd.pids()
    assert not set(before.values()) & set(after.values())
    assert all(one["restarts"] == 0 for one in superd.instances().values()), "none met another's lock"
    missing = most = 0
    for event in superd.events():
        if event["event"] == "state" and event.get("from") == "ready":
            missing += 1
        if event["event"] == "ready":
            missing = max(missing - 1, 0)
        most = max(most, missing)
    assert most == 2


def test_apply_rolls_too(superd, network):
    servers(superd, 2)
    superd.start(prefix=network)
    superd.ctl("wait", "web")
    before = superd.pids()
    superd.drop_in("web", "20", 'env.COLOUR = "blue"\n')
    applied = superd.ctl("apply", "--rolling")
    assert "env.COLOUR" in applied.stdout and "web: ready" in applied.stdout
    after = superd.pids()
    assert not set(before.values()) & set(after.values())
    assert all(b"COLOUR=blue" in open(f"/proc/{pid}/environ", "rb").read() for pid in after.values())
    break_it(superd, "exit")
    superd.drop_in("web", "20", 'env.COLOUR = "red"\n')
    refused = superd.ctl("apply", "--rolling", expect=1)
    assert "web/0: run" in refused.stderr and "exit 3" in refused.stderr
    assert superd.pids() == after


def test_a_supervisor_that_dies_at_each_step_changes_nothing(superd, network):
    servers(superd, 3)
    superd.start(prefix=network)
    superd.ctl("wait", "web")
    before = superd.pids()
    gate = superd.base / "broken.go"
    os.mkfifo(gate)
    break_it(superd, "wait")
    superd.ctl("restart", "--rolling", "--no-wait", "web")
    expected = dict(before)
    for name in sorted(before):
        other = superd.await_that(lambda: superd.instance(name).get("other-run"))
        assert other["state"] == "starting"
        processes.kill(superd.parts()["supervisor"])
        now = superd.instances()
        assert {one["state"] for one in now.values()} == {"ready"}
        assert superd.pids() == expected and now[name]["other-run"]["pid"] == other["pid"]
        gate.open("w").close()
        # It says that it is ready to whoever is there, takes the place, and the other one is stopped.
        processes.kill(superd.parts()["supervisor"])
        assert {one["state"] for one in superd.instances().values()} == {"ready"}
        expected[name] = other["pid"]
    superd.await_that(lambda: superd.pids() == expected)
    superd.await_that(lambda: not any("other-run" in one for one in superd.instances().values()))
    assert not set(before.values()) & set(expected.values())
    assert sorted(serving(superd)) == sorted(expected.values())
    exits = [event["run"] for event in superd.events() if event["event"] == "exit"]
    assert len(exits) == len(set(exits)), "each is told once"


def test_what_is_wrong_with_a_command_is_said(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.start()
    assert "add --rolling" in superd.ctl("restart", "--batch", "2", "web", expect=2).stderr
    assert "from 1 to 1024" in superd.ctl("restart", "--rolling", "--batch", "0", "web", expect=1).stderr
    assert "from 1 to 1024" in superd.ctl("apply", "--rolling", "--batch", "5000", expect=1).stderr


def test_a_new_configuration_runs_nothing_that_does_not_run(superd):
    def define(word):
        superd.unit("job", f'type = "oneshot"\nexec = ["true", "{word}"]\n')
        superd.unit("timed", f'type = "oneshot"\nexec = ["true", "{word}"]\n[timer]\nevery = "1h"\n')
        superd.unit("web", f'exec = ["sh", "-c", "exec sleep 100000 #{word}"]\n')
    define("one")
    superd.start()
    superd.await_state("job", "completed")
    superd.ctl("wait", "web", "--ready")
    web = superd.pid("web")
    define("two")
    superd.ctl("apply", "--rolling")
    superd.await_that(lambda: superd.pid("web") not in (None, web))
    for name, state in (("job", "completed"), ("timed", "inactive")):
        assert superd.instance(name)["state"] == state
    runs = [one["unit"] for one in superd.events() if one["event"] == "spawn"]
    assert sorted(runs) == ["job", "web", "web"]
