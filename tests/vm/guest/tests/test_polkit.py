"""What superd's package tells polkit and the system's bus."""
import json

from machine import sh, until

SLEEPER = 'exec = ["/bin/sleep", "infinity"]\n'


def test_the_package_s_files_are_what_polkit_and_the_bus_go_by(units):
    units.add("shop", SLEEPER)
    units.apply()
    until("superd to be on the bus", lambda: sh("busctl", "status", "org.superd", check=False).returncode == 0)
    actions = sh("pkaction").stdout.split()
    assert {"org.superd.manage-units", "org.superd.manage-unit-files", "org.superd.reload-daemon",
            "org.superd.manage-daemon"} <= set(actions)
    rows = json.loads(sh("busctl", "--json=short", "call", "org.superd", "/org/superd/manager", "org.superd.Manager1",
                         "ListUnits", "as", "1", "shop").stdout)["data"][0]
    assert [row[:2] for row in rows] == [["shop", "ready"]]
    stolen = sh("setpriv", "--reuid=visitor", "--regid=visitor", "--init-groups", "python3", "-c",
                "import dbus; dbus.SystemBus().request_name('org.superd')", check=False)
    assert "AccessDenied" in stolen.stderr  # Nobody but root may be org.superd.
