"""Recycling: by age, memory, exit code and wish, never two of a unit at once."""
import os

import harness

SERVING = 'exec = ["/bin/sh", "-c", "echo serving; exec sleep 100000"]\n'
READY = '[ready]\nlog = "serving"\n[rolling]\nsurge = true\n'


def in_flight(superd):
    """The most instances that were being replaced at once, and how often each was replaced."""
    now, most, replaced = set(), 0, {}
    for event in superd.events():
        if event["event"] == "rolling" and event["to"] == "started":
            now.add(event["instance"])
        if event["event"] == "exit" and event.get("reason") == "replaced":
            now.discard(event["instance"])
            replaced[event["instance"]] = replaced.get(event["instance"], 0) + 1
        most = max(most, len(now))
    return most, replaced


def test_by_age_one_at_a_time(superd):
    superd.unit("web", SERVING + 'instances = 3\n' + READY + '[recycle]\nafter = "1s"\n')
    superd.start()
    def twice():
        replaced = in_flight(superd)[1]
        return len(replaced) == 3 and min(replaced.values()) >= 2
    superd.await_that(twice)
    assert in_flight(superd)[0] == 1
    assert all(one["restarts"] == 0 for one in superd.instances().values()), "no failures"


GROWING = '''
import os, pathlib, time
marker = pathlib.Path("grown." + os.environ["SUPERD_INSTANCE"].replace("/", "."))
hoard = [] if marker.exists() else [bytearray(os.urandom(1024) * 1024) for _ in range(96)]
marker.touch()
print("serving", flush=True)
while True:
    time.sleep(1000)
'''


def test_by_memory_one_at_a_time(superd):
    (superd.base / "growing.py").write_text(GROWING)
    superd.unit("web", f'exec = ["/usr/bin/python3", "growing.py"]\ndirectory = "{superd.base}"\n'
                'instances = 3\n' + READY + '[recycle]\nmemory = "64MiB"\n')
    superd.start()
    superd.await_that(lambda: in_flight(superd)[1] == {0: 1, 1: 1, 2: 1})
    assert in_flight(superd)[0] == 1
    whys = [event["message"] for event in superd.events()
            if event["event"] == "rolling" and event["to"] == "begun"]
    assert len(whys) == 3 and all("MiB, more than 64.0 MiB" in why for why in whys), whys


def test_by_exit_code_at_once_and_whatever_the_policy(superd):
    os.mkfifo(superd.base / "end")
    superd.unit("web", 'exec = ["/bin/sh", "-c", '
                '"test -e again && sleep 100000; touch again; : <end; sleep 1.2; exit 75"]\n'
                f'directory = "{superd.base}"\n[restart]\npolicy = "never"\n[recycle]\nexits = [75]\n')
    superd.start()
    old = superd.pid("web")
    (superd.base / "end").write_text("")  # Not before its pid is known.
    superd.await_new_pid("web", old)
    assert superd.instance("web")["last-exit"]["code"] == 75


def test_by_its_own_wish(superd):
    superd.unit("web", f'exec = ["/usr/bin/python3", "{harness.PROGRAMS}/wishing.py"]\n'
                '[ready]\nnotify = true\n[rolling]\nsurge = true\n')
    superd.start()
    superd.ctl("wait", "web")
    old = superd.pid("web")
    superd.ctl("signal", "USR1", "web")
    superd.await_new_pid("web", old)
    whys = [event["message"] for event in superd.events() if event["event"] == "rolling"]
    assert "to be recycled: it asked for it: cache too large" in whys
