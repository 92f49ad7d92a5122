"""superd's packages, and superd installed from them in machines of their own (tests/vm), where systemd is PID 1."""
import os
import pathlib
import subprocess

from report import Case, say
from steps import LOGS, ROOT, run
from suites import read_junit

PACKAGES = ROOT / "build" / "deb"


def why_no_container():
    """What this machine lacks for a container with a systemd in it; empty: nothing."""
    if os.geteuid() != 0:
        return "needs root"
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    cgroups = next((mount[1] for mount in mounts if mount[2] == "cgroup2"), None)
    if cgroups is None:
        return "no cgroup v2 is mounted here"
    probe = pathlib.Path(cgroups) / f"superd-probe.{os.getpid()}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError as cause:
        return f"no control group can be made in {cgroups}: {cause.strerror}"
    mounting = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
    return f"nothing can be mounted here: {mounting.stderr.strip()}" if mounting.returncode else ""


def fetch_base(report, wanted):
    """The file system that machines begin with: mostly a download, so it is begun early."""
    if wanted and not why_no_container():
        good = run("vm-base.log", ["tests/vm/machine/base"])
        report.check("machines", "the file system they begin with", good, "see build/test-logs/vm-base.log")


def build_packages(report, twice=False):
    """Debian packages as packaging/build-deb makes them, from what is in the tree, committed or not."""
    say("== build packages")
    good = run("build-deb.log", ["nice", "-n", "10", "packaging/build-deb", "--work-tree", "--output", str(PACKAGES),
                                 *(["--twice"] if twice else [])])
    return report.check("build", "packages", good, "see build/test-logs/build-deb.log")


def surroundings():
    """What tests of the packages find them by, and a Debian to install them in."""
    debian = subprocess.run([ROOT / "tests/vm/machine/base"], capture_output=True, text=True)
    return {"SUPERD_DEB": str(next(PACKAGES.glob("superd_*.deb"))),
            **({"SUPERD_BASE": debian.stdout.strip()} if debian.returncode == 0 else {})}


def run_machine(report, kind, backports=False):
    """The tests of tests/vm/guest in one machine, one case each."""
    name = f"{kind}-backports" if backports else kind
    if lacking := why_no_container():
        return report.add([Case("machines", name, "skipped", lacking)])
    say(f"== tests in a machine: {name}")
    results = ROOT / "build" / "vm-results" / name
    good = run(f"vm-{name}.log", ["tests/vm/run", kind, "--results", str(results),
                                  *(["--backports"] if backports else [])])
    cases = [case for part in sorted(results.glob("junit-*.xml"))
             for case in read_junit(f"machine, {name}", part, f"vm-{name}.log")]
    report.add(cases)
    if not good and all(case.outcome != "failed" for case in cases):
        report.check(f"machine, {name}", "the machine", False, f"see build/test-logs/vm-{name}.log")
    return None
