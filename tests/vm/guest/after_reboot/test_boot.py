"""After a reboot: what superd did as the machine went down, and when it came up."""
import pathlib

from machine import sh, show, status, until


def test_superd_came_up_after_the_network_and_its_units_with_it():
    superd = show("superd.service", "ExecMainStartTimestampMonotonic")["ExecMainStartTimestampMonotonic"]
    network = show("slow-network.service", "ActiveEnterTimestampMonotonic")["ActiveEnterTimestampMonotonic"]
    assert 0 < int(network) <= int(superd)
    until("the unit of before the reboot", lambda: status("lasting")["state"] == "ready")


def test_the_shutdown_before_was_clean_and_in_time():
    journal = sh("journalctl", "--boot=-1", "--unit=superd.service", "--output=cat").stdout
    last = journal[journal.rindex("Started superd.service"):]
    assert "superd.service: Deactivated successfully." in last, last
    assert "timed out" not in last and "Killing process" not in last, last
    # Not by systemd's last SIGKILL, but by superd.
    assert "all units are stopped" in last, last
    assert pathlib.Path("/var/lasting").read_text() == "in order\n"
