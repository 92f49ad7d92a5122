"""Drop-ins and variables: planned, taken in or refused as what a unit's own file says, and no more than that."""
import harness
import processes
import pytest

SLEEP = 'exec = ["sleep", "100000"]\n'


def changes(answer):
    return {change["unit"]: (change["change"], change["keys"]) for change in answer["changes"]}


@pytest.fixture
def pair(superd):
    superd.unit("web", SLEEP + "instances = 2\n")
    superd.unit("db", SLEEP)
    return superd.start()


def test_apply_does_what_plan_said_of_a_drop_in(pair):
    before = pair.pids()
    pair.drop_in("web", "10-env", 'env.COLOUR = "red"\n')
    pair.drop_in("db", "10-text", 'description = "Data"\n')
    expected = {"db": ("live", ["description"]), "web": ("restart", ["env.COLOUR"])}
    planned = pair.json("plan")
    assert changes(planned) == expected
    assert [change["values"] for change in planned["changes"]] == [
        [{"key": "description", "from": '""', "to": '"Data"', "restarts": False}],
        [{"key": "env.COLOUR", "from": None, "to": None, "restarts": True}]]
    assert planned["changes"][1]["files"] == ["units/web.toml", "units/web.d/10-env.toml"]
    assert "red" not in str(planned)
    text = pair.ctl("plan").stdout
    assert '    description: "" → "Data"\n' in text and "env.COLOUR: changed (restarts)" in text
    assert pair.pids() == before

    assert changes(pair.json("reload")) == expected
    assert pair.pids() == before
    assert pair.units()["db"]["description"] == "Data"
    assert pair.units()["db"]["files"] == ["units/db.toml", "units/db.d/10-text.toml"]
    assert "units/db.toml, units/db.d/10-text.toml" in pair.ctl("status", "db").stdout
    held = pair.json("plan")
    assert changes(held) == {"web": expected["web"]}
    # Its definition is of the configuration before, the one in force has no other one of it.
    pair.drop_in("web", "20-exec", 'exec = ["sleep", "200000"]\n')
    values = {value["key"]: (value["from"], value["to"]) for value in pair.json("plan")["changes"][0]["values"]}
    assert values["exec"] == ('["sleep", "100000"]', '["sleep", "200000"]')
    (pair.config / "units" / "web.d" / "20-exec.toml").unlink()

    pair.json("apply")
    pair.ctl("wait", "web", "--ready")
    after = pair.pids()
    assert after["db/0"] == before["db/0"]
    assert after["web/0"] != before["web/0"] and after["web/1"] != before["web/1"]
    for name in ("web/0", "web/1"):
        environment = open(f"/proc/{after[name]}/environ", encoding="utf-8").read().split("\0")
        assert "COLOUR=red" in environment
    assert changes(pair.json("plan")) == {}


def test_instances_of_one_unit_differ_by_their_number(superd):
    superd.settings('[variables]\nWORD = "shared"\n')
    superd.unit("web", 'exec = ["sleep", "10000${INSTANCE}"]\ninstances = 2\n'
                'env = { NAME = "${UNIT}-${INSTANCE}-${WORD}-${SPARE:-spare}" }\n'
                '[ready]\nexec = ["sh", "-c", "test $NAME = web-${INSTANCE}-shared-spare"]\n')
    superd.start()
    superd.ctl("wait", "web", "--ready")
    for index in (0, 1):
        pid = superd.pid(f"web/{index}")
        assert open(f"/proc/{pid}/cmdline", encoding="utf-8").read().endswith(f"sleep\x0010000{index}\0")
        environment = open(f"/proc/{pid}/environ", encoding="utf-8").read().split("\0")
        assert f"NAME=web-{index}-shared-spare" in environment


def test_a_bad_drop_in_changes_nothing(pair):
    before = pair.pids()
    pair.drop_in("db", "10-text", 'description = "Data"\n')
    pair.drop_in("web", "10-bad", '\ncolour = "red"\n')
    pair.drop_in("dbb", "10-lonely", "")
    for verb in ("plan", "reload", "apply", "check"):
        refused = pair.ctl(verb, *(["--config", str(pair.config)] if verb == "check" else []), expect=None)
        assert refused.returncode != 0, verb
        assert "units/web.d/10-bad.toml:2:1: cannot use colour" in refused.stderr
        assert "did you mean units/db.d?" in refused.stderr
    assert pair.pids() == before and pair.units()["db"]["description"] == ""


def test_another_supervisor_goes_on_with_the_drop_ins_it_had(pair):
    pair.drop_in("db", "10-text", 'description = "Data"\n')
    pair.json("reload")
    before = pair.pids()
    (pair.config / "units" / "db.d" / "10-text.toml").unlink()
    old = pair.parts()["supervisor"]
    processes.kill(old)
    assert processes.wait_gone(old, harness.PATIENCE)
    assert pair.units()["db"]["description"] == "Data" and pair.pids() == before
    assert changes(pair.json("plan")) == {"db": ("live", ["description"])}
