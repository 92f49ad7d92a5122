"""superctl top: what instances use."""
import os
import pty
import select
import subprocess

BUSY = 'exec = ["/bin/sh", "-c", "sleep 1000 & while :; do :; done"]\n'


def test_once_tells_who_uses_what(superd):
    superd.unit("busy", BUSY)
    superd.unit("idle", 'exec = ["sleep", "1000"]\ninstances = 2\n')
    superd.unit("down", 'exec = ["sleep", "1000"]\nautostart = false\n')
    superd.start()

    def look():
        found = superd.json("top")["instances"]
        return found if found[0]["unit"] == "busy" and found[0]["tasks"] == 2 else None
    rows = superd.await_that(look)  # It is asked after superd's start, not after the shell's.
    assert [row["unit"] for row in rows][0] == "busy" and len(rows) == 4
    busy = rows[0]
    assert busy["cpu-percent"] > 0 and busy["tasks"] == 2 and busy["memory"] > 0
    down = next(row for row in rows if row["unit"] == "down")
    assert (down["pid"], down["cpu-percent"], down["tasks"], down["state"]) == (None, None, None, "inactive")
    text = superd.ctl("top", "--once", "--delay", "100ms").stdout.splitlines()
    assert text[0].startswith("3 of 4 instances run: cpu ")
    assert text[1].split() == ["NAME", "STATE", "PID", "CPU%", "MEMORY", "TASKS", "RESTARTS"]
    assert {line.split()[0] for line in text[2:]} == {"busy", "idle/0", "idle/1", "down"}
    assert len(superd.json("top", "idle/1")["instances"]) == 1


def test_on_a_terminal_it_goes_on_until_q(superd):
    superd.unit("web", 'exec = ["sleep", "1000"]\n')
    superd.start()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(superd.command("top", "--delay", "100ms"), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while seen.count(b"\x1b[H") < 3:  # Drawn again in place.
        assert select.select([ours], [], [], 30)[0], seen
        seen += os.read(ours, 65536)
    os.write(ours, b"q")
    while b"\x1b[?1049l" not in seen:
        assert select.select([ours], [], [], 30)[0], seen
        seen += os.read(ours, 65536)
    assert process.wait(30) == 0
    assert b"\x1b[?1049h" in seen and b"web" in seen and b"CPU%" in seen
    os.close(ours)
