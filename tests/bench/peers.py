"""The supervisors that are compared: how each is made to run N services, and asked things.

Each class has: available(), start(n) (returns once its own process was launched), kill_target(tag),
stop() (ends everything), pids() (its own processes, loggers included). Services are bench_svc."""
import os
import pathlib
import shutil
import signal
import subprocess
import time


class Peer:
    name = "?"
    needs = ()

    def __init__(self, work, svc, board):
        self.work = pathlib.Path(work)
        self.svc, self.board = svc, board
        self.process = None

    @classmethod
    def available(cls):
        return all(shutil.which(p) for p in cls.needs)

    def fresh(self):
        self.dir = self.work / f"{self.name}-{time.monotonic_ns()}"
        self.dir.mkdir(parents=True)

    def launch(self, argv, **options):
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True, **options)

    def tree(self):
        """Its process and all descendants."""
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
                try:
                    queue += [int(c) for c in (task / "children").read_text().split()]
                except OSError:
                    pass
        return found

    def own(self):
        """Its own processes: everything in its tree but the services."""
        mine = []
        for pid in self.tree():
            try:
                if os.path.realpath(f"/proc/{pid}/exe") != os.path.realpath(self.svc):
                    mine.append(pid)
            except OSError:
                pass
        return mine

    def end(self):
        # Its supervisors stand still first: they would start again what is killed before them.
        for number, pids in ((signal.SIGSTOP, self.own()), (signal.SIGKILL, self.tree())):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Superd(Peer):
    name = "superd"

    def __init__(self, work, svc, board, bin_dir):
        super().__init__(work, svc, board)
        self.bin = pathlib.Path(bin_dir)

    def configure(self, n, autostart=True, extra=""):
        self.fresh()
        units = self.dir / "etc/units"
        units.mkdir(parents=True)
        (self.dir / "etc/superd.toml").write_text("[log]\nforeground = false\n")
        for i in range(n):
            (units / f"s{i}.toml").write_text(
                f'exec = ["{self.svc}", "{self.board}", "{i}"]\n'
                f"autostart = {'true' if autostart else 'false'}\n{extra}")
        self.env = dict(os.environ, SUPERD_RUNTIME_DIR=str(self.dir / "run"))

    def start(self, n, autostart=True, extra=""):
        self.configure(n, autostart, extra)
        self.run()

    def run(self):
        d = self.dir
        self.launch([str(self.bin / "superd"), "--config", str(d / "etc"), "--runtime-dir", str(d / "run"),
                     "--state-dir", str(d / "state"), "--log-dir", str(d / "log")], env=self.env)

    def ctl(self, *args, check=True):
        return subprocess.run([str(self.bin / "superctl"), *args], env=self.env, check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Runit(Peer):
    name = "runit"
    needs = ("runsvdir",)
    scan = "runsvdir"

    def start(self, n):
        self.fresh()
        for i in range(n):
            d = self.dir / f"s{i}"
            d.mkdir()
            run = d / "run"
            run.write_text(f"#!/bin/sh\nexec {self.svc} {self.board} {i}\n")
            run.chmod(0o755)
        self.launch([self.scan, str(self.dir)])


class S6(Runit):
    name = "s6"
    needs = ("s6-svscan",)

    def start(self, n):
        self.fresh()
        for i in range(n):
            d = self.dir / f"s{i}"
            d.mkdir()
            run = d / "run"
            run.write_text(f"#!/bin/execlineb -P\n{self.svc} {self.board} {i}\n"
                           if shutil.which("execlineb") else f"#!/bin/sh\nexec {self.svc} {self.board} {i}\n")
            run.chmod(0o755)
        self.launch(["s6-svscan", "-c", str(max(500, n + 10)), str(self.dir)])


class Daemontools(Runit):
    name = "daemontools"
    needs = ("svscan", "supervise")
    scan = "svscan"


class Supervisord(Peer):
    name = "supervisord"
    needs = ("supervisord",)

    def start(self, n):
        self.fresh()
        lines = [f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
                 f"pidfile={self.dir}/pid\nminfds=15000\nidentifier=bench\n"]
        for i in range(n):
            lines.append(f"[program:s{i}]\ncommand={self.svc} {self.board} {i}\nautorestart=true\n"
                         f"startsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n")
        (self.dir / "conf").write_text("\n".join(lines))
        self.launch(["supervisord", "-c", str(self.dir / "conf")])


PEERS = [Daemontools, Runit, S6, Supervisord]
