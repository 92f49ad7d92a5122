"""A reload applies exactly the difference, and nothing at all when anything is wrong."""
import pytest

import harness
import processes

SLEEP = 'exec = ["sleep", "100000"]\n'


@pytest.fixture
def pair(superd):
    superd.unit("web", SLEEP + "instances = 2\n")
    superd.unit("db", SLEEP)
    return superd.start()


def changes(answer):
    return {change["unit"]: (change["change"], change["applied"]) for change in answer["changes"]}


def test_an_unchanged_configuration_changes_nothing(pair):
    before = pair.pids()
    assert changes(pair.json("plan")) == {}
    assert changes(pair.json("reload")) == {}
    assert pair.pids() == before


def test_plan_says_what_reload_and_apply_will_do(pair):
    before = pair.pids()
    pair.unit("web", SLEEP + 'instances = 2\nenv = { COLOUR = "red" }\n')
    pair.unit("db", SLEEP + 'description = "Data"\n')
    pair.unit("new", SLEEP)
    planned = pair.json("plan")
    assert {name: kind for name, (kind, _) in changes(planned).items()} == {
        "db": "live", "new": "added", "web": "restart"}
    web = next(c for c in planned["changes"] if c["unit"] == "web")
    assert web["keys"] == ["env.COLOUR"] and "red" not in str(planned)
    assert pair.pids() == before

    reloaded = pair.json("reload")
    assert changes(reloaded) == {"db": ("live", True), "new": ("added", True), "web": ("restart", False)}
    pair.ctl("wait", "new", "--ready")
    now = pair.pids()
    assert {name: now[name] for name in before} == before
    assert pair.units()["db"]["description"] == "Data"

    pair.json("apply")
    pair.ctl("wait", "web", "--ready")
    applied = pair.pids()
    assert applied["db/0"] == before["db/0"] and applied["new/0"] == now["new/0"]
    assert applied["web/0"] != before["web/0"] and applied["web/1"] != before["web/1"]
    assert changes(pair.json("plan")) == {}


def test_a_bad_reload_leaves_all_as_it_was(pair):
    before = pair.pids()
    pair.unit("db", SLEEP + 'description = "Data"\n')
    pair.unit("new", SLEEP)
    pair.unit("bad", 'exec = ["sleep", "1"]\ncolour = "red"\n[depends]\nneeds = ["dbb"]\n')
    for verb in ("plan", "reload", "apply"):
        refused = pair.ctl(verb, expect=1)
        # The harness puts one line before the text.
        assert "units/bad.toml:3:1: " in refused.stderr and "units/bad.toml:5:" in refused.stderr
        assert "colour" in refused.stderr and "db" in refused.stderr
    assert pair.pids() == before and sorted(pair.units()) == ["db", "web"]
    assert pair.units()["db"]["description"] == ""
    pair.remove_unit("bad")
    assert changes(pair.json("reload")) == {"db": ("live", True), "new": ("added", True)}


def test_instances_come_and_go_one_by_one(pair):
    before = pair.pids()
    pair.unit("web", SLEEP + "instances = 4\n")
    pair.ctl("reload")
    pair.ctl("wait", "web", "--ready")
    four = pair.pids()
    assert len([name for name in four if name.startswith("web/")]) == 4
    assert {name: four[name] for name in before} == before
    pair.unit("web", SLEEP + "instances = 1\n")
    pair.ctl("reload")
    pair.await_that(lambda: sorted(pair.pids()) == ["db/0", "web/0"])
    assert pair.pids() == {"db/0": before["db/0"], "web/0": before["web/0"]}


def test_a_unit_whose_file_is_gone_is_stopped_and_forgotten(pair):
    before = pair.pids()
    pair.remove_unit("web")
    assert changes(pair.json("reload")) == {"web": ("removed", True)}
    pair.await_that(lambda: sorted(pair.units()) == ["db"])
    assert pair.pids() == {"db/0": before["db/0"]}


def test_sighup_reloads(pair):
    import signal
    pair.unit("new", SLEEP)
    pair.process.send_signal(signal.SIGHUP)
    pair.await_that(lambda: pair.units().get("new", {}).get("state") == "ready")


def test_what_was_stopped_stays_stopped(pair):
    pair.ctl("stop", "db")
    pair.unit("db", SLEEP + 'description = "Data"\n')
    pair.ctl("reload")
    pair.unit("db", SLEEP + 'env = { A = "b" }\n')
    pair.ctl("apply")
    one = pair.units()["db"]
    assert (one["goal"], one["state"]) == ("down", "inactive")


@pytest.mark.parametrize("killed", ["supervisor", "everything"])
def test_what_only_the_records_know_is_stopped(pair, killed):
    """The configuration in force is lost while superd is away, and units left the one on disk."""
    before = pair.pids()
    pair.unit("web", SLEEP)
    pair.remove_unit("db")
    (pair.runtime / "accepted").write_text("damaged")
    if killed == "supervisor":
        processes.kill(pair.parts()["supervisor"])
    else:
        pair.kill_all_parts()
        pair.start()
    assert all(processes.wait_gone(before[name], harness.PATIENCE) for name in ("db/0", "web/1"))
    pair.await_that(lambda: pair.pids() == {"web/0": before["web/0"]})
    pair.ctl("stop", "web")
    assert not processes.alive(before["web/0"])
