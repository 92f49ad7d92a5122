"""Control groups for tests: one of a test's own, below the hierarchy that this machine lets us write to."""
import os
import pathlib
import select

MOUNTS = ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")


class Group:
    """A cgroup v2 group that superd may make its own in; `remove` ends whoever is left in it."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.passed_on = []  # Controllers that groups beside this one have not had before.

    def ask_for(self, controllers):
        """Has the group above pass on what it has itself; what it has not, it has not."""
        above = self.path.parent
        available = set((above / "cgroup.controllers").read_text().split())
        present = set((above / "cgroup.subtree_control").read_text().split())
        for controller in controllers:
            if controller not in available - present:
                continue
            try:
                (above / "cgroup.subtree_control").write_text(f"+{controller}")
                self.passed_on.append(controller)
            except OSError:
                pass  # Real-time processes, say; then it is as if there were none.

    def read(self, name, group=""):
        return (self.path / group / name).read_text()

    def controllers(self):
        return self.read("cgroup.controllers").split()

    def frozen(self, group):
        """Whether all in it stand still."""
        return "frozen 1" in self.read("cgroup.events", group)

    def pids(self, group=""):
        """Whoever is in it and below it."""
        found = []
        for file in (self.path / group).rglob("cgroup.procs"):
            found += map(int, file.read_text().split())
        return found

    def delegate(self):
        """Marks it as systemd's Delegate= does; False where the kernel has no such marks."""
        try:
            os.setxattr(self.path, "user.delegate", b"1")
        except OSError:
            return False
        return True

    def await_empty(self, timeout=10):
        """Waits until no process lives in it or below it."""
        with open(self.path / "cgroup.events", encoding="ascii") as events:
            poll = select.poll()
            poll.register(events, select.POLLPRI)
            while "populated 1" in events.read():
                events.seek(0)
                if not poll.poll(timeout * 1000):
                    return False
        return True

    def remove(self):
        if not self.path.exists():
            return
        (self.path / "cgroup.kill").write_text("1")
        self.await_empty()
        for directory in sorted((p for p in self.path.rglob("*") if p.is_dir()), reverse=True):
            directory.rmdir()
        self.path.rmdir()
        for controller in self.passed_on:
            (self.path.parent / "cgroup.subtree_control").write_text(f"-{controller}")


def make_group(name):
    """A new group, or a sentence that says why there can be none."""
    for mount in MOUNTS:
        root = pathlib.Path(mount)
        if not (root / "cgroup.subtree_control").exists():
            continue
        try:
            (root / name).mkdir()
        except OSError:
            continue
        group = Group(root / name)
        group.ask_for(["memory", "pids", "cpu", "io"])
        return group
    return "no cgroup v2 hierarchy is writable here"
