"""Whether units start by themselves, as the operator says: superctl enable and disable."""
import stat

import processes

SLEEP = 'exec = ["sleep", "1000"]\n'


def test_it_holds_over_a_restart_of_superd(superd):
    superd.unit("web", SLEEP)
    superd.unit("lazy", SLEEP + "autostart = false\n")
    superd.start()
    assert superd.ctl("disable", "web").stdout == "web: disabled\n"
    assert superd.ctl("enable", "lazy").stdout == "lazy: enabled\n"
    units = superd.units()
    assert units["web"]["state"] == "ready" and units["lazy"]["state"] == "inactive", "nothing is started or stopped"
    assert (units["web"]["enabled"], units["web"]["enabled-by"]) == (False, "operator")
    processes.kill(superd.parts()["supervisor"])
    superd.await_that(lambda: superd.units()["web"]["enabled"] is False)
    assert superd.instance("web")["state"] == "ready"
    superd.terminate()
    superd.start()
    units = superd.units()
    assert units["web"]["state"] == "inactive" and units["lazy"]["state"] == "ready"
    assert "enabled    no, by the operator" in superd.ctl("status", "web", expect=3).stdout
    superd.ctl("enable", "--reset", "--all")
    assert [unit["enabled"] for _, unit in sorted(superd.units().items())] == [False, True]
    assert "enabled-by" not in superd.units()["web"]


def test_now_starts_and_stops_too(superd):
    superd.unit("web", SLEEP)
    superd.start()
    superd.ctl("disable", "--now", "web")
    assert superd.instance("web")["state"] == "inactive"
    superd.ctl("enable", "--now", "web")
    assert superd.instance("web")["state"] == "ready"
    assert superd.json("disable", "web")["units"] == [{"name": "web", "enabled": False}]


def test_a_timer_is_suspended_and_goes_on(superd):
    superd.unit("job", 'type = "oneshot"\nexec = ["true"]\n[timer]\nevery = "1h"\n')
    superd.start()
    superd.ctl("disable", "job")
    assert superd.json("timers")["timers"][0]["suspended"] is True
    superd.terminate()
    superd.start()
    assert superd.json("timers")["timers"][0]["next"] is None
    superd.ctl("enable", "job")
    assert superd.json("timers")["timers"][0]["next"]
    assert superd.instance("job")["run"] == 0, "it is due, not started"


def test_what_cannot_be_is_refused_and_nothing_is_done(superd):
    superd.unit("db", SLEEP)
    superd.unit("web", SLEEP)
    superd.unit("shop", 'type = "group"\nmembers = ["db"]\n')
    superd.start()
    for words, code, sentence in (
            (["web", "db"], 1, "cannot disable db: its group shop says whether its members start; name shop"),
            (["web/0"], 1, "cannot disable web/0: that is for whole units; name web"),
            (["wbe"], 4, 'did you mean "web"?'),
            ([], 2, "no unit is named")):
        refused = superd.ctl("disable", *words, expect=code)
        assert sentence in refused.stderr, refused.stderr
    assert all(unit["enabled"] for unit in superd.units().values())
    (superd.state / "enabled.new").mkdir()  # As a state directory that cannot be written to.
    refused = superd.ctl("disable", "web", expect=1)
    assert "cannot disable anything: cannot create" in refused.stderr
    assert superd.units()["web"]["enabled"]
    (superd.state / "enabled.new").rmdir()
    superd.ctl("disable", "shop")
    assert stat.S_IMODE((superd.state / "enabled").stat().st_mode) == 0o600
    assert (superd.state / "enabled").read_text() == "shop disabled\n"
    units = superd.units()
    assert not units["shop"]["enabled"] and not units["db"]["enabled"]
