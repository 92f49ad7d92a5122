"""What services write: attributed, bounded, followed, and kept when the disk is not."""
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys

import pytest

import harness
import processes
import storm

NUMBERS = harness.PROGRAMS / "numbers.py"
TEXT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z web/0\[(\d+)\] (out|err): (.*)$")


def writer(superd, name, seconds, more="", padding=0):
    superd.unit(name, f'exec = ["{sys.executable}", "{NUMBERS}", "{superd.base}/errors", "{seconds}", "{padding}"]\n{more}')


def await_lines(superd, name, count):
    """The lines of a service's log, once there are that many."""
    log = superd.log / name / "0.log"
    superd.await_that(lambda: log.exists() and len(log.read_text().splitlines()) >= count)
    return log.read_text().splitlines()


def test_both_streams_are_stamped_and_told_apart(superd):
    superd.unit("web", 'exec = ["sh", "-c", "echo one; echo two >&2; printf three; exec sleep 100000"]\n')
    superd.start()
    await_lines(superd, "web", 2)  # The third has no newline: it ends with the run.
    superd.ctl("stop", "web")
    lines = [TEXT.match(line) for line in await_lines(superd, "web", 3)]
    assert all(lines)
    assert sorted((m[2], m[3]) for m in lines) == [("err", "two"), ("out", "one"), ("out", "three")]
    shown = superd.ctl("logs", "web", "--stream", "err").stdout.splitlines()
    assert [TEXT.match(line)[3] for line in shown] == ["two"]
    assert TEXT.match(superd.ctl("logs", "web", "-n", "1").stdout.rstrip("\n"))


def test_the_last_lines_of_a_short_run_are_its_own(superd):
    superd.unit("web", '''exec = ["sh", "-c", "echo run $SUPERD_RUN"]
restart = { policy = "always", delay = "10ms", max-delay = "50ms" }''')
    superd.start()
    superd.await_that(lambda: superd.instance("web")["restarts"] >= 8)
    superd.ctl("stop", "web")
    superd.await_that(lambda: len([e for e in superd.events() if e["event"] == "lines"]) >= 8)
    for event in superd.events():
        if event["event"] == "lines":
            assert len(event["lines"]) == 1 and event["lines"][0].startswith(f"out: run {event['run']}@")


def test_json_lines_are_json_whatever_is_written(superd):
    superd.unit("web", r'''exec = ["sh", "-c", "printf 'say \"hi\"\\\\\\t\\033[31m\\377\\n'; exec sleep 100000"]
log.format = "json"''')
    superd.start()
    lines = [json.loads(line) for line in await_lines(superd, "web", 1)]
    assert len(lines) == 1
    one = lines[0]
    assert (one["service"], one["instance"], one["stream"]) == ("web", 0, "out")
    assert one["message"] == 'say "hi"\\\t\x1b[31m\ufffd'


def on_a_terminal(superd, *arguments):
    """What superctl writes to a terminal, and its exit status."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(superd.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 65536):
                seen += part
        except OSError:  # It has been closed by everybody.
            pass
        os.close(ours)
    return seen.replace(b"\r\n", b"\n"), process.returncode


def test_what_a_service_writes_does_not_command_a_terminal(superd):
    evil = r"\033]52;c;eA==\007\033[2J\302\233H \033[31mred\033[0m\tgr\303\274n\n"
    superd.unit("web", f"exec = ['sh', '-c', 'printf \"{evil}\"; exec sleep 100000']\n")
    superd.start()
    await_lines(superd, "web", 1)
    as_written = "\x1b]52;c;eA==\x07\x1b[2J\u009bH \x1b[31mred\x1b[0m\tgrün\n".encode()
    harmless = "?]52;c;eA==??[2J¿H \x1b[31mred\x1b[0m\tgrün\n".encode()
    seen, code = on_a_terminal(superd, "logs", "web")
    assert code == 0 and seen.endswith(b" out: " + harmless)
    seen, code = on_a_terminal(superd, "logs", "--raw", "web")
    assert code == 0 and seen.endswith(b" out: " + as_written)
    assert superd.ctl("logs", "web").stdout.encode().endswith(b" out: " + as_written)


def test_follow_ends_when_its_reader_has_gone(superd):
    superd.unit("web", 'exec = ["sh", "-c", "echo one; exec sleep 100000"]\n')
    superd.start()
    await_lines(superd, "web", 1)
    with subprocess.Popen(superd.command("logs", "-f", "web"), stdout=subprocess.PIPE) as follow:
        assert follow.stdout.readline().endswith(b" out: one\n")
        follow.stdout.close()
        assert follow.wait(harness.PATIENCE) == 0


def test_follow_misses_nothing_across_rotation(superd):
    writer(superd, "web", 0.0005, 'log.max-size = "4KiB"\nlog.keep = 1000\nautostart = false\n')
    superd.start()
    superd.ctl("start", "web")
    follow = subprocess.Popen(superd.command("logs", "-f", "-n", "1000", "web"), stdout=subprocess.PIPE, text=True)
    with follow.stdout:
        numbers = []
        for line in follow.stdout:
            numbers.append(int(line.split()[-1]))
            if len(numbers) == 1500:
                break
        follow.kill()
    follow.wait()
    assert numbers == list(range(numbers[0], numbers[0] + 1500)), "lines are missing or twice"
    superd.ctl("stop", "web")
    rotated = [path.name for path in (superd.log / "web").iterdir() if path.name != "0.log"]
    assert len(rotated) >= 10
    superd.terminate()
    storm.check_lines(superd, "web")


def test_what_is_kept_is_bounded_and_compressed(superd):
    writer(superd, "web", 0.0002, 'log.max-size = "4KiB"\nlog.keep = 3\n')
    superd.start()
    folder = superd.log / "web"
    follow = subprocess.Popen(superd.command("logs", "-f", "web"), stdout=subprocess.PIPE, text=True)
    with follow.stdout:
        for _ in range(2000):
            assert follow.stdout.readline()
        follow.kill()
    follow.wait()
    superd.ctl("stop", "web")
    superd.terminate()
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) <= 4 and "0.log" in names, names
    packed = [path for path in folder.iterdir() if path.suffix == ".zst"]
    assert packed, names
    text = subprocess.run(["zstd", "-dcq", packed[0]], capture_output=True, text=True, check=True).stdout
    assert re.search(r"out: line \d+$", text, re.MULTILINE)


def test_the_foreground_copy_is_prefixed_and_harmless(superd):
    superd.unit("web", r'''exec = ["sh", "-c", "echo hello; echo oops >&2; printf '\\033[2Jcleared\\n'; exec sleep 100000"]''')
    superd.start()
    text = superd.await_text("cleared")
    assert re.search(r"^web/0\s+\| hello$", text, re.MULTILINE)
    assert re.search(r"^web/0\s+! oops$", superd.await_text("oops"), re.MULTILINE)
    assert "\x1b[2J" not in text


def mounted_on_a_small_disk(superd):
    """superd in a mount namespace of its own where its log directory is a disk of 1 MiB."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("cannot mount a small disk here: unshare -m is not permitted")
    superd.log.mkdir()
    script = f"mount -t tmpfs -o size=1m tmpfs {superd.log} && exec \"$@\""
    return ["unshare", "-m", "sh", "-c", script, "sh"]


def inside(superd, *command):
    return subprocess.run(["nsenter", "-m", "-t", str(superd.process.pid), *command], check=True,
                          capture_output=True, text=True).stdout


@pytest.mark.parametrize("policy", ["drop", "block"])
def test_a_full_disk(superd, policy):
    """drop: the service goes on, what was lost is counted and told. block: it waits, nothing is lost."""
    prefix = mounted_on_a_small_disk(superd)
    # Not in the foreground, too: what superd says would be lost among so many lines before it is looked for.
    writer(superd, "web", 0.001, f'log.when-full = "{policy}"\nlog.foreground = false\nautostart = false\n', padding=500)
    superd.unit("other", 'exec = ["sleep", "100000"]\n')
    superd.start(prefix=prefix)
    inside(superd, "sh", "-c", f"head -c 2000000 /dev/zero >{superd.log}/ballast || true")
    superd.ctl("start", "web")
    pid = superd.pid("web")
    superd.await_text("No space left on device")
    superd.ctl("restart", "other")
    if policy == "drop":
        superd.await_that(lambda: [e for e in superd.events() if e["event"] == "dropped"])
    assert superd.pid("web") == pid and not (superd.base / "errors").exists()
    inside(superd, "rm", f"{superd.log}/ballast")
    superd.await_that(lambda: "xline" in superd.ctl("logs", "web").stdout)
    superd.ctl("stop", "web")
    text = inside(superd, "cat", f"{superd.log}/web/0.log")
    numbers = [int(n) for n in re.findall(r"out: x*line (\d+)$", text, re.MULTILINE)]
    dropped = sum(int(n) for n in re.findall(r"superd: (\d+) lines? w", text))
    assert numbers == sorted(set(numbers))
    if policy == "block":
        assert numbers == list(range(1, numbers[-1] + 1)) and dropped == 0
    else:
        assert dropped > 0
        assert len(numbers) + dropped == numbers[-1], "lost lines were not counted right"
    assert superd.terminate() == 0


def test_sigusr1_reopens_files_that_somebody_moved(superd):
    writer(superd, "web", 0.001)
    superd.start()
    superd.await_that(lambda: (superd.log / "web/0.log").exists())
    shutil.move(superd.log / "web/0.log", superd.log / "web/moved")
    superd.process.send_signal(signal.SIGUSR1)
    superd.await_that(lambda: (superd.log / "web/0.log").exists())
    superd.ctl("stop", "web")
    both = (superd.log / "web/moved").read_text() + (superd.log / "web/0.log").read_text()
    numbers = [int(n) for n in re.findall(r"out: line (\d+)$", both, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_service_that_outlives_its_logger_never_meets_a_broken_pipe(superd):
    writer(superd, "web", 0.0005, "log.keep = 1000\n")
    superd.start()
    web = superd.await_state("web", "ready")["pid"]
    for _ in range(3):
        logger = superd.parts()["logger"]
        processes.kill(logger)
        processes.wait_gone(logger, 5)
        superd.await_that(lambda: "logger" in superd.parts())
    assert superd.pid("web") == web
    superd.ctl("stop", "web")
    superd.terminate()
    assert not (superd.base / "errors").exists()
    storm.check_lines(superd, "web")
