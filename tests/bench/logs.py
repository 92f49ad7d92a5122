"""Log throughput: superd-logger (stamped, in superd, from a real unit) beside cat, s6-log and svlogd.

The same writer writes the same numbered 100-byte lines to each; the clock runs from the writer's start until
the last line is in the file."""
import os
import pathlib
import shutil
import subprocess
import time

from measure import median


def last_line_is(path, number):
    try:
        # Asked each millisecond, on the cores that are measured: nothing but a stat(2) until
        # the file is as long as that many lines with a stamp each.
        if os.stat(path).st_size < (number + 1) * (100 + len("2026-11-23T21:15:00.123456Z ")):
            return False
        with open(path, "rb") as f:
            f.seek(0, os.SEEK_END)
            f.seek(max(0, f.tell() - 400))
            return b"%012d" % number in f.read()
    except OSError:
        return False


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def through_pipe(writer, lines, batch, reader, output, work):
    """Seconds, and the reader's CPU seconds."""
    shutil.rmtree(output, ignore_errors=True)
    begin = time.monotonic()
    first = subprocess.Popen([writer, "write", str(lines), str(batch)], stdout=subprocess.PIPE)
    stdout = open(output, "wb") if reader[0] == "cat" else subprocess.DEVNULL
    second = subprocess.Popen(reader, stdin=first.stdout, stdout=stdout, stderr=subprocess.DEVNULL)
    first.stdout.close()
    first.wait()
    _, _, usage = os.wait4(second.pid, 0)
    second.returncode = 0
    took = time.monotonic() - begin
    if os.path.isfile(output):
        os.unlink(output)
    shutil.rmtree(output, ignore_errors=True)
    return took, usage.ru_utime + usage.ru_stime


def through_superd(bench, writer, lines, batch):
    superd = bench.superd
    superd.configure(0)
    unit = superd.dir / "etc/units/writer.toml"
    unit.write_text(f'type = "oneshot"\nautostart = false\nexec = ["{writer}", "write", "{lines}", "{batch}"]\n'
                    '[log]\nmax-size = "100GiB"\ncompress = false\nforeground = false\n')
    superd.run()
    bench.await_control()
    import json
    logger = json.loads(superd.ctl("status", "--json").stdout)["superd"]["logger"]["pid"]
    path = superd.dir / "log/writer/0.log"
    cpu = cpu_of(logger)
    begin = time.monotonic()
    superd.ctl("start", "writer", "--no-wait")
    while not last_line_is(path, lines - 1):
        time.sleep(0.001)
        if time.monotonic() - begin > 300:
            raise TimeoutError("the last line did not come")
    took = time.monotonic() - begin
    cpu = cpu_of(logger) - cpu
    stored = int(subprocess.run(["wc", "-l", path], stdout=subprocess.PIPE, text=True).stdout.split()[0])
    superd.stop()
    if stored != lines:
        raise AssertionError(f"{stored} of {lines} lines were stored")
    return took, cpu


def run(bench):
    writer = str(bench.build / "bench/bench_log_writer")
    rounds = 1 if bench.quick else 3
    for batch, lines, target in ((1, 1_000_000, 0.9), (640, 8_000_000, 1.0)):
        if bench.quick:
            lines //= 10
        gigabytes = lines * 100 / 1e9
        readers = {"cat": ["cat"]}
        if shutil.which("s6-log"):
            readers["s6-log"] = ["s6-log", "n5", "s100000000", str(bench.work / "s6")]
        if shutil.which("svlogd"):
            readers["svlogd"] = ["svlogd", str(bench.work / "sv")]
        seconds, cpu = {}, {}
        for _ in range(rounds):
            for name, argv in readers.items():
                output = bench.work / {"cat": "cat.out", "s6-log": "s6", "svlogd": "sv"}[name]
                if name == "svlogd":
                    output.mkdir(exist_ok=True)
                    took, used = through_svlogd(writer, lines, batch, argv, output)
                else:
                    took, used = through_pipe(writer, lines, batch, argv, output, bench.work)
                seconds.setdefault(name, []).append(took)
                cpu.setdefault(name, []).append(used)
            took, used = through_superd(bench, writer, lines, batch)
            seconds.setdefault("superd", []).append(took)
            cpu.setdefault("superd", []).append(used)
        cat = gigabytes / median(seconds["cat"])
        for name in seconds:
            rate = gigabytes / median(seconds[name])
            each = median(cpu[name]) / gigabytes
            print(f"logs, {batch:>3} lines a write              {name:<8} {rate * 1000:9.1f} MB/s "
                  f"{rate / cat:5.2f} x cat   {each:5.2f} CPU s/GB", flush=True)
        rate = gigabytes / median(seconds["superd"])
        print(f"  target {target} x cat: {'ok' if rate / cat >= target else 'MISSED'}")


def through_svlogd(writer, lines, batch, argv, output):
    begin = time.monotonic()
    first = subprocess.Popen([writer, "write", str(lines), str(batch)], stdout=subprocess.PIPE)
    second = subprocess.Popen(argv, stdin=first.stdout, stderr=subprocess.DEVNULL)
    first.stdout.close()
    first.wait()
    _, _, usage = os.wait4(second.pid, 0)
    second.returncode = 0
    took = time.monotonic() - begin
    shutil.rmtree(output, ignore_errors=True)
    return took, usage.ru_utime + usage.ru_stime
