"""Lines for systemd's journal, given to a socket in its place."""
import os
import pathlib
import signal
import socket
import struct
import subprocess

import pytest

import harness
import processes

# Whoever opened the gate may not have closed it yet when it is read again: then nothing is read.
SPEAKER = '''exec = ["sh", "-c", """echo plain; echo '<3>bad'; echo warned >&2
    until read line < $0; do :; done; echo later; until read line < $0; do :; done; echo last; exec sleep 100000
    """, "%s/gate"]
'''


def parse(entry):
    """An entry of the native protocol as a dictionary."""
    fields = {}
    while entry:
        name, mark, rest = entry.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            entry = rest
        else:
            key = name
            length = struct.unpack("<Q", rest[:8])[0]
            value, entry = rest[8:8 + length], rest[9 + length:]
        fields[key.decode()] = value.decode()
    return fields


class Journal:
    """A socket where superd, in a mount namespace of its own, finds journald's."""

    def __init__(self, base):
        self.directory = base / "systemd" / "journal"
        self.directory.mkdir(parents=True)
        self.socket = None

    def listen(self):
        path = self.directory / "socket"
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.socket.settimeout(harness.PATIENCE)

    def take(self):
        data, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 20, 1)
        if descriptors:
            with os.fdopen(descriptors[0], "rb") as file:
                file.seek(0)
                data = file.read()
        return parse(data)

    def close(self):
        if self.socket:
            self.socket.close()
        (self.directory / "socket").unlink(missing_ok=True)


@pytest.fixture
def journal(superd):
    if os.geteuid() != 0:
        pytest.skip("only root may put a socket where journald's is")
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        pytest.skip(f"no mount namespaces here: {probe.stderr.strip()}")
    made = Journal(superd.base)
    os.mkfifo(superd.base / "gate")
    yield made
    made.close()


def start(superd):
    """superd with a /run of its own, in which the journal's socket is."""
    script = f'mount --make-rprivate / && mount --bind {superd.base} /run && exec "$@"'
    superd.launch(prefix=["unshare", "--mount", "sh", "-c", script, "sh"])
    assert superd.ready.wait(harness.PATIENCE), superd.tail()


def messages(superd):
    return [line.split(": ", 1)[1] for line in superd.ctl("logs", "web", "-n", "100").stdout.splitlines()]


def test_each_line_is_an_entry_with_its_fields(superd, journal):
    superd.unit("web", SPEAKER % superd.base + 'log.target = "journald"\n')
    journal.listen()
    start(superd)
    entries = {entry["MESSAGE"]: entry for entry in (journal.take() for _ in range(3))}
    assert {message: entry["PRIORITY"] for message, entry in entries.items()} == {
        "plain": "6", "bad": "3", "warned": "4"}
    one = superd.instance("web")
    plain = entries["plain"]
    assert plain["SYSLOG_IDENTIFIER"] == plain["SUPERD_UNIT"] == "web"
    assert (plain["SUPERD_INSTANCE"], plain["SUPERD_RUN"], plain["SUPERD_STREAM"]) == ("0", str(one["run"]), "out")
    assert plain["OBJECT_PID"] == str(one["pid"])
    assert entries["warned"]["SUPERD_STREAM"] == "err"
    # The newest lines are at hand all the same.
    superd.await_that(lambda: {"plain", "<3>bad", "warned"} <= set(messages(superd)))


def test_a_long_line_comes_in_pieces_that_say_so(superd, journal):
    superd.unit("web", 'exec = ["sh", "-c", "head -c 100000 /dev/zero | tr \'\\\\0\' x; echo; exec sleep 100000"]\n'
                'log.target = "journald"\n')
    journal.listen()
    start(superd)
    pieces = [journal.take()]
    while "SUPERD_PARTIAL" in pieces[-1]:
        pieces.append(journal.take())
    assert "".join(piece["MESSAGE"] for piece in pieces) == "x" * 100000


def test_without_a_journal_all_is_kept_and_with_one_again_it_goes_there(superd, journal):
    superd.unit("web", SPEAKER % superd.base + 'log.target = "journald"\n')
    start(superd)
    superd.await_that(lambda: "plain" in messages(superd))
    journal.listen()
    # It looks for a journal at most once a second; so long, lines are kept in files.
    def goes_there(patience):
        (superd.base / "gate").write_text("go\n")
        superd.await_that(lambda: "later" in messages(superd) or "last" in messages(superd))
        journal.socket.settimeout(patience)
        try:
            return journal.take()
        except TimeoutError:
            return None
    assert (goes_there(2) or goes_there(harness.PATIENCE))["MESSAGE"] in ("later", "last")


def test_a_killed_logger_and_another_journal_lose_no_line(superd, journal):
    superd.unit("web", SPEAKER % superd.base + 'log.target = "both"\n')
    journal.listen()
    start(superd)
    assert {journal.take()["MESSAGE"] for _ in range(3)} == {"plain", "bad", "warned"}
    logger = superd.parts()["logger"]
    processes.kill(logger)
    assert processes.wait_gone(logger, harness.PATIENCE)
    journal.close()
    journal.listen()
    (superd.base / "gate").write_text("go\n")
    # One that was killed before a line was in the file has the next one give it to the journal again.
    while (message := journal.take()["MESSAGE"]) != "later":
        assert message in ("plain", "bad", "warned")
    superd.await_that(lambda: sorted(messages(superd)) == ["<3>bad", "later", "plain", "warned"])


def test_a_journal_that_takes_nothing_holds_up_nobody(superd, journal):
    superd.unit("web", """exec = ["sh", "-c", "i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo done; exec sleep 100000"]
ready.log = "done"
log.target = "both"
""")
    journal.listen()
    start(superd)
    superd.await_state("web", "ready")
    # What waited in superd's memory comes as soon as somebody reads.
    found = [journal.take()["MESSAGE"] for _ in range(5001)]
    assert found == [f"line {i}" for i in range(5000)] + ["done"]


def test_its_own_messages_have_a_priority_where_they_go_to_the_journal(superd):
    superd.unit("quiet", 'exec = ["sh", "-c", "echo quiet; exec sleep 100000"]\nlog.target = "both"\nready.log = "quiet"\n')
    superd.unit("loud", 'exec = ["sh", "-c", "echo loud; exec sleep 100000"]\n')
    # As systemd does for the output of what it starts.
    script = 'export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/2) && exec "$@"'
    superd.launch(prefix=["sh", "-c", script, "sh"])
    assert superd.ready.wait(harness.PATIENCE), superd.tail()
    superd.await_state("quiet", "ready")
    superd.await_text("loud/0 | loud")
    assert superd.terminate() == 0
    lines = superd.await_text("all units are stopped").splitlines()
    assert "<6>stopping all units" in lines and "<6>all units are stopped" in lines
    # The journal has these lines with their fields already.
    assert not any("quiet/0 |" in line for line in lines)
