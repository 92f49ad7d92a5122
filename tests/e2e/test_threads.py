"""superctl threads, of ordinary programs."""
import subprocess
import sys

import harness
import processes

PROGRAM = f'exec = ["{sys.executable}", "{harness.PROGRAMS}/threads.py", "children"]\n[ready]\nnotify = true\n'
SLEEP = 'exec = ["sleep", "100000"]\n'


def by_name(threads):
    return {thread["name"]: thread for thread in threads}


def test_each_thread_is_shown_with_what_it_does(superd):
    superd.unit("pool", PROGRAM)
    superd.start()
    superd.await_state("pool", "ready")
    waits = {"sleeps": "clock_nanosleep", "locked": "futex", "reads": "read"}

    def settled():
        """The program is ready before its child has a name and its threads are where they wait, perhaps."""
        told = superd.json("threads", "pool", "--sample", "500ms")["instances"][0]
        threads = by_name(told["threads"])
        there = "child" in threads and all((threads[name]["state"], threads[name]["system-call"]) == ("S", call)
                                           for name, call in waits.items())
        return told if there else None
    answer = superd.await_that(settled)
    assert (answer["unit"], answer["instance"], answer["state"], answer["left-out"]) == ("pool", 0, "ready", 0)
    assert answer["processes"] == 2
    threads = by_name(answer["threads"])
    main = answer["threads"][0]
    assert main["pid"] == main["tid"] == superd.pid("pool")
    assert threads["child"]["pid"] != main["pid"]
    assert {"computes", "sleeps", "locked", "reads", "child"} < set(threads)
    computing = threads["computes"]
    # On a busy machine it waits for a processor as long as it has one; it never sleeps.
    assert computing["cpu-percent"] + computing["wait-percent"] > 50, computing
    for name in waits:
        assert threads[name]["wait-channel"], threads[name]

    def table():
        return superd.ctl("threads", "pool", "--sort", "time").stdout.splitlines()
    assert table()[0].split()[:4] == ["INSTANCE", "PID", "TID", "NAME"]
    # What the program's start took is made up for with time.
    superd.await_that(lambda: table()[1].split()[3] == "computes")


def test_selectors_choose_and_what_is_down_has_none(superd):
    superd.unit("a", SLEEP + "instances = 2\n")
    superd.unit("b", SLEEP)
    superd.start()
    superd.await_state("a/1", "ready")
    superd.await_state("b", "ready")
    everybody = superd.json("threads", "--sample", "0s")["instances"]
    assert [(one["unit"], one["instance"], len(one["threads"])) for one in everybody] == \
        [("a", 0, 1), ("a", 1, 1), ("b", 0, 1)]
    assert everybody[0]["threads"][0]["cpu-percent"] is None
    assert [one["instance"] for one in superd.json("threads", "a/1")["instances"]] == [1]
    superd.ctl("stop", "b")
    assert superd.ctl("threads", "b", expect=3).stderr == "Nothing of it runs.\n"
    assert superd.json("threads", "b", expect=3)["instances"][0]["state"] == "inactive"
    assert "no unit is called" in superd.ctl("threads", "c", expect=4).stderr


def test_a_supervisor_that_dies_meanwhile_is_asked_again(superd):
    superd.unit("a", SLEEP)
    superd.start()
    superd.await_state("a", "ready")
    asking = subprocess.Popen(superd.command("threads", "a", "--sample", "3s", "--json"), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    try:
        # Whether it has asked yet or not: a question that is lost is asked again.
        processes.kill(superd.parts()["supervisor"])
        out, err = asking.communicate(timeout=harness.PATIENCE)
    finally:
        asking.kill()
    assert asking.returncode == 0, err
    assert f'"tid":{superd.pid("a")}' in out
