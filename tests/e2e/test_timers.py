"""Oneshots that run at set times, with real processes."""
import json
import time

import processes

COUNT = 'type = "oneshot"\nexec = ["/bin/sh", "-c", "echo run >> $COUNT"]\n'


def job(superd, name, timer, exec_=None, more=""):
    count = superd.base / f"{name}.runs"
    text = COUNT if exec_ is None else f'type = "oneshot"\nexec = {json.dumps(exec_)}\n'
    superd.unit(name, f'{text}env.COUNT = "{count}"\n{more}[timer]\n{timer}\n')
    return lambda: len(count.read_text().splitlines()) if count.exists() else 0


def timers(superd):
    return {one["unit"]: one for one in superd.json("timers")["timers"]}


def test_an_interval_goes_on_whatever_happens_to_the_supervisor(superd):
    runs = job(superd, "tick", 'every = "200ms"')
    superd.start()
    superd.await_that(lambda: runs() >= 3)
    for _ in range(3):
        before = runs()
        processes.kill(superd.parts()["supervisor"])
        superd.await_that(lambda: runs() >= before + 2)
    tick = timers(superd)["tick"]
    assert tick["schedule"] == "every 200ms" and tick["last"] and not tick["suspended"]
    assert all(event["code"] == 0 for event in superd.events() if event["event"] == "exit")


def test_a_run_outlives_the_supervisor_and_is_not_run_twice(superd):
    runs = job(superd, "slow", 'every = "300ms"', ["/bin/sh", "-c", "echo run >> $COUNT; exec sleep 1000"])
    superd.start()
    superd.await_that(lambda: runs() == 1)
    superd.await_state("slow", "starting")
    pid = superd.pid("slow")
    processes.kill(superd.parts()["supervisor"])
    superd.await_that(lambda: [e for e in superd.events() if e["event"] == "timer" and "is skipped" in e["message"]])
    assert superd.pid("slow") == pid and runs() == 1
    superd.ctl("stop", "slow")


def test_queue_and_kill(superd):
    queue = job(superd, "queue", 'every = "400ms"\noverlap = "queue"',
                ["/bin/sh", "-c", "echo run >> $COUNT; test -e $COUNT.go || sleep 1000"])
    kill = job(superd, "kill", 'every = "400ms"\noverlap = "kill"',
               ["/bin/sh", "-c", "echo run >> $COUNT; exec sleep 1000"])
    superd.start()
    superd.await_that(lambda: kill() >= 3)
    ended = [event for event in superd.events() if event["event"] == "exit" and event["unit"] == "kill"]
    assert {event["reason"] for event in ended} == {"overrun"}
    superd.await_that(lambda: "another run is due and follows" in superd.instance("queue")["reason"])
    assert queue() == 1
    superd.ctl("stop", "kill")
    (superd.base / "queue.runs.go").touch()
    superd.ctl("signal", "TERM", "queue")
    superd.await_that(lambda: queue() >= 2)


def test_start_runs_it_at_once_and_stop_suspends_it(superd):
    runs = job(superd, "nightly", 'at = ["daily 03:00", "mon..fri 12:30"]\nzone = "utc"')
    superd.start()
    one = superd.instance("nightly")
    assert (one["state"], one["goal"]) == ("inactive", "up") and one["reason"].startswith("not run yet, next run in ")
    due = timers(superd)["nightly"]["next"]
    superd.ctl("start", "nightly")
    assert runs() == 1
    one = superd.instance("nightly")
    assert one["state"] == "completed" and "next run in" in one["reason"]
    assert timers(superd)["nightly"]["next"][:16] == due[:16]
    assert due[11:16] in ("03:00", "12:30")
    superd.ctl("stop", "nightly")
    assert timers(superd)["nightly"]["suspended"] and timers(superd)["nightly"]["next"] is None
    text = superd.ctl("timers").stdout
    assert "suspended" in text and "daily 03:00, mon..fri 12:30 utc" in text
    processes.kill(superd.parts()["supervisor"])
    superd.await_that(lambda: timers(superd)["nightly"]["suspended"])
    assert "is suspended" in superd.ctl("why", "nightly").stdout


def test_a_missed_run_is_made_up_for_once_after_superd_was_down(superd):
    runs = job(superd, "daily", 'at = "daily 03:00"\ncatch-up = true')
    passed = job(superd, "passed", 'at = "daily 03:00"')
    superd.start()
    stored = superd.state / "timers"
    superd.await_that(stored.exists)
    superd.terminate()
    assert runs() == 0
    seen = int((time.time() - 3 * 86400) * 1e9)
    stored.write_text(f"daily 0 {seen} 0\nnonsense\nunknown 0 1 1\n")
    superd.start()
    superd.await_state("daily", "completed")
    superd.terminate()
    superd.start()
    assert superd.instance("daily")["reason"].startswith("not run yet")
    assert (runs(), passed()) == (1, 0)
    made_up = [event for event in superd.events() if event["event"] == "timer"]
    assert [event["message"] for event in made_up] == ["a missed run is made up"]
    assert timers(superd)["daily"]["last"]


def test_all_of_superd_dies_and_the_timer_goes_on(superd):
    runs = job(superd, "tick", 'every = "300ms"')
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.start()
    web = superd.pid("web")
    superd.await_that(lambda: runs() >= 1)
    superd.kill_all_parts()
    superd.start()
    before = runs()
    superd.await_that(lambda: runs() >= before + 2)
    assert superd.pid("web") == web


def test_another_rule_is_live(superd):
    runs = job(superd, "tick", 'every = "1h"')
    superd.start()
    job(superd, "tick", 'every = "200ms"')
    plan = superd.json("plan")["changes"]
    assert (plan[0]["change"], plan[0]["keys"]) == ("live", ["timer.every"])
    superd.ctl("reload")
    superd.await_that(lambda: runs() >= 2)
