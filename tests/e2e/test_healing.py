"""Dependents that heal themselves, with a real server that is needed over TCP."""
import sys

import harness
import processes

DATABASE = harness.PROGRAMS / "database.py"


def shop(superd):
    """web needs db, which may fall twice; db's port is known to be open when web starts."""
    port = processes.free_port()
    superd.unit("db", f'''exec = ["{sys.executable}", "{DATABASE}", "serve", "{port}"]
ready.tcp = "127.0.0.1:{port}"
[restart]
delay = "10ms"
limit = "2 in 1h"
on-limit = "fail"''')
    superd.unit("web", f'''exec = ["{sys.executable}", "{DATABASE}", "use", "{port}"]
ready.log = "^served$"
depends.needs = ["db"]''')
    superd.start()
    superd.ctl("wait", "--all", "--ready")


def kill_db(superd):
    pid = superd.pid("db")
    processes.kill(pid)
    return pid


def test_web_comes_back_by_itself_when_its_database_does(superd):
    shop(superd)
    web = superd.pid("web")
    for _ in range(2):  # Within its policy: nobody else is concerned.
        superd.await_new_pid("db", kill_db(superd))
        assert superd.pid("web") == web
    kill_db(superd)
    superd.await_state("db", "failed")
    held = superd.await_state("web", "waiting")
    assert held["reason"] == "on db: failed" and held["goal"] == "up"
    assert not processes.alive(web)

    superd.ctl("start", "db")
    one = superd.await_state("web", "ready")
    assert one["pid"] != web and one["restarts"] == 0
    seen = [(event["unit"], event["event"]) for event in superd.events() if event["event"] in ("spawn", "ready")]
    assert seen == [("db", "spawn"), ("db", "ready"), ("web", "spawn"), ("web", "ready"),
                    *[("db", "spawn"), ("db", "ready")] * 3, ("web", "spawn"), ("web", "ready")]


def test_web_that_was_stopped_meanwhile_does_not_come_back(superd):
    shop(superd)
    superd.ctl("stop", "db")
    superd.await_state("web", "waiting")
    superd.ctl("stop", "web")
    superd.ctl("start", "db")
    assert superd.instance("web")["state"] == "inactive"


def test_web_heals_though_the_supervisor_is_killed_between(superd):
    shop(superd)
    for _ in range(3):
        pid = kill_db(superd)
        superd.await_that(lambda gone=pid: superd.pid("db") != gone)
        superd.await_state("db", "ready", "failed")
    superd.await_state("web", "waiting")
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    assert (superd.instance("db")["state"], superd.instance("web")["state"]) == ("failed", "waiting")
    superd.ctl("start", "db")
    superd.await_state("web", "ready")
