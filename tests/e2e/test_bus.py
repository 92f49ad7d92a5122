"""superd on D-Bus, as clients that nobody here wrote for it see it: busctl, gdbus, python3-dbus, sdbus-c++."""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import xml.etree.ElementTree as ElementTree

import pytest

import harness
import processes
import system_bus
from system_bus import MANAGER, MANAGER_PATH, UNIT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a bus for several users")
SLEEP = 'exec = ["sleep", "100000"]\n'
NOBODY = (65534, 65534)


@pytest.fixture
def pair(on_bus, bus):
    on_bus.unit("db", SLEEP)
    on_bus.unit("my-web", SLEEP + 'description = "The web"\ndepends.needs = ["db"]\n')
    on_bus.start()
    on_bus.ctl("wait", "db", "my-web", "--ready")
    bus.await_superd()
    return on_bus


def described(text):
    """What of a description matters, whatever the order and the layout: interfaces, members, signatures."""
    found = {}
    for interface in ElementTree.fromstring(text).iter("interface"):
        members = set()
        for member in interface:
            if member.tag in ("method", "signal"):
                direction = "in" if member.tag == "method" else "out"
                members.add((member.tag, member.get("name"), tuple(
                    (arg.get("name"), arg.get("type"), arg.get("direction", direction)) for arg in member.iter("arg"))))
            elif member.tag == "property":
                notes = tuple(sorted((note.get("name"), note.get("value")) for note in member.iter("annotation")))
                members.add(("property", member.get("name"), member.get("type"), member.get("access"), notes))
        found[interface.get("name")] = members
    return found


def interfaces_of(name):
    return described((system_bus.PACKAGING / f"dbus/{name}.xml").read_text())[name]


@pytest.mark.parametrize("interface, path", [(MANAGER, MANAGER_PATH), (UNIT, "/org/superd/unit/my_2dweb")])
def test_what_the_daemon_tells_of_itself_is_what_is_documented(pair, bus, interface, path):
    told = bus.data("Introspect", path=path, interface="org.freedesktop.DBus.Introspectable")[0]
    found = described(told)
    assert found[interface] == interfaces_of(interface)
    assert {"org.freedesktop.DBus.Properties", "org.freedesktop.DBus.Introspectable"} <= set(found)
    gdbus = bus.run(["gdbus", "introspect", "--address", bus.address, "--dest", "org.superd", "--object-path", path])
    # gdbus takes the address as that of a peer, not of a bus: it says so, or shows the object.
    assert interface in gdbus.stdout or gdbus.returncode != 0
    tree = bus.run(["busctl", f"--address={bus.address}", "--list", "tree", "org.superd"])
    assert {"/org/superd", "/org/superd/manager", "/org/superd/unit/db", "/org/superd/unit/my_2dweb"} <= \
        set(tree.stdout.split()), tree.stdout + tree.stderr


def test_units_can_be_looked_at_with_typed_answers(pair, bus):
    rows = {row[0]: row for row in bus.data("ListUnits", "as", 0)[0]}
    name, state, goal, ready, instances, pid, restarts, age, reason, path = rows["my-web"]
    assert (state, goal, ready, instances, restarts) == ("ready", "up", 1, 1, 0)
    assert pid == pair.pid("my-web") and age >= 0 and reason
    assert path == "/org/superd/unit/my_2dweb" == bus.data("GetUnit", "s", "my-web")[0]
    wanted = pair.json("status", "db")
    told = json.loads(bus.data("Status", "asa{sv}", 1, "db", 0)[0])
    assert told["units"][0]["instances"][0]["pid"] == wanted["units"][0]["instances"][0]["pid"]
    assert "memory" in json.loads(bus.data("Status", "asa{sv}", 1, "db", 1, "usage", "b", "true")[0])["units"][0]["instances"][0]
    properties = bus.data("GetAll", "s", UNIT, path=path, interface="org.freedesktop.DBus.Properties")[0]
    assert {name: one["data"] for name, one in properties.items()} == {
        "Name": "my-web", "Description": "The web", "State": "ready", "Goal": "up", "Enabled": True,
        "Reason": properties["Reason"]["data"],
        "InstanceCount": 1, "ReadyCount": 1, "Restarts": 0, "MainPID": pid, "Files": [],
        "Instances": [[0, "ready", pid, pair.instance("my-web")["run"], 0]]}
    documented = {(one[1], one[2]) for one in interfaces_of(UNIT) if one[0] == "property"}
    assert {(name, one["type"]) for name, one in properties.items()} == documented
    managed = bus.data("GetManagedObjects", path="/org/superd", interface="org.freedesktop.DBus.ObjectManager")[0]
    assert set(managed) == {MANAGER_PATH, "/org/superd/unit/db", path}
    assert managed[path][UNIT]["State"]["data"] == "ready"


def test_commands_come_out_as_over_http(pair, bus):
    before = pair.pid("my-web")
    (unit, instance, outcome, state, reason), = bus.data("Restart", "asa{sv}", 1, "my-web", 0)[0]
    assert (unit, instance, outcome, state) == ("my-web", -1, "done", "ready")
    assert pair.pid("my-web") != before
    assert bus.data("Stop", "asa{sv}", 1, "my-web/0", 0)[0][0][:4] == ["my-web", 0, "done", "inactive"]
    bus.data("Start", "a{sv}", 0, path="/org/superd/unit/my_2dweb", interface=UNIT)
    assert pair.instance("my-web")["state"] == "ready"
    assert [row[0] for row in bus.data("Scale", "a{ss}a{sv}", 1, "my-web", "3", 0)[0]] == ["my-web"]
    assert len(pair.units()["my-web"]["instances"]) == 3
    bus.data("Scale", "sa{sv}", "reset", 0, path="/org/superd/unit/my_2dweb", interface=UNIT)
    assert bus.data("Disable", "asa{sv}", 1, "db", 0)[0] == [["db", False]]
    assert bus.data("Enable", "asa{sv}", 1, "db", 1, "reset", "b", "true")[0] == [["db", True]]
    pending = bus.data("Stop", "asa{sv}", 1, "my-web", 1, "wait", "b", "false")[0][0]
    assert pending[2] == "pending"
    assert bus.data("Wait", "assa{sv}", 1, "my-web", "stopped", 0)[0][0][2] == "done"
    late = bus.data("Wait", "assa{sv}", 1, "my-web", "ready", 1, "timeout", "d", "0.05")[0][0]
    assert late[2:4] == ["pending", "inactive"]
    # Who asked is told and remembered.
    commands = [event for event in pair.events() if event["event"] == "command"]
    assert {event["action"] for event in commands} >= {"restart", "stop", "start", "scale", "enable", "disable"}
    assert {event["user"] for event in commands} == {"root"}


def test_errors_have_the_names_and_sentences_that_are_documented(pair, bus):
    def error(*arguments, **options):
        result = bus.call(*arguments, **options)
        assert result.returncode != 0
        return result.stderr

    said = error("Stop", "asa{sv}", 1, "my-wbe", 0)
    assert 'no unit is called "my-wbe"; did you mean "my-web"?' in said
    assert "cannot tell which units are meant" in error("Stop", "asa{sv}", 0, 0)
    assert 'cannot use the member "wiat"' in error("Stop", "asa{sv}", 1, "db", 1, "wiat", "b", "true")
    assert "neither truth, number nor text" in error("Stop", "asa{sv}", 1, "db", 1, "wait", "as", 1, "x")
    assert "its arguments are (asa{sv}), not (s)" in error("Stop", "s", "db")
    assert "no method Halt" in error("Halt")
    assert "cannot find the object" in error("Why", path="/org/superd/unit/nothing", interface=UNIT)
    assert "has no interface" in error("Why", interface=UNIT)
    assert "has no interface" in error("Why", path="/org/superd", interface=MANAGER)
    assert "to be read only" in error("Set", "ssv", UNIT, "Name", "s", "x", path="/org/superd/unit/db",
                                      interface="org.freedesktop.DBus.Properties")
    assert {one["state"] for one in pair.instances().values()} == {"ready"}
    names = {}
    for method, arguments in (("Stop", ["my-wbe"]), ("GetUnit", None)):
        script = ("import dbus,sys\nbus = dbus.SystemBus()\n"
                  "one = dbus.Interface(bus.get_object('org.superd', '/org/superd/manager', introspect=False), "
                  "'org.superd.Manager1')\n"
                  "try: one.get_dbus_method(sys.argv[1])(*eval(sys.argv[2]))\n"
                  "except dbus.DBusException as error: print(error.get_dbus_name())\n")
        values = "(dbus.Array(['my-wbe'], 's'), dbus.Dictionary({}, 'sv'))" if arguments else "('nothing',)"
        names[method] = bus.run([system_bus.PYTHON, "-c", script, method, values]).stdout.strip()
    assert set(names.values()) == {"org.superd.Error.NoSuchUnit"}


def test_a_mistake_that_is_quoted_in_part_is_answered(pair, bus):
    """The part may end within a character, and a message has no half of one."""
    result = bus.call("Wait", "assa{sv}", 1, "db", "x" * 99 + "\u00e9", 0)
    assert "cannot wait until" in result.stderr
    result = bus.call("Stop", "asa{sv}", 1, "db", 1, "o" * 99 + "\u00e9", "as", 0)
    assert "cannot use the option" in result.stderr


def test_signals_tell_subscribers_what_happens(pair, bus):
    pair.unit("spare", SLEEP + "autostart = false\n")
    silent = bus.program("bus_listen.py", "--silent")
    client = bus.program("bus_listen.py")
    pid, run = pair.pid("db"), pair.instance("db")["run"]
    processes.send(pid, signal.SIGSEGV)
    heard = client.until(lambda one: one["member"] == "Ready")
    died = next(one["arguments"] for one in heard if one["member"] == "Died")
    assert died == ["db", "/org/superd/unit/db", 0, run, pid, -1, "SIGSEGV", False, ""]
    states = [one["arguments"][4:6] for one in heard if one["member"] == "StateChanged"]
    assert states[0][0] == "ready" and states[-1][1] == "ready"
    assert heard[-1]["arguments"][:3] == ["db", "/org/superd/unit/db", 0]

    # The state may be as it was before by the time that all has settled: then only the rest is told.
    changed = client.until(lambda one: one["member"] == "PropertiesChanged" and "MainPID" in one["arguments"][1])[-1]
    interface, values, invalidated = changed["arguments"]
    assert (interface, invalidated) == (UNIT, [])
    assert "Name" not in values and "Description" not in values and values["MainPID"] != pid
    pair.ctl("reload")
    heard = client.until(lambda one: one["member"] == "InterfacesAdded")
    assert [one["arguments"] for one in heard if one["member"] == "UnitNew"] == [["spare", "/org/superd/unit/spare"]]
    assert heard[-1]["arguments"][1][UNIT]["State"] == "inactive"
    pair.remove_unit("spare")
    pair.ctl("reload")
    heard = client.until(lambda one: one["member"] == "InterfacesRemoved")
    assert [one["arguments"] for one in heard if one["member"] == "UnitRemoved"] == [["spare", "/org/superd/unit/spare"]]
    assert silent.lines.empty()  # Only those are told who asked, as a bus has many ears.


def test_a_client_in_cpp_uses_it(pair, bus):
    program = harness.BIN.parent / "tests" / "bus_client"
    if not program.exists():
        pytest.skip(f"{program} is not built: libsdbus-c++-dev was missing")
    result = bus.run([program, "my-web"])
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["my-web ready", "stopped", "heard my-web stopping inactive", "refused "
                                          "org.superd.Error.NoSuchUnit", "started"]


# superctl.

def test_superctl_gives_the_same_over_the_bus(pair, bus):
    def both(*arguments):
        ours = pair.ctl(*arguments, expect=None)
        over = bus.run([harness.BIN / "superctl", "--bus", *arguments])
        passing = re.compile(r"[\d.]+ ?(?:ms|s|min)\b")  # Times: some pass between the two.
        return [(one.returncode, passing.sub("", one.stdout), passing.sub("", one.stderr)) for one in (ours, over)]

    for arguments in (["list"], ["status", "nothing"], ["tree"], ["why", "my-web"], ["timers"], ["plan"], ["version"],
                      ["start", "my-web"], ["stop", "my-web", "nothing"], ["logs", "db"], ["wait", "db", "--ready"],
                      ["wait", "db", "--stopped", "--timeout", "10ms"], ["signal", "NOTHING", "db"]):
        ours, over = both(*arguments)
        assert ours == over, arguments
    assert bus.run([harness.BIN / "superctl", "--bus", "stop", "my-web"]).stdout == "my-web: inactive\n"
    last_run = pair.instance("my-web")["run"]
    follow = system_bus.Lines([harness.BIN / "superctl", "--bus", "events", "-f", "--since", "1m", "--json"], env=bus.environment)
    bus.run([harness.BIN / "superctl", "--bus", "start", "my-web"])
    taken = follow.until(lambda event: event["event"] == "ready" and event.get("run", 0) > last_run)
    follow.close()
    assert taken
    nobody = bus.run([harness.BIN / "superctl", "--bus", "status"], NOBODY)
    assert nobody.returncode == 6 and "65534 may not look" in nobody.stderr
    pair.terminate()
    gone = bus.run([harness.BIN / "superctl", "--bus", "list"])
    assert gone.returncode == 5 and "nobody is org.superd there" in gone.stderr
    bus.stop()
    gone = bus.run([harness.BIN / "superctl", "--bus", "list"])
    assert gone.returncode == 5 and "cannot reach superd on D-Bus" in gone.stderr


def test_superctl_waits_over_the_bus_no_longer_than_it_is_told(pair, bus):
    supervisor = pair.parts()["supervisor"]
    processes.send(supervisor, signal.SIGSTOP)
    try:
        late = bus.run([harness.BIN / "superctl", "--bus", "health", "--timeout", "200ms"])
    finally:
        processes.send(supervisor, signal.SIGCONT)
    assert late.returncode == 7 and "cannot wait any longer for superd's answer" in late.stderr


# The bus comes and goes.

def test_superd_is_the_same_when_the_bus_dies_and_comes_back(pair, bus):
    before = pair.pids()
    client = bus.program("bus_listen.py")
    bus.stop()
    assert pair.pids() == before
    pair.ctl("restart", "my-web")
    for _ in range(3):
        bus.start()
        bus.await_superd()
        assert bus.data("ListUnits", "as", 1, "db")[0][0][1] == "ready"
        bus.stop()
    client.close()
    assert pair.pid("db") == before["db/0"]
    assert pair.status()["superd"]["supervisor"]["restarts"] == 0


def test_a_bus_that_comes_later_is_found(on_bus, bus):
    bus.stop()
    bus.socket.unlink()
    on_bus.unit("db", SLEEP)
    on_bus.start()
    bus.start()
    bus.await_superd()
    assert bus.data("GetUnit", "s", "db") == ["/org/superd/unit/db"]


def test_a_bus_that_says_nothing_holds_nothing_up(on_bus, bus):
    """It accepts, and never answers: neither a greeting nor anything else."""
    bus.stop()
    bus.socket.unlink()
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(bus.socket))
        mute.listen(8)
        on_bus.unit("db", SLEEP)
        on_bus.start()
        peer, _ = mute.accept()
        assert peer.recv(1) == b"\0"
        for _ in range(5):
            on_bus.ctl("restart", "db")
        before = on_bus.pid("db")
        processes.kill(on_bus.parts()["supervisor"])  # The next one finds the same bus.
        assert on_bus.pid("db") == before
        assert on_bus.terminate() == 0
        peer.close()


def test_a_supervisor_that_is_replaced_is_on_the_bus_again(pair, bus):
    processes.kill(pair.parts()["supervisor"])
    assert pair.status()["superd"]["supervisor"]["restarts"] == 1
    bus.await_superd()
    assert bus.data("ListUnits", "as", 1, "db")[0][0][1] == "ready"


def test_a_name_that_another_has_is_waited_for(make_superd, bus):
    first, second = make_superd(), make_superd()
    for number, superd in enumerate((first, second)):
        superd.environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
        superd.settings('[bus]\naddress = "system"\n')
        superd.unit(f"unit{number}", SLEEP)
    first.start()
    bus.await_superd()
    second.start()
    second.await_text("another process has it")
    assert bus.data("ListUnits", "as", 0)[0][0][0] == "unit0"
    left = bus.program("bus_name.py", "org.superd")
    assert left.next() == "owned"
    first.terminate()
    assert left.next() == "owned"
    assert bus.data("ListUnits", "as", 0)[0][0][0] == "unit1"


def test_a_users_own_superd_is_on_the_session_bus(make_superd, bus):
    superd = make_superd(user=NOBODY)
    policy = bus.config.read_text().replace('<policy user="root">', '<policy user="nobody"><allow own="org.superd"/>'
                                            '</policy>\n<policy user="root">')
    bus.config.write_text(policy)
    bus.stop()
    bus.start()
    superd.arguments = ["--user"]
    superd.environment |= {"DBUS_SESSION_BUS_ADDRESS": bus.address, "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"}
    superd.settings('[bus]\naddress = "session"\n')
    superd.unit("db", SLEEP)
    superd.start()
    bus.await_superd()
    environment = {**bus.environment, "DBUS_SESSION_BUS_ADDRESS": bus.address}
    stopped = subprocess.run(system_bus.as_user(NOBODY, [harness.BIN / "superctl", "--bus", "--user", "stop", "db"]),
                             env=environment, capture_output=True, text=True, timeout=harness.PATIENCE)
    assert stopped.stdout == "db: inactive\n", stopped.stderr
    assert superd.instance("db")["state"] == "inactive"


# Many at once, and what makes no sense.

def test_a_thousand_calls_at_once_are_all_answered(pair, bus):
    script = """
import dbus, dbus.mainloop.glib
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
loop, left, good = GLib.MainLoop(), 1000, 0
one = dbus.Interface(dbus.SystemBus().get_object("org.superd", "/org/superd/manager", introspect=False),
                     "org.superd.Manager1")
def done(rows=None):
    global left, good
    left -= 1
    good += rows is not None and len(rows) == 2
    if left == 0:
        loop.quit()
for _ in range(left):
    one.ListUnits(dbus.Array([], "s"), reply_handler=done, error_handler=lambda error: done(), timeout=600)
loop.run()
print(good)
"""
    result = bus.run([system_bus.PYTHON, "-c", script], timeout=4 * harness.PATIENCE)
    assert result.stdout == "1000\n", result.stderr
    assert pair.status()["superd"]["supervisor"]["restarts"] == 0


def test_damaged_messages_are_the_bus_s_to_refuse_and_odd_ones_are_answered(pair, bus, seeded):
    """Bodies of every type, of random values, for every method: answered with an error or a result, never with silence."""
    types = {"s": lambda: ["x" * seeded.randrange(300)], "u": lambda: [seeded.randrange(2**32)], "as": lambda: [2, "db", ""],
             "a{sv}": lambda: [1, "timeout", "d", "1e400"], "d": lambda: ["-inf"], "asa{sv}": lambda: [1, "\u00e9*", 1, "all", "b", "true"],
             "a{ss}a{sv}": lambda: [1, "db", "-99999999999", 0], "assa{sv}": lambda: [1, "db", "\u2603", 1, "timeout", "x", "-1"]}
    methods = [one[1] for one in interfaces_of(MANAGER) if one[0] == "method"]
    for method in sorted(set(methods) - {"Upgrade", "OpenControl", "Subscribe", "Unsubscribe"}):
        for signature in seeded.sample(sorted(types), 3):
            result = bus.call(method, signature, *types[signature]())
            assert "timed out" not in result.stderr, (method, signature, result.stderr)
    assert pair.status()["superd"]["supervisor"]["restarts"] == 0
    assert pair.instance("db")["state"] in ("ready", "inactive")
