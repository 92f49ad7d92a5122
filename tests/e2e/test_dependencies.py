"""Order of starting and stopping, and dependents that heal."""
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'


def chain(superd, side):
    """front needs middle needs back; each notes its end in a file."""
    program = ('exec = ["sh", "-c", "trap \\"echo {0} >>' + str(side) + '; exit 0\\" TERM; '
               'echo up; while :; do sleep 1000 & wait $!; done"]\nready.log = "^up$"\n')
    superd.unit("front", program.format("front") + 'depends.needs = ["middle"]\n')
    superd.unit("middle", program.format("middle") + 'depends.needs = ["back"]\n')
    superd.unit("back", program.format("back"))


def order(superd, kind):
    return [e["unit"] for e in superd.events() if e["event"] == kind]


def test_start_brings_up_what_is_needed_first(superd):
    chain(superd, superd.base / "ended")
    for name in ("front", "middle", "back"):
        path = superd.config / "units" / f"{name}.toml"
        path.write_text("autostart = false\n" + path.read_text())
    superd.start()
    assert {one["state"] for one in superd.instances().values()} == {"inactive"}
    superd.ctl("start", "front")
    assert order(superd, "ready") == ["back", "middle", "front"]
    seq = {(e["event"], e["unit"]): e["seq"] for e in superd.events() if e["event"] in ("spawn", "ready")}
    assert seq["ready", "back"] < seq["spawn", "middle"] and seq["ready", "middle"] < seq["spawn", "front"]


def test_stop_takes_dependents_down_first(superd):
    side = superd.base / "ended"
    chain(superd, side)
    superd.start()
    superd.ctl("wait", "front", "--ready")
    superd.ctl("stop", "back")
    assert side.read_text().split() == ["front", "middle", "back"]
    assert {one["state"] for one in superd.instances().values()} <= {"inactive", "waiting"}


def test_sigterm_stops_all_in_reverse_order_and_exits_0(superd):
    side = superd.base / "ended"
    chain(superd, side)
    superd.start()
    superd.ctl("wait", "front", "--ready")
    assert superd.terminate() == 0
    assert side.read_text().split() == ["front", "middle", "back"]
    assert superd.survivors() == []


def test_a_crash_of_what_is_needed_leaves_dependents_running(superd):
    chain(superd, superd.base / "ended")
    superd.start()
    superd.ctl("wait", "front", "--ready")
    before = superd.pids()
    processes.kill(before["back/0"])
    superd.await_new_pid("back", before["back/0"])
    after = superd.pids()
    assert (after["front/0"], after["middle/0"]) == (before["front/0"], before["middle/0"])


def test_dependents_come_back_with_what_they_need(superd):
    chain(superd, superd.base / "ended")
    superd.start()
    superd.ctl("wait", "front", "--ready")
    superd.ctl("stop", "back")
    superd.ctl("start", "back")
    superd.await_state("front", "ready")


def test_lost_for_good_stops_dependents_and_a_start_heals_them(superd):
    flag = superd.base / "works"
    superd.unit("back", f'''exec = ["sh", "-c", "test -e {flag} && exec sleep 100000; exit 1"]
restart.policy = "never"''')
    superd.unit("front", SLEEP + 'depends.needs = ["back"]\n')
    superd.start()
    superd.await_state("back", "failed")
    waiting = superd.await_state("front", "waiting")
    assert "back" in waiting["reason"]
    flag.touch()
    superd.ctl("start", "back")
    superd.await_state("front", "ready")


def test_wants_starts_along_and_its_failure_changes_nothing(superd):
    superd.unit("extra", 'exec = ["false"]\nautostart = false\nrestart.policy = "never"\n')
    superd.unit("web", SLEEP + 'autostart = false\ndepends.wants = ["extra"]\n')
    superd.start()
    superd.ctl("start", "web")
    superd.await_state("extra", "failed")
    assert superd.instance("web")["state"] == "ready"


def test_completed_waits_for_the_end_of_a_oneshot(superd):
    gate = superd.base / "gate"
    import os
    os.mkfifo(gate)
    superd.unit("migrate", f'type = "oneshot"\nexec = ["sh", "-c", "cat {gate}"]\n')
    superd.unit("web", SLEEP + '[depends]\nafter = [{ unit = "migrate", when = "completed" }]\n')
    superd.start()
    waiting = superd.await_state("web", "waiting")
    assert "migrate" in waiting["reason"]
    gate.write_text("go\n")
    superd.await_state("web", "ready")
    assert superd.instance("migrate")["state"] == "completed"


def test_a_cycle_is_refused_with_its_path(superd):
    superd.unit("web", SLEEP + 'depends.needs = ["db"]\n')
    superd.unit("db", SLEEP + 'depends.needs = ["web"]\n')
    superd.launch()
    assert superd.process.wait(30) == 78
    superd.await_text("→")
    assert "web → db → web" in superd.text() or "db → web → db" in superd.text()
