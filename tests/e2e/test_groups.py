"""Groups: real services that are started again, and given up, together."""
import os
import signal

SLEEP = 'exec = ["sleep", "100000"]\n[restart]\ndelay = "0s"\n'


def trio(superd, more):
    for name in ("a", "b", "c"):
        superd.unit(name, SLEEP)
    superd.unit("shop", f'type = "group"\nmembers = ["a", "b", "c"]\n{more}')
    superd.start()
    superd.await_state("shop", "ready")
    return {name: superd.pid(name) for name in ("a", "b", "c")}


def kill(superd, name):
    old = superd.pid(name)
    os.kill(old, signal.SIGKILL)
    return superd.await_new_pid(name, old)


def test_one_for_one_leaves_siblings_alone(superd):
    before = trio(superd, "")
    kill(superd, "b")
    superd.await_state("shop", "ready")
    assert superd.pid("a") == before["a"] and superd.pid("c") == before["c"]


def test_one_for_all_starts_all_again(superd):
    before = trio(superd, 'strategy = "one-for-all"\n')
    kill(superd, "b")
    superd.await_that(lambda: all(superd.instance(n)["state"] == "ready" and superd.pid(n) != before[n]
                                  for n in before))
    superd.await_state("shop", "ready")


def test_rest_for_one_starts_those_after_it_again(superd):
    before = trio(superd, 'strategy = "rest-for-one"\n')
    kill(superd, "b")
    superd.await_new_pid("c", before["c"])
    superd.await_state("shop", "ready")
    assert superd.pid("a") == before["a"]


def test_over_its_intensity_it_stops_and_starts_anew_when_asked(superd):
    trio(superd, 'intensity = "1 in 1h"\n')
    kill(superd, "b")
    os.kill(superd.pid("b"), signal.SIGKILL)
    superd.await_state("shop", "failed")
    assert superd.instance("shop")["reason"] == "its members failed too often"
    assert superd.instance("a")["state"] == "inactive" and superd.instance("b")["state"] == "failed"
    os.kill(superd.status()["superd"]["supervisor"]["pid"], signal.SIGKILL)
    superd.await_that(lambda: superd.status()["superd"]["supervisor"]["restarts"] == 1)
    assert superd.instance("shop")["state"] == "failed", "it failed before the supervisor did"
    superd.ctl("start", "shop")
    assert [superd.instance(n)["state"] for n in ("a", "b", "c", "shop")] == ["ready"] * 4


def test_its_members_are_what_the_group_is_asked_for(superd):
    trio(superd, "")
    superd.ctl("stop", "shop")
    assert [superd.instance(n)["state"] for n in ("a", "b", "c", "shop")] == ["inactive"] * 4
    superd.ctl("start", "@shop")
    assert [superd.instance(n)["state"] for n in ("a", "b", "c")] == ["ready"] * 3
    assert "is no group" in superd.ctl("status", "@a", expect=4).stderr


def test_a_supervisor_that_dies_leaves_groups_as_they_were(superd):
    before = trio(superd, 'strategy = "one-for-all"\nintensity = "3 in 1h"\n')
    os.kill(superd.status()["superd"]["supervisor"]["pid"], signal.SIGKILL)
    superd.await_that(lambda: superd.status()["superd"]["supervisor"]["restarts"] == 1)
    superd.await_state("shop", "ready")
    assert {n: superd.pid(n) for n in before} == before
