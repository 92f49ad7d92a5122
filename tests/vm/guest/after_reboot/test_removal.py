"""The package's end: last of all, for nothing can be tried without it."""
import pathlib

from machine import UNITS, alive, sh, show, status, until


def test_what_is_removed_ends_in_order_and_nothing_starts_it_again():
    # Not started by the boot, but by who calls.
    sh("systemctl", "enable", "superd.socket", timeout=60)
    sh("systemctl", "stop", "superd.service", timeout=60)
    sh("systemctl", "start", "superd.socket", timeout=60)
    until("the unit of a superd that its socket has started", lambda: status("lasting")["state"] == "ready")
    pid = status("lasting")["instances"][0]["pid"]
    sh("dpkg", "--remove", "superd", timeout=120)
    assert not alive(pid)
    for unit in ("superd.service", "superd.socket"):
        assert show(unit, "ActiveState")["ActiveState"] == "inactive", unit
    assert sh("pgrep", "^superd", check=False).stdout == ""
    assert (UNITS / "lasting.toml").exists()


def test_what_is_installed_again_runs_what_ran():
    sh("dpkg", "-i", *pathlib.Path(".").glob("superd_*.deb"), timeout=120)
    until("the unit of before", lambda: status("lasting")["state"] == "ready")


def test_a_purge_leaves_the_administrators_files_alone():
    sh("dpkg", "--purge", "superd", timeout=120)
    assert [each for each in ("/var/lib/superd", "/var/log/superd", "/run/superd") if pathlib.Path(each).exists()] == []
    assert (UNITS / "lasting.toml").exists()
