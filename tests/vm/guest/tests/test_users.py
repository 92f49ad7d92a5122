"""Services of many users."""
import pathlib
import pwd

from machine import pids, sh, status

COUNT = 20


def test_twenty_services_of_twenty_users_run_as_those_and_apart(units):
    names = [f"tenant-{number:02}" for number in range(COUNT)]
    for name in names:
        try:
            pwd.getpwnam(name)
        except KeyError:
            sh("useradd", "--system", "--no-create-home", name)
        units.add(name, f'exec = ["/bin/sleep", "infinity"]\nuser = "{name}"\n')
    units.apply()
    groups = set()
    for name, [pid] in pids(*names).items():
        proc = pathlib.Path(f"/proc/{pid}")
        uids = next(line for line in (proc / "status").read_text().splitlines() if line.startswith("Uid:"))
        assert uids.split()[1:] == [str(pwd.getpwnam(name).pw_uid)] * 4
        groups.add((proc / "cgroup").read_text().strip())
        assert status(name)["state"] == "ready"
    assert len(groups) == COUNT  # One control group each.
