"""A thousand services on one machine."""
import json
import resource
import time

import pytest

import harness
import processes

pytestmark = pytest.mark.long
MANY = 1000
LONG = 6 * harness.PATIENCE  # So many at once take longer than one, the more with a sanitizer.


def thousand(superd, count=MANY):
    for i in range(count):
        superd.unit(f"svc-{i:04}", 'exec = ["sleep", "100000"]\nrestart.stable-after = "1ms"\n')


def test_a_thousand_start_and_two_hundred_killed_come_back(superd, seeded):
    thousand(superd)
    superd.start(timeout=LONG)
    superd.ctl("wait", "--all", "--ready", "--timeout", "170s", timeout=LONG)
    before = superd.pids()
    assert len(before) == MANY and len(set(before.values())) == MANY and None not in before.values()
    table = superd.ctl("status").stdout
    assert all(name.split("/")[0] in table for name in before)

    victims = seeded.sample(sorted(before), MANY // 5)
    for name in victims:
        processes.kill(before[name])

    def back():
        now = superd.pids()
        return now if all(now[name] not in (None, before[name]) for name in victims) else None
    after = superd.await_that(back, timeout=LONG)
    others = set(before) - set(victims)
    assert {name: after[name] for name in others} == {name: before[name] for name in others}
    exits = [e for e in superd.events() if e["event"] == "exit"]
    assert len(exits) == len(victims) and {e["signal"] for e in exits} == {"SIGKILL"}

    begun = time.monotonic()
    assert superd.terminate(LONG) == 0
    print(f"stopped {MANY} in {time.monotonic() - begun:.2f} s")
    assert superd.survivors() == []


def test_a_thousand_are_adopted(superd):
    thousand(superd)
    superd.start(timeout=LONG)
    superd.ctl("wait", "--all", "--ready", "--timeout", "170s", timeout=LONG)
    before = superd.pids()
    processes.kill(superd.parts()["supervisor"])
    assert superd.pids() == before
    superd.kill_all_parts()
    superd.start(timeout=LONG)
    assert superd.pids() == before


def test_the_limit_of_descriptors_is_raised_as_far_as_allowed(superd):
    superd.unit("web", 'exec = ["sh", "-c", "ulimit -Sn; exec sleep 100000"]\nready.log = "^[0-9]+$"\n')
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    soft = min(1024, hard)
    superd.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
    superd.ctl("wait", "web", "--ready")
    limits = open(f"/proc/{superd.parts()['supervisor']}/limits").read()
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == [str(hard), str(hard)]
    # What superd needs for itself is no business of its services.
    assert superd.ctl("logs", "web").stdout.split()[-1] == str(soft)


def test_a_limit_that_is_too_small_is_told(superd):
    thousand(superd, 200)
    superd.launch(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128)))
    text = superd.await_text("LimitNOFILE")
    assert "128" in text and superd.process.poll() is None
    assert json.loads(superd.ctl("status", "--json").stdout)["schema"] == 1
