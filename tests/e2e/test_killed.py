"""superd's own processes killed at random moments, with everything going on: nobody notices."""
import signal
import time

import pytest

import harness
import processes
from storm import Storm, check_no_twins, check_writers

pytestmark = pytest.mark.long


def rounds(number):
    return max(5, round(number * harness.SCALE))


def pause(random, number):
    """A random moment: every other one early in a helper's life, the others after it has been up long
    enough that the keeper replaces it at once. It is what is tested, so it is slept."""
    time.sleep(random.uniform(0, 0.15) if number % 2 else random.uniform(1.0, 1.2))


def kill_part(superd, name):
    """Kills a helper, waiting for it to exist if it is being replaced right now."""
    deadline = time.monotonic() + harness.PATIENCE
    while (pid := superd.parts().get(name)) is None:
        assert time.monotonic() < deadline, f"no {name} for {harness.PATIENCE} s:\n{superd.tail()}"
        time.sleep(0.002)
    processes.kill(pid)
    assert processes.wait_gone(pid, 10)


@pytest.mark.parametrize("name", ["supervisor", "logger"])
def test_a_helper_killed_200_times_is_not_noticed(superd, seeded, name):
    storm = Storm(superd, seeded).begin()
    number = 0
    # Counted by superd: a supervisor's child that has not yet come to its exec can be hit instead.
    while number < rounds(200) or superd.status()["superd"][name]["restarts"] < rounds(200):
        pause(seeded, number)
        kill_part(superd, name)
        number += 1
    storm.finish_commands()
    storm.check()
    assert sum(storm.commands.values()) >= rounds(200) / 4, storm.commands
    assert superd.terminate() == 0
    check_writers(superd)


def test_all_of_superd_killed_50_times_and_started_again(superd, seeded):
    storm = Storm(superd, seeded).begin()
    storm.finish_commands()
    superd.ctl("stop", "toggled-0")
    superd.ctl("start", "toggled-1")
    storm.goals |= {"toggled-0": "down", "toggled-1": "up"}
    steady = superd.pids()
    for number in range(rounds(50)):
        time.sleep(seeded.uniform(0, 0.3))
        superd.kill_all_parts()
        time.sleep(seeded.uniform(0, 0.1))
        superd.start()
        now = superd.pids()
        assert {n: now[n] for n in storm.steady} == storm.steady, f"round {number}"
        assert now["toggled-0/0"] is None and now["toggled-1/0"] == steady["toggled-1/0"]
        check_no_twins(superd)
    storm.check()
    assert superd.terminate() == 0
    check_writers(superd)


def test_an_exit_that_nobody_could_see_is_recorded_as_such(superd):
    superd.unit("mortal", 'exec = ["sleep", "100000"]\nrestart.delay = "10ms"\n')
    superd.unit("steady", 'exec = ["sleep", "100000"]\n')
    superd.start()
    before = superd.pids()
    run = superd.instance("mortal")["run"]
    superd.kill_all_parts()
    processes.kill(before["mortal/0"])
    assert processes.wait_gone(before["mortal/0"], 10)
    superd.start()
    superd.await_new_pid("mortal", before["mortal/0"])
    assert superd.pid("steady") == before["steady/0"]
    exits = [e for e in superd.events() if e["event"] == "exit" and e["run"] == run]
    assert len(exits) == 1
    assert exits[0].get("unknown") or exits[0].get("signal") == "SIGKILL"


def test_an_adopted_service_is_stopped_and_restarted_like_any_other(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\nrestart.stable-after = "1ms"\n')
    superd.start()
    first = superd.pid("web")
    superd.kill_all_parts()
    superd.start()
    assert superd.pid("web") == first
    processes.kill(first)
    second = superd.await_new_pid("web", first)
    superd.kill_all_parts()
    superd.start()
    superd.ctl("stop", "web")
    assert not processes.alive(second)
    superd.ctl("start", "web")
    assert superd.pid("web") not in (first, second, None)


def test_a_hung_supervisor_is_replaced(superd):
    # Three heartbeats are waited for. Not shorter ones: a busy machine would stop others for so long.
    superd.settings('[supervisor]\nheartbeat = "1s"\n')
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.start()
    web, hung = superd.pid("web"), superd.parts()["supervisor"]
    processes.send(hung, signal.SIGSTOP)
    # After half a minute it would be replaced without the setting, too.
    assert processes.wait_gone(hung, 20 * harness.SLOWNESS)
    status = superd.status()["superd"]
    assert status["supervisor"]["pid"] != hung and status["supervisor"]["restarts"] == 1
    assert superd.pid("web") == web


def test_commands_given_while_the_supervisor_is_away_wait_for_it(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.await_state("web", "ready")
    for _ in range(rounds(10)):
        processes.kill(superd.parts().get("supervisor") or superd.status()["superd"]["supervisor"]["pid"])
        assert superd.ctl("list").stdout == "web\n"
