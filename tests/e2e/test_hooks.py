"""Programs that are run around a unit's own."""
import json
import os
import signal

import pytest

import harness
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'


class Hooked:
    """A superd, and what the hooks of its units have told."""

    def __init__(self, superd):
        self.superd, self.file = superd, superd.base / "told"

    def unit(self, name, text, **hooks):
        lines = [f'{hook.replace("_", "-")} = ["python3", "{harness.PROGRAMS}/hook.py"'
                 f'{"".join(f", {json.dumps(word)}" for word in action.split())}]' for hook, action in hooks.items()]
        self.superd.unit(name, f'env = {{ TOLD = "{self.file}", WHO = "${{UNIT}}" }}\n{text}\n[hooks]\n'
                         + "\n".join(lines) + "\n")

    def append(self, name, text):
        """To the [hooks] of a unit that was written."""
        path = self.superd.config / "units" / f"{name}.toml"
        path.write_text(path.read_text() + text)

    def told(self, hook=None):
        if not self.file.exists():
            return []
        # The last line may be half written.
        lines = [json.loads(line) for line in self.file.read_text().splitlines(True) if line.endswith("\n")]
        return [one for one in lines if hook in (None, one["SUPERD_HOOK"])]

    def await_told(self, hook, count=1):
        self.superd.await_that(lambda: len(self.told(hook)) >= count)
        return self.told(hook)

    def events(self):
        return [(one["hook"], one["to"], one["message"]) for one in self.superd.events() if one["event"] == "hook"]


@pytest.fixture
def hooked(superd):
    superd.base.chmod(0o777)
    return Hooked(superd)


def test_each_hook_has_its_moment_and_its_environment(superd, hooked):
    hooked.unit("web", SLEEP + 'directory = "/usr"\n', pre_start="", post_start="", pre_stop="", post_stop="")
    superd.start()
    superd.await_state("web", "ready")
    pid = superd.pid("web")
    superd.ctl("stop", "web")
    told = hooked.told()
    assert [one["SUPERD_HOOK"] for one in told] == ["pre-start", "post-start", "pre-stop", "post-stop"]
    assert {one["directory"] for one in told} == {"/usr"}
    assert {one["SUPERD_INSTANCE"] for one in told} == {"web/0"} and {one["WHO"] for one in told} == {"web"}
    assert [one.get("MAINPID") for one in told] == [None, str(pid), str(pid), None]
    end = told[3]
    assert (end["SERVICE_RESULT"], end["EXIT_CODE"], end["EXIT_STATUS"]) == ("success", "killed", "TERM")
    assert hooked.events() == [(hook, "succeeded", "ended with exit 0")
                               for hook in ("pre-start", "post-start", "pre-stop", "post-stop")]
    log = superd.await_that(lambda: (text := superd.ctl("logs", "web").stdout).count("told by") == 4 and text)
    assert "out: [pre-start] told by pre-start\n" in log and "out: [post-stop] told by post-stop\n" in log


def test_a_pre_start_that_fails_is_a_failed_start(superd, hooked):
    hooked.unit("web", SLEEP + 'restart.policy = "never"\n', pre_start="exit 3", post_stop="")
    superd.start()
    one = superd.await_state("web", "failed")
    assert one["reason"] == "pre-start hook ended with exit 3" and one["pid"] is None
    why = superd.ctl("why", "web").stdout
    assert "It could not be started: its pre-start hook ended with exit 3.\n" in why
    end = hooked.told("post-stop")[0]
    assert end["SERVICE_RESULT"] == "exit-code" and "EXIT_CODE" not in end
    assert ("pre-start", "failed", "ended with exit 3") in hooked.events()


def test_what_comes_after_a_crash_is_told_how_it_ended(superd, hooked):
    hooked.unit("web", 'exec = ["sh", "-c", "kill -SEGV $$"]\nrestart.policy = "never"\n', post_stop="")
    hooked.unit("one", 'type = "oneshot"\nexec = ["sh", "-c", "exit 4"]\nrestart.policy = "never"\n', post_stop="")
    superd.start()
    superd.await_state("web", "failed")
    superd.await_state("one", "failed")
    ends = {one["WHO"]: one for one in hooked.told("post-stop")}
    assert ends["web"]["SERVICE_RESULT"] in ("signal", "core-dump") and ends["web"]["EXIT_STATUS"] == "SEGV"
    assert ends["web"]["EXIT_CODE"] in ("killed", "dumped")
    assert [ends["one"][name] for name in ("SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS")] == ["exit-code", "exited", "4"]


def test_a_stop_ends_a_pre_start_hook_and_all_of_its_group(superd, hooked):
    hooked.unit("web", SLEEP, pre_start="hang")
    superd.start()
    hook = hooked.await_told("pre-start")[0]["pid"]
    child = superd.await_that(lambda: processes.children(hook))[0]
    assert superd.instance("web")["state"] == "starting"
    assert superd.instance("web")["reason"].startswith("pre-start hook runs, ")
    assert "its pre-start hook runs (hooks.pre-start), and is killed if it has not ended in " in \
        superd.ctl("why", "web").stdout
    superd.ctl("stop", "web")
    assert superd.instance("web")["state"] == "inactive"
    for pid in (hook, child):
        assert processes.wait_gone(pid, harness.PATIENCE)
    assert hooked.events() == [("pre-start", "failed", "was ended, as its unit is to stop")]


def test_pre_stop_delays_the_stop_until_its_deadline_only(superd, hooked):
    hooked.unit("web", SLEEP, pre_stop="hang")
    hooked.append("web", 'pre-stop-timeout = "4s"\n')  # In which it comes to say that it is there.
    superd.start()
    superd.await_state("web", "ready")
    superd.ctl("stop", "web")
    hook = hooked.told("pre-stop")[0]["pid"]
    assert processes.wait_gone(hook, harness.PATIENCE)
    assert hooked.events() == [("pre-stop", "failed", "did not end within 4 s")]
    assert superd.instance("web")["last-exit"]["signal"] == "SIGTERM"


def test_a_stop_that_waits_for_a_hook_says_so(superd, hooked):
    hooked.unit("web", SLEEP, pre_stop="hang")
    superd.start()
    superd.await_state("web", "ready")
    superd.ctl("stop", "--no-wait", "web")
    hook = hooked.await_told("pre-stop")[0]["pid"]
    one = superd.instance("web")
    assert one["state"] == "stopping" and one["pid"]
    assert one["reason"].startswith("as asked: pre-stop hook runs, ") and one["reason"].endswith(" of 30 s")
    why = superd.ctl("why", "web").stdout
    assert "Now its pre-stop hook runs (hooks.pre-stop), and is killed if it has not ended in " in why
    assert "Only then is it told to stop.\n" in why
    processes.kill(hook)
    superd.await_state("web", "inactive")


def test_on_crash_is_told_of_each_failure(superd, hooked):
    hooked.unit("web", 'exec = ["sh", "-c", "echo oh no >&2; exit 3"]\n[restart]\nlimit = "2 in 1h"\non-limit = "fail"',
                on_crash="")
    superd.start()
    superd.await_state("web", "failed")
    reports = [one["input"] for one in hooked.await_told("on-crash", 3)]
    reports.sort(key=lambda report: report["run"])
    for report in reports:
        assert (report["schema"], report["unit"], report["instance"]) == (1, "web", 0)
        assert (report["reason"], report["text"], report["suppressed"]) == ("exited", "exit 3", 0)
        assert report["last-exit"]["code"] == 3 and report["last-exit"]["lines"] == ["err: oh no"]
        assert report["last-exit"]["run"] == report["run"] and report["last-exit"]["uptime"] >= 0
    assert reports[0]["state"] in ("backoff", "starting") and reports[2]["state"] == "failed"
    assert reports[2]["next-retry"] is None


def test_on_crash_is_not_run_more_often_than_its_limit(superd, hooked):
    hooked.unit("web", 'exec = ["false"]\n[restart]\ndelay = "10ms"\nfactor = 1.0\nlimit = "5 in 1h"\non-limit = "fail"',
                on_crash="")
    hooked.append("web", 'on-crash-limit = "2 in 1h"\n')
    superd.start()
    superd.await_state("web", "failed")
    hooked.await_told("on-crash", 2)
    superd.await_that(lambda: len(hooked.events()) == 3)
    assert len(hooked.told("on-crash")) == 2
    kept = [message for hook, to, message in hooked.events() if "on-crash-limit" in message]
    assert kept == ["is not run for this failure and those that follow: it ran as often as on-crash-limit allows, "
                    "2 times in 3600 s"]


def test_on_crash_runs_although_superd_stops_for_the_essential_unit(superd, hooked):
    hooked.unit("web", 'exec = ["sh", "-c", "exit 5"]\nessential = true\nrestart.policy = "never"\n', on_crash="")
    superd.launch()
    assert superd.process.wait(harness.PATIENCE) == 5
    assert hooked.told("on-crash")[0]["input"]["last-exit"]["code"] == 5


@pytest.mark.parametrize("hook", ["pre-start", "post-start", "pre-stop", "post-stop"])
def test_a_hook_whose_supervisor_dies_is_run_again_by_the_next(superd, hooked, hook):
    hooked.unit("web", SLEEP, **{hook.replace("-", "_"): "hang"})
    superd.start()
    pid = None
    if "stop" in hook:
        superd.await_state("web", "ready")
        pid = superd.pid("web")
        superd.ctl("stop", "--no-wait", "web")
    first = hooked.await_told(hook)[0]["pid"]
    child = superd.await_that(lambda: processes.children(first))[0]
    processes.kill(superd.parts()["supervisor"])
    for each in (first, child):
        assert processes.wait_gone(each, harness.PATIENCE), "the hook outlived its supervisor"
    second = hooked.await_told(hook, 2)[1]["pid"]
    assert second != first
    if hook == "pre-stop":
        assert processes.alive(pid), "told to stop before the hook had ended"
    processes.kill(second)
    if "stop" in hook:
        superd.await_state("web", "inactive")
    else:
        superd.await_state("web", "backoff", "starting")
    superd.ctl("stop", "web")


def test_hooks_run_as_the_units_user_or_as_superd(make_superd):
    if os.getuid() != 0:
        pytest.skip("only root may become another user")
    superd = make_superd()
    superd.base.chmod(0o777)
    hooked = Hooked(superd)
    hooked.unit("web", SLEEP + 'user = "nobody"\n', pre_start="")
    hooked.unit("own", SLEEP + 'user = "nobody"\n', pre_start="")
    hooked.append("own", 'run-as = "superd"\n')
    (superd.base / "told").touch()
    (superd.base / "told").chmod(0o666)
    superd.start()
    superd.await_state("web", "ready")
    superd.await_state("own", "ready")
    uids = {one["WHO"]: one["uid"] for one in hooked.told()}
    assert uids["own"] == 0 and uids["web"] != 0
