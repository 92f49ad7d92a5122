"""What is remembered of runs that ended and of commands, over the deaths of superd's own processes."""
import os
import pwd

import processes

ME = pwd.getpwuid(os.getuid()).pw_name
CRASH = 'exec = ["sh", "-c", "echo last words >&2; exit 3"]\n[restart]\ndelay = "10ms"\nlimit = "3 in 1h"\non-limit = "fail"\n'


def deaths(superd, name):
    return superd.instance(name).get("deaths", [])


def with_lines(superd, name, count):
    """Waits for so many deaths whose last lines have come too."""
    def look():
        found = deaths(superd, name)
        return found if len(found) == count and all(one["lines"] for one in found) else None
    return superd.await_that(look)


def test_deaths_are_remembered_with_what_they_used(superd):
    superd.unit("web", CRASH)
    superd.start()
    superd.await_state("web", "failed")
    found = with_lines(superd, "web", 4)
    assert [one["code"] for one in found] == [3] * 4
    assert [one["lines"] for one in found] == [["err: last words"]] * 4
    assert len({one["run"] for one in found}) == 4 == len({one["pid"] for one in found})
    assert all(one["cpu"] >= 0 and one["memory"] > 0 and one["ended-by"] == "" for one in found)
    assert found[-1] == superd.instance("web")["last-exit"] | {"at": found[-1]["at"], "uptime": found[-1]["uptime"]}
    page = superd.ctl("status", "--deaths", "web", expect=3).stdout
    assert page.count("exit 3 at ") == 4 == page.count("err: last words")
    assert superd.ctl("status", "web", expect=3).stdout.count("exit 3 at ") == 1


def test_why_superd_ended_a_run_is_remembered(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.unit("late", 'exec = ["sleep", "100000"]\n[ready]\nnotify = true\ntimeout = "100ms"\n'
                        '[restart]\npolicy = "never"\n')
    superd.start()
    superd.ctl("restart", "web")
    superd.await_state("late", "failed")
    assert [(one["signal"], one["ended-by"]) for one in deaths(superd, "web")] == [("SIGTERM", "restart-requested")]
    assert [one["ended-by"] for one in deaths(superd, "late")] == ["ready-timeout"]


def test_deaths_survive_supervisor_and_superd(superd):
    superd.unit("web", CRASH)
    superd.unit("ok", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.await_state("web", "failed")
    before = with_lines(superd, "web", 4)
    processes.kill(superd.parts()["supervisor"])
    superd.await_that(lambda: superd.status()["superd"]["supervisor"]["restarts"] == 1)
    assert deaths(superd, "web") == before
    superd.kill_all_parts()
    superd.start()
    assert deaths(superd, "web") == before
    superd.terminate()
    superd.start()
    superd.await_state("web", "failed")
    assert with_lines(superd, "web", 8)[:4] == before


def test_commands_are_recorded_with_who_gave_them(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\ninstances = 2\n')
    superd.start()
    superd.ctl("stop", "web/1")
    superd.ctl("signal", "CONT", "web")
    superd.ctl("reload")
    superd.ctl("stop", "wbe", expect=4)
    superd.ctl("stop", "--all")
    found = [(one["action"], one.get("unit"), one.get("instance"), one.get("message"), one["uid"], one["user"])
             for one in superd.events() if one["event"] == "command"]
    me = (os.getuid(), ME)
    assert found == [("stop", "web", 1, None, *me), ("signal", "web", None, "SIGCONT", *me),
                     ("reload", None, None, None, *me), ("stop", None, None, None, *me)]
    assert f"web/1: {ME} asks to stop\n" in superd.ctl("events").stdout
