"""Restarts: back-off that grows and resets, limits, policies, the operator's word above all."""
import datetime
import re

import processes


def seconds(event):
    return datetime.datetime.fromisoformat(event["time"]).timestamp()


def pauses(superd, unit):
    """The seconds from each exit of a unit to the spawn that followed it."""
    found, ended = [], None
    for event in superd.events():
        if event.get("unit") != unit:
            continue
        if event["event"] == "exit":
            ended = seconds(event)
        elif event["event"] == "spawn" and ended is not None:
            found.append(seconds(event) - ended)
            ended = None
    return found


def plans(superd, unit):
    """The back-off that superd told of between each two spawns of a unit, in seconds; None: there was none."""
    found, told = [], None
    for event in superd.events():
        if event.get("unit") != unit:
            continue
        if event["event"] == "state" and event["to"] == "backoff":
            told = float(re.match(r"retry \d+ in ([0-9.]+) s ", event["reason"])[1])
        elif event["event"] == "spawn":
            found.append(told)
            told = None
    return found[1:]


def check_back_off(superd, unit, *wanted):
    """A machine that stands still makes a pause longer and what is left of a plan shorter: so neither is
    measured from that side."""
    planned, waited = plans(superd, unit)[:len(wanted)], pauses(superd, unit)[:len(wanted)]
    for plan, pause, seconds in zip(planned, waited, wanted, strict=True):
        if seconds is None:
            assert plan is None, (planned, waited)
        else:
            assert plan is not None and plan <= seconds and pause >= seconds - 0.05, (planned, waited)


def test_the_back_off_grows_to_its_cap(superd):
    superd.unit("bad", '''exec = ["false"]
[restart]
delay = "100ms"
max-delay = "600ms"
factor = 2.0
jitter = 0.0''')
    superd.start()
    superd.await_that(lambda: len(pauses(superd, "bad")) >= 5)
    check_back_off(superd, "bad", 0.1, 0.2, 0.4, 0.6, 0.6)
    one = superd.await_state("bad", "backoff")
    assert one["next-retry"] and "retry" in one["reason"] and one["last-exit"]["code"] == 1


def test_a_stable_run_resets_the_back_off(superd):
    count = superd.base / "count"
    count.write_text("0")
    superd.unit("odd", f'''exec = ["sh", "-c", """
n=$(cat {count}); n=$((n + 1)); echo $n >{count}
test $n -eq 4 && sleep 5.3
test $n -ge 6 && exec sleep 100000
exit 1"""]
[restart]
delay = "200ms"
factor = 2.0
jitter = 0.0
stable-after = "5s"''')  # Longer than the others take on a machine with much to do.
    superd.start()
    superd.await_that(lambda: count.read_text().strip() == "6")
    superd.await_that(lambda: len(pauses(superd, "odd")) >= 5)
    # The one after a stable run is immediate, and after it the back-off begins anew.
    check_back_off(superd, "odd", 0.2, 0.4, 0.8, None, 0.2)


def test_a_killed_stable_service_is_back_at_once(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\nrestart.stable-after = "100ms"\nrestart.delay = "5s"\n')
    superd.start()
    one = superd.await_state("web", "ready")
    superd.await_that(lambda: float(superd.instance("web")["reason"].split()[2]) > 0.2)
    processes.kill(one["pid"])
    superd.await_new_pid("web", one["pid"])
    assert plans(superd, "web") == [None]


def test_a_limit_makes_it_fail_when_asked_to(superd):
    superd.unit("bad", '''exec = ["false"]
[restart]
delay = "10ms"
limit = "3 in 1min"
on-limit = "fail"''')
    superd.start()
    one = superd.await_state("bad", "failed")
    assert "limit" in one["reason"]
    assert len([e for e in superd.events() if e["event"] == "spawn"]) == 4
    superd.ctl("reset", "bad")
    superd.await_that(lambda: len([e for e in superd.events() if e["event"] == "spawn"]) > 4)


def test_success_does_not_restart_but_always_does(superd):
    superd.unit("once", 'exec = ["true"]\n')
    superd.unit("ever", 'exec = ["true"]\nrestart.policy = "always"\nrestart.delay = "20ms"\n')
    superd.unit("special", 'exec = ["sh", "-c", "exit 78"]\nrestart.never-on = [78]\n')
    superd.start()
    superd.await_that(lambda: superd.instance("ever")["restarts"] >= 3)
    superd.await_state("special", "failed")
    once = superd.await_state("once", "inactive", "completed")
    assert (once["last-exit"]["code"], once["restarts"]) == (0, 0)
    assert superd.instance("special")["restarts"] == 0


def test_a_stop_cancels_a_pending_retry(superd):
    superd.unit("bad", 'exec = ["false"]\nrestart.delay = "1s"\nrestart.jitter = 0.0\n')
    superd.start()
    superd.await_state("bad", "backoff")
    superd.ctl("stop", "bad")
    one = superd.instance("bad")
    assert one["state"] == "inactive" and one["next-retry"] is None
    spawned = len([e for e in superd.events() if e["event"] == "spawn"])
    # Longer than the pending retry would have taken; nothing happens, so there is no event to await.
    superd.ctl("wait", "bad", "--ready", "--timeout", "1500ms", expect=None)
    assert len([e for e in superd.events() if e["event"] == "spawn"]) == spawned


def test_a_start_that_fails_at_first_is_retried(superd):
    superd.unit("late", f'exec = ["{superd.base}/late"]\nrestart.delay = "50ms"\nrestart.max-delay = "100ms"\n')
    superd.start()
    one = superd.await_state("late", "backoff")
    assert "No such file or directory" in one["reason"]
    program = superd.base / "late"
    program.with_suffix(".new").write_text("#!/bin/sh\nexec sleep 100000\n")
    program.with_suffix(".new").chmod(0o755)
    program.with_suffix(".new").rename(program)
    superd.await_state("late", "ready")


def test_a_oneshot_completes_and_can_be_run_again(superd):
    superd.unit("migrate", 'type = "oneshot"\nexec = ["sh", "-c", "echo migrated"]\n')
    superd.start()
    superd.await_state("migrate", "completed")
    superd.ctl("restart", "migrate")
    assert len([e for e in superd.events() if e["event"] == "exit"]) == 2
    assert superd.instance("migrate")["state"] == "completed"
