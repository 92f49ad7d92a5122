"""Who may do what over D-Bus: a polkit of the test's own allows and denies; strangers try everything."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import harness
import processes
import system_bus
from system_bus import MANAGER, MANAGER_PATH, UNIT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
SLEEP = 'exec = ["sleep", "100000"]\n'
NOBODY = (65534, 65534)
OPS = (33, 33)  # www-data; any user would do that the bus knows.
WEB_PATH = "/org/superd/unit/web"


@pytest.fixture
def pair(on_bus, bus):
    on_bus.unit("db", SLEEP)
    on_bus.unit("web", SLEEP)
    on_bus.start()
    on_bus.ctl("wait", "db", "web", "--ready")
    bus.await_superd()
    return on_bus


@pytest.fixture
def polkit(bus):
    return system_bus.Polkit(bus)


def snapshot(superd):
    """All that a command could change."""
    instances = {name: (one["pid"], one["run"], one["goal"], one["state"]) for name, one in superd.instances().items()}
    enabled = {name: (unit["enabled"], unit.get("configured")) for name, unit in superd.units().items()}
    parts = sorted(superd.parts().items())
    accepted = (superd.runtime / "accepted").read_bytes()
    commands = [event for event in superd.events() if event["event"] in ("command", "config")]
    return instances, enabled, parts, accepted, commands


def by_superctl(bus, user, *arguments):
    return bus.run([harness.BIN / "superctl", "--bus", *arguments], user)


def test_a_rule_may_allow_one_verb_on_one_unit(pair, bus, polkit):
    polkit.set([{"uid": OPS[0], "action": "org.superd.manage-units", "unit": "web", "verb": "restart", "answer": "yes"}])
    before = pair.pids()
    assert by_superctl(bus, OPS, "restart", "web").stdout == "web: ready\n"
    question = polkit.next()
    assert {key: question[key] for key in ("kind", "action", "unit", "verb", "uid", "interactive")} == {
        "kind": "system-bus-name", "action": "org.superd.manage-units", "unit": "web", "verb": "restart", "uid": OPS[0],
        "interactive": True}
    assert "$(unit)" in question["polkit.message"]
    assert pair.pid("web") != before["web/0"] and pair.pid("db") == before["db/0"]
    command = [event for event in pair.events() if event["event"] == "command"][-1]
    assert (command["action"], command["unit"], command["uid"]) == ("restart", "web", OPS[0])
    after = snapshot(pair)
    for arguments in (["stop", "web"], ["restart", "db"], ["restart", "web", "db"], ["restart", "--all"], ["restart", "we*", "db"]):
        refused = by_superctl(bus, OPS, *arguments)
        assert refused.returncode == 6 and "user 33 may not" in refused.stderr, (arguments, refused)
    assert snapshot(pair) == after
    # A pattern is asked about by the names that it stands for.
    polkit.asked()
    assert by_superctl(bus, OPS, "restart", "w*").returncode == 0
    assert [one["unit"] for one in polkit.asked()] == ["web"]
    # So is it with typed methods; there nobody is asked for a password unless the caller says so.
    assert bus.data("Restart", "a{sv}", 0, path=WEB_PATH, interface=UNIT, user=OPS) is None
    assert polkit.next()["verb"] == "restart"
    denied = bus.gdbus("Stop", OPTIONS, path=WEB_PATH, interface=UNIT, user=OPS).stderr
    assert "user 33 may not stop web: polkit does not allow it" in denied


def test_polkit_s_answers_become_the_errors_that_the_bus_has_for_them(pair, bus, polkit):
    def ask(interactive):
        flags = ["--interactive"] if interactive else []
        return bus.run(["gdbus", "call", "--system", *flags, "--dest", "org.superd", "--object-path", WEB_PATH, "--method",
                        f"{UNIT}.Stop", OPTIONS], OPS).stderr
    before = snapshot(pair)
    assert "polkit does not allow it org.superd.manage-units" in ask(True)
    polkit.set([{"answer": "challenge"}])
    assert "needs a password" in ask(False)
    assert [one["interactive"] for one in polkit.asked()] == [True, False]
    polkit.process.close()
    assert "no polkit on the bus" in ask(True)
    assert snapshot(pair) == before
    assert bus.call("Stop", "a{sv}", 0, path=WEB_PATH, interface=UNIT).returncode == 0  # Root needs no polkit.


def test_nothing_happens_for_a_caller_that_leaves_while_polkit_thinks(pair, bus, polkit):
    polkit.set([{"answer": "never"}])
    before = snapshot(pair)
    asking = subprocess.Popen(system_bus.as_user(OPS, [harness.BIN / "superctl", "--bus", "stop", "web"]), env=bus.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    typed = subprocess.Popen(system_bus.as_user(OPS, ["busctl", f"--address={bus.address}", "call", "org.superd", WEB_PATH, UNIT,
                                                      "Stop", "a{sv}", "0"]), stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    assert {polkit.next()["verb"], polkit.next()["verb"]} == {"stop"}
    for process in (asking, typed):
        process.kill()
        process.wait()
    polkit.process.close()  # Its answer is an error now, for whoever still wanted one.
    assert bus.data("ListUnits", "as", 1, "web")[0][0][1] == "ready"
    assert snapshot(pair) == before


def test_strangers_learn_no_names(pair, bus, polkit):
    """An error does not tell those who may not look whether there is such a unit."""
    for unit in ("web", "nothing"):
        over = by_superctl(bus, NOBODY, "stop", unit)
        assert over.returncode == 6 and "did you mean" not in over.stderr
        typed = bus.gdbus("Stop", OPTIONS, path=f"/org/superd/unit/{unit}", interface=UNIT, user=NOBODY)
        assert "polkit does not allow it" in typed.stderr, typed.stderr
    pattern = by_superctl(bus, NOBODY, "stop", "w*")
    assert "web" not in pattern.stderr and pattern.returncode == 6


def test_readers_may_look_over_the_bus_and_change_nothing(pair, bus, polkit):
    pair.settings('[bus]\naddress = "system"\n[control]\nreaders = ["nobody"]\n')
    pair.ctl("reload")
    assert [row[0] for row in bus.data("ListUnits", "as", 0, user=NOBODY)[0]] == ["db", "web"]
    assert by_superctl(bus, NOBODY, "list").stdout == "db\nweb\n"
    before = snapshot(pair)
    assert by_superctl(bus, NOBODY, "stop", "web").returncode == 6
    assert snapshot(pair) == before


SEND_DESCRIPTOR = """
import dbus
where = dbus.SystemBus().get_object("org.superd", "/org/superd/manager", introspect=False)
try:
    where.get_dbus_method("GetUnit", "org.superd.Manager1")(dbus.types.UnixFd(0))
except dbus.DBusException as error:
    print(error.get_dbus_name())
"""


def test_nobody_can_send_descriptors_which_superd_would_have_to_close(pair, bus):
    sent = bus.run(["/usr/bin/python3", "-c", SEND_DESCRIPTOR], NOBODY)
    assert sent.stdout.strip() == "org.freedesktop.DBus.Error.AccessDenied", sent


# Everything, by somebody who may nothing. A verb or a method that is new has to be added here.

LOOK, CHANGE, OPEN = "may not look", "may not", ""
# superctl's verbs: arguments, and what it says to a stranger. None: it asks no superd.
VERBS = {
    "start": (["web"], CHANGE), "stop": (["web"], CHANGE), "restart": (["web"], CHANGE), "scale": (["web=3"], CHANGE),
    "enable": (["web"], CHANGE), "disable": (["web"], CHANGE), "reload": ([], CHANGE), "apply": ([], CHANGE),
    "signal": (["KILL", "web"], CHANGE), "reset": (["web"], CHANGE), "freeze": (["web"], CHANGE), "thaw": (["web"], CHANGE),
    "upgrade": ([], CHANGE),
    "status": ([], LOOK), "list": ([], LOOK), "logs": (["web"], LOOK), "plan": ([], LOOK), "wait": (["web"], LOOK),
    "events": ([], LOOK), "tree": ([], LOOK), "tasks": ([], LOOK), "threads": ([], LOOK), "timeline": ([], LOOK),
    "top": ([], LOOK), "timers": ([], LOOK), "why": (["web"], LOOK), "version": ([], OPEN), "help": ([], OPEN),
    "health": ([], LOOK), "import": (["procfile", "/dev/null"], None), "check": (["--config", "/nonexistent"], None),
}
NONE, WEB, OPTIONS = "@as []", "['web']", "@a{sv} {}"
# Methods: arguments, and what is said.
METHODS = {
    "ListUnits": ([NONE], LOOK), "GetUnit": (["'web'"], LOOK), "Status": ([NONE, OPTIONS], LOOK), "Tree": ([NONE], LOOK),
    "Why": ([NONE], LOOK), "Tasks": ([NONE], LOOK), "Threads": ([NONE, OPTIONS], LOOK), "Events": ([NONE, OPTIONS], LOOK),
    "Health": (["'liveness'", NONE], LOOK), "Plan": ([], LOOK), "Parts": ([], OPEN), "Wait": ([WEB, "'ready'", OPTIONS], LOOK), "Subscribe": ([], LOOK),
    "Unsubscribe": ([], LOOK), "OpenControl": ([], OPEN), "Start": ([WEB, OPTIONS], CHANGE), "Stop": ([WEB, OPTIONS], CHANGE),
    "Restart": ([WEB, OPTIONS], CHANGE), "Reset": ([WEB, OPTIONS], CHANGE), "Freeze": ([WEB, OPTIONS], CHANGE), "Thaw": ([WEB, OPTIONS], CHANGE),
    "Scale": (["{'web': '3'}", OPTIONS], CHANGE),
    "Enable": ([WEB, OPTIONS], CHANGE), "Disable": ([WEB, OPTIONS], CHANGE), "Signal": ([WEB, "'KILL'", OPTIONS], CHANGE),
    "Reload": ([], CHANGE), "Apply": ([OPTIONS], CHANGE), "Upgrade": ([], CHANGE),
}
UNIT_METHODS = {
    "Status": ([OPTIONS], LOOK), "Why": ([], LOOK), "Wait": (["'ready'", OPTIONS], LOOK), "Start": ([OPTIONS], CHANGE),
    "Stop": ([OPTIONS], CHANGE), "Restart": ([OPTIONS], CHANGE), "Reset": ([OPTIONS], CHANGE), "Freeze": ([OPTIONS], CHANGE), "Thaw": ([OPTIONS], CHANGE),
    "Scale": (["'3'", OPTIONS], CHANGE),
    "Enable": ([OPTIONS], CHANGE), "Disable": ([OPTIONS], CHANGE), "Signal": (["'KILL'", OPTIONS], CHANGE),
}


def methods_of(interface):
    tree = ElementTree.parse(system_bus.PACKAGING / f"dbus/{interface}.xml")
    return {method.get("name") for method in tree.iter("method")}


def test_each_verb_of_a_stranger_is_refused_on_the_socket_and_on_the_bus(pair, bus, polkit):
    listed = re.findall(r"^  ([a-z]+) ", pair.ctl("help").stdout.partition("Verbs:")[2].partition("Flags:")[0], re.M)
    assert set(listed) == set(VERBS), "a verb has no row here"
    before = snapshot(pair)
    for verb, (arguments, said) in VERBS.items():
        for way in (["--socket", pair.runtime / "control.sock"], ["--bus"]):
            result = bus.run([harness.BIN / "superctl", *way, verb, *arguments], NOBODY)
            if said is None or said == OPEN:
                assert "web" not in result.stdout.replace("(web", "").replace("web*", "").replace("web/0", "") or verb == "help", verb
                continue
            assert result.returncode == 6 and result.stdout == "", (way, verb, result)
            assert said in result.stderr, (way, verb, result.stderr)
    assert snapshot(pair) == before
    # On the bus each change was asked for by its name.
    assert {one["verb"] for one in polkit.asked()} == {verb for verb, (_, said) in VERBS.items() if said == CHANGE}


@pytest.mark.parametrize("interface, path, table", [(MANAGER, MANAGER_PATH, METHODS), (UNIT, WEB_PATH, UNIT_METHODS)])
def test_each_method_of_a_stranger_is_refused(pair, bus, polkit, interface, path, table):
    assert methods_of(interface) == set(table), "a method has no row here"
    before = snapshot(pair)
    for method, (arguments, said) in table.items():
        result = bus.gdbus(method, *arguments, path=path, interface=interface, user=NOBODY)
        if said == OPEN:
            assert result.returncode == 0, (method, result.stderr)
            continue
        assert result.returncode != 0 and "AccessDenied" in result.stderr and said in result.stderr, (method, result.stderr)
    standard = [("Introspectable", "Introspect", []), ("Properties", "GetAll", [f"'{interface}'"]),
                ("Properties", "Get", [f"'{interface}'", "'Name'"]), ("Properties", "Set", [f"'{interface}'", "'Name'", "<'x'>"])]
    for group, member, arguments in standard:
        refused = bus.gdbus(member, *arguments, path=path, interface=f"org.freedesktop.DBus.{group}", user=NOBODY)
        assert LOOK in refused.stderr, (member, refused.stderr)
    managed = bus.gdbus("GetManagedObjects", path="/org/superd", interface="org.freedesktop.DBus.ObjectManager", user=NOBODY)
    assert LOOK in managed.stderr
    assert snapshot(pair) == before


@pytest.mark.parametrize("interface, path, table", [(MANAGER, MANAGER_PATH, METHODS), (UNIT, WEB_PATH, UNIT_METHODS)])
def test_each_method_works_for_those_who_may(pair, bus, polkit, interface, path, table):
    """Else the refusals above would show nothing."""
    polkit.set([{"answer": "yes"}])
    pair.settings('[bus]\naddress = "system"\n[control]\nreaders = ["*"]\n')
    pair.ctl("reload")
    for method, (arguments, _) in table.items():
        if method in ("Upgrade", "Stop", "Signal", "Freeze", "Thaw"):
            continue  # They would end what the others need, or need control groups.
        result = bus.gdbus(method, *arguments, path=path, interface=interface, user=NOBODY)
        assert result.returncode == 0, (method, result.stderr)
    result = bus.gdbus("Stop", *table["Stop"][0], path=path, interface=interface, user=NOBODY)
    assert result.returncode == 0 and pair.instance("web")["state"] == "inactive"


def test_the_connection_that_a_stranger_is_given_lets_nothing_through(pair, bus, polkit):
    """OpenControl hands out the HTTP API itself: every path of it is tried on such a connection."""
    paths = re.findall(r"^  (/v1/[a-z]+):\n    (get|post):", (system_bus.PACKAGING.parent / "daemon/control/openapi.yaml").read_text(),
                       re.M)
    assert len(paths) >= 20
    bodies = {"/v1/scale": '{"instances":{"web":3}}', "/v1/wait": '{"units":["web"],"until":"ready"}',
              "/v1/signal": '{"units":["web"],"signal":"KILL"}', "/v1/reload": "", "/v1/apply": "", "/v1/upgrade": ""}
    script = """
import dbus, json, socket, sys
one = dbus.Interface(dbus.SystemBus().get_object("org.superd", "/org/superd/manager", introspect=False), "org.superd.Manager1")
told = {}
for path, method, body in json.load(sys.stdin):
    with socket.socket(fileno=one.OpenControl().take()) as connection:
        connection.sendall(f"{method.upper()} {path} HTTP/1.1\\r\\nConnection: close\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n{body}".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    told[path] = int(answer.split()[1])
print(json.dumps(told))
"""
    before = snapshot(pair)
    questions = [(path, method, "" if method == "get" else bodies.get(path, '{"units":["web"]}')) for path, method in paths]
    result = subprocess.run(system_bus.as_user(NOBODY, [system_bus.PYTHON, "-c", script]), env=bus.environment, text=True,
                            input=json.dumps(questions), capture_output=True, timeout=harness.PATIENCE)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert {path: status for path, status in told.items() if status != 403} == {"/v1/version": 200, "/v1/health": 200}
    assert snapshot(pair) == before
    assert processes.alive(pair.pid("web"))


def test_a_stranger_cannot_take_all_connections(pair, bus):
    script = """
import dbus, sys
one = dbus.Interface(dbus.SystemBus().get_object("org.superd", "/org/superd/manager", introspect=False), "org.superd.Manager1")
held = []
try:
    while True:
        held.append(one.OpenControl().take())
except dbus.DBusException as error:
    print(len(held), error.get_dbus_name(), flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(system_bus.as_user(NOBODY, [system_bus.PYTHON, "-c", script]), env=bus.environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as many:
        assert many.stdout.readline() == "8 org.freedesktop.DBus.Error.LimitsExceeded\n"
        assert by_superctl(bus, None, "list").stdout == "db\nweb\n"
        many.stdin.close()


def test_a_stranger_whom_polkit_lets_wait_cannot_take_all_calls(pair, bus, polkit):
    """However many connections he has: what one user waits for leaves room for others."""
    polkit.set([{"answer": "never"}])
    script = """
import sys
import dbus, dbus.mainloop.glib
from gi.repository import GLib
dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
loop, refused = GLib.MainLoop(), []
def ended(error):
    refused.append(error.get_dbus_name())
    if len(refused) == 44:
        print(set(refused) == {"org.freedesktop.DBus.Error.LimitsExceeded"}, flush=True)
clients = [dbus.SystemBus(private=True) for _ in range(2)]
for client in clients:
    one = dbus.Interface(client.get_object("org.superd", "/org/superd/manager", introspect=False), "org.superd.Manager1")
    for _ in range(150):
        one.Stop(dbus.Array(["web"], "s"), dbus.Dictionary({}, "sv"), reply_handler=lambda rows: None, error_handler=ended)
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
loop.run()
"""
    with subprocess.Popen(system_bus.as_user(OPS, [system_bus.PYTHON, "-c", script]), env=bus.environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as many:
        assert many.stdout.readline() == "True\n"
        assert bus.data("Restart", "asa{sv}", 1, "db", 0)[0][0][2] == "done"
        many.stdin.close()
