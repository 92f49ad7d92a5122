"""Instances come and go as the operator wants; the others do not notice."""
import os

import processes

WORKER = 'exec = ["sleep", "100000"]\n'


def workers(superd, unit="web"):
    return {name: pid for name, pid in superd.pids().items()
            if name.startswith(f"{unit}/") and pid is not None}


def test_scale_keeps_the_pids_of_those_that_stay(superd):
    superd.unit("web", WORKER)
    superd.start()
    first = workers(superd)
    superd.ctl("scale", "web=4")
    four = workers(superd)
    assert sorted(four) == ["web/0", "web/1", "web/2", "web/3"] and four["web/0"] == first["web/0"]
    text = superd.ctl("status", "web").stdout
    assert "4, scaled by the operator (configured: 1)" in text
    superd.ctl("scale", "web", "-1")
    three = workers(superd)
    assert three == {name: pid for name, pid in four.items() if name != "web/3"}
    superd.ctl("scale", "web", "1")
    assert workers(superd) == first, "answered when those that go are gone"
    assert "scaled" not in superd.ctl("status", "web").stdout


def test_the_operators_number_outlives_the_supervisor_and_reloads_of_the_same_file(superd):
    superd.unit("web", WORKER + "instances = 4\n")
    superd.start()
    superd.ctl("scale", "web=2")
    two = workers(superd)
    assert "2 of 4, scaled by the operator (configured: 4)" in superd.ctl("status", "web").stdout
    superd.unit("web", WORKER + 'instances = 4\ndescription = "Shop"\n')
    superd.ctl("reload")
    processes.kill(superd.parts()["supervisor"])
    unit = superd.units()["web"]
    assert (len(unit["instances"]), unit["configured"]) == (2, 4) and workers(superd) == two
    superd.unit("web", WORKER + "instances = 3\n")
    plan = superd.json("plan")["changes"]
    assert "instances 4 → 3; scaled by the operator to 2 now" in str(plan) or plan[0]["change"] == "live"
    superd.ctl("reload")
    superd.ctl("wait", "web")
    three = workers(superd)
    assert len(three) == 3 and {name: three[name] for name in two} == two
    superd.ctl("scale", "web=1")
    superd.ctl("scale", "--reset", "web")
    assert len(workers(superd)) == 3 and "configured" not in superd.units()["web"]


def test_what_does_not_run_is_scaled_for_later(superd):
    superd.unit("web", WORKER + "autostart = false\n")
    superd.start()
    superd.ctl("scale", "web=3")
    assert workers(superd) == {}
    superd.ctl("start", "web")
    assert len(workers(superd)) == 3


def test_scaling_is_refused_with_a_sentence(superd):
    superd.unit("web", WORKER + 'env = { PORT = "6553${INSTANCE}" }\n'
                '[[check]]\nname = "http"\nhttp = "http://127.0.0.1:6553${INSTANCE}/"\n'
                'on-failure = "ignore"\n')
    superd.unit("db", WORKER)
    superd.unit("both", 'type = "group"\nmembers = ["web", "db"]\n')
    superd.start()
    before = workers(superd)
    for words, sentence in (
            (["web=9"], "its check \"http\" cannot be used for instance 6: "),
            (["web=0"], "a unit has at least 1 instance"),
            (["web=-1"], "a unit has at least 1 instance"),
            (["web=2000"], "2000 instances are too many, 1024 is the most"),
            (["both=2"], "it is a group"),
            (["wbe=2"], "did you mean \"web\"?"),
            (["web/0=2"], "name one unit"),
            (["db=2", "wbe=2"], "no unit is called")):
        refused = superd.ctl("scale", *words, expect=1)
        assert sentence in refused.stderr, refused.stderr
    assert workers(superd) == before and len(workers(superd, "db")) == 1


def test_as_many_as_superd_may_use_processors(superd):
    superd.unit("web", WORKER + 'instances = "cores"\n')
    one = min(os.sched_getaffinity(0))
    superd.start(prefix=["taskset", "--cpu-list", str(one)])
    assert len(workers(superd)) == 1 and superd.units()["web"]["cores"] is True
    assert "cores: 1" in superd.ctl("status", "web").stdout
    superd.ctl("scale", "web=3")
    superd.ctl("scale", "web", "cores")
    assert len(workers(superd)) == 1
