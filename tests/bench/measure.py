"""Measurements of processes: PSS, CPU time, context switches, medians."""
import os
import pathlib
import statistics


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total


def runs(pid):
    """Whether it runs; one that has ended and is about to be reaped does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def switches(pids):
    """Voluntary context switches: how often they woke up and went to sleep again."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def median(values):
    return statistics.median(values)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Table:
    """Rows of a result, printed as they come and kept for the summary."""

    def __init__(self, stream):
        self.stream = stream
        self.rows = []

    def add(self, what, who, value, unit, ratio=None, target=None):
        verdict = ""
        if ratio is not None and target is not None:
            verdict = "ok" if ratio <= target else "MISSED"
        self.rows.append((what, who, value, unit, ratio, target, verdict))
        text = f"{what:<34} {who:<12} {value:>12.3f} {unit:<8}"
        if ratio is not None:
            text += f" {ratio:6.2f} x floor"
        if target is not None:
            text += f"  (target {target:g}) {verdict}"
        print(text, file=self.stream, flush=True)
