"""superctl why, of real processes: what only the shell knows is in it too."""
import os
import pwd
import re

ME = pwd.getpwuid(os.getuid()).pw_name
SLEEP = 'exec = ["sleep", "100000"]\n'


def why(superd, name):
    """What superctl tells, with the moments and spans that differ from run to run replaced."""
    text = superd.ctl("why", name).stdout
    text = re.sub(r"\d\d:\d\d:\d\d", "10:00:00", text)
    text = re.sub(r"\b(\d+(\.\d+)?(ms|s)|\d+m \d\ds)\b", "TIME", text)
    return re.sub(r"\b(pid|refused,) \d+", r"\1 N", text)


def test_what_is_waited_for_and_what_its_check_met(superd):
    superd.unit("db", SLEEP + '[ready]\ntcp = "127.0.0.1:9"\ntimeout = "1h"\n')
    superd.unit("web", SLEEP + '[depends]\nneeds = ["db"]\n')
    superd.start()
    superd.await_that(lambda: "refused" in superd.ctl("why", "web").stdout)
    assert re.sub(r"Asked so far: tcp 127.0.0.1:9 .*refused.*", "Asked so far: REFUSED.", why(superd, "web")) == """\
web is waiting for db to be ready, since 10:00:00 (TIME).
  web starts by itself once db is ready.
db is starting since 10:00:00 (TIME): it runs, as pid N, and is not ready yet.
  Asked so far: REFUSED.
  If it is not ready in TIME, it counts as failed (ready.timeout).
→ superctl logs db  # shows what it writes
"""
    chain = superd.json("why", "web")["explanations"][0]["chain"]
    assert [(one["unit"], one["because"], one["until"]) for one in chain] == [("web", "", ""), ("db", "waits-on", "ready")]


def test_a_crash_with_its_last_lines(superd):
    superd.unit("web", 'exec = ["sh", "-c", "echo oh no >&2; exit 3"]\nrestart.policy = "never"\n')
    superd.start()
    superd.await_that(lambda: "oh no" in superd.ctl("why", "web").stdout)
    assert why(superd, "web") == """\
web has failed and stays down, since 10:00:00 (TIME).
  It ended with exit 3 at 10:00:00, after TIME.
  Its restart rules (restart.policy = "never") do not start it again after that.
  The last that it wrote:
    err: oh no
→ superctl logs web  # shows more of what it wrote
→ superctl reset web  # starts it again
"""


def test_who_stopped_it_and_what_is_left(superd):
    # Ready when its child ignores the signal and it does not: before, a stop would end or miss both.
    superd.unit("web", '''exec = ["sh", "-c", "trap '' TERM; sleep 100000 & trap - TERM; echo up; wait"]
ready.log = "^up$"
[stop]
signals = [["SIGTERM", "1h"]]
''')
    superd.start()
    superd.await_state("web", "ready")
    assert superd.ctl("signal", "--tree", "CONT", "web").stdout == ""
    superd.ctl("stop", "--no-wait", "web")
    # The child is called sh until it has come to its exec.
    superd.await_that(lambda: re.search(r"not all that it started: \d+ sleep\.\n", superd.ctl("why", "web").stdout))
    told = superd.ctl("why", "web").stdout
    assert f"{ME} asked for it at " in told and "(`superctl stop`)" in told
    assert "SIGTERM was sent; the next step of [stop] comes in " in told
    superd.ctl("signal", "--tree", "KILL", "web")
    superd.ctl("wait", "--stopped", "web")
    assert why(superd, "web") == f"""\
web is down since 10:00:00 (TIME).
  {ME} asked for it at 10:00:00 (`superctl stop`).
→ superctl start web  # starts it
"""


def test_the_command_outlives_the_supervisor(superd):
    superd.unit("web", SLEEP)
    superd.start()
    superd.ctl("stop", "web")
    superd.kill_all_parts()
    superd.start()
    superd.ctl("stop", "web")
    before = superd.ctl("why", "web").stdout
    assert f"{ME} asked for it at " in before


def test_an_unknown_unit_has_a_near_name(superd):
    superd.unit("web", SLEEP)
    superd.start()
    result = superd.ctl("why", "wbe", expect=4)
    assert result.stdout == ""
    assert result.stderr == ('superctl: no unit is called "wbe"; did you mean "web"?\n'
                             '  `superctl list` shows every unit\n')
