"""superd on the system's own D-Bus, with the real polkit: who may do what."""
import json
import pathlib
import re
import shutil

import pytest

from machine import PATIENCE, UNITS, ctl, pids, sh, until

RULES = pathlib.Path("/etc/polkit-1/rules.d/50-test.rules")
EXAMPLE = pathlib.Path("/usr/share/doc/superd/examples/50-superd-ops.rules")
SLEEPER = 'exec = ["/bin/sleep", "infinity"]\n'
FORBIDDEN = 6
# What each verb that changes something is asked to do, by somebody who may not.
CHANGES = [["start", "web"], ["stop", "web"], ["restart", "web"], ["restart", "--rolling", "web"], ["reload"], ["apply"],
           ["enable", "web"], ["disable", "web"], ["scale", "web", "2"], ["signal", "HUP", "web"], ["reset", "web"],
           ["freeze", "web"], ["thaw", "web"], ["upgrade"]]


@pytest.fixture
def two(units):
    units.add("web", SLEEPER)
    units.add("db", SLEEPER)
    units.apply()
    until("superd on the bus", lambda: sh("busctl", "status", "org.superd", check=False).returncode == 0)
    return units


@pytest.fixture
def rule():
    """The example that is installed: members of ops may restart web."""
    shutil.copy(EXAMPLE, RULES)
    yield
    RULES.unlink()


def seen():
    """All that one who may not should be unable to change."""
    answer = json.loads(ctl("status", "--json").stdout)
    told = {unit["name"]: (unit.get("enabled"), [(each.get("pid"), each["goal"], each["run"]) for each in unit["instances"]])
            for unit in answer["units"]}
    return told, sorted(path.name for path in UNITS.iterdir())


def test_introspection_tells_of_what_is_installed(two):
    text = sh("busctl", "introspect", "--no-pager", "org.superd", "/org/superd/manager").stdout
    documented = pathlib.Path("/usr/share/dbus-1/interfaces/org.superd.Manager1.xml").read_text()
    names = re.findall(r'<(?:method|signal|property) name="(\w+)"', documented)
    assert names and all(f".{name} " in text for name in names)


def test_polkits_rule_allows_one_verb_of_one_unit_to_one_group(two, rule):
    before = pids("web", "db")
    done = until("polkit to have read the rule", lambda: (answer := ctl("--bus", "restart", "web", user="ops", check=False))
                 .returncode == 0 and answer)
    assert "web: ready" in done.stdout
    assert pids("web")["web"] != before["web"] and pids("db")["db"] == before["db"]
    after = seen()
    for refused in (["stop", "web"], ["restart", "db"], ["restart", "web", "db"]):
        answer = ctl("--bus", *refused, user="ops", check=False)
        assert answer.returncode == FORBIDDEN and "may not" in answer.stderr, (refused, answer.stderr)
    assert ctl("--bus", "restart", "web", user="visitor", check=False).returncode == FORBIDDEN
    assert seen() == after


@pytest.mark.parametrize("way", [["--bus"], []], ids=["bus", "socket"])
def test_a_visitor_can_change_nothing(two, way):
    before = seen()
    for change in CHANGES:
        answer = ctl(*way, *change, user="visitor", check=False)
        assert answer.returncode == FORBIDDEN, (change, answer.stdout, answer.stderr)
    assert seen() == before


def test_superd_is_there_again_after_the_bus_has_been_restarted(two):
    before = pids("web", "db")
    sh("systemctl", "restart", "dbus.service", timeout=60)
    sh("systemctl", "restart", "systemd-logind.service", timeout=60)  # Which 254's does not get over.
    until("superd on the bus", lambda: sh("busctl", "status", "org.superd", check=False).returncode == 0, timeout=90)
    assert pids("web", "db") == before
    ctl("--bus", "status", "web", timeout=5 * PATIENCE)
