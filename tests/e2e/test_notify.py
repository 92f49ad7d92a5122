"""What a real service says by sd_notify(3), beyond that it is ready."""
import os
import signal
import sys

import pytest

import harness
import processes

TELLER = harness.PROGRAMS / "teller.py"


@pytest.fixture
def teller(superd):
    """A service that says what is written to `teller.fifo`."""
    class Teller:
        fifo = superd.base / "fifo"

        def start(self, notify="true", more=""):
            os.mkfifo(self.fifo)
            superd.unit("svc", f'''exec = ["{sys.executable}", "{TELLER}", "{self.fifo}"]
{more}
[ready]
notify = {notify}
[restart]
delay = "10ms"
''')
            superd.start()
            superd.await_state("svc", "ready")

        def say(self, *lines):
            self.fifo.write_text("".join(f"{line}\n" for line in lines))

        def reason(self):
            return superd.instance("svc")["reason"]
    return Teller()


def test_a_reload_is_shown_until_it_is_ready_again(superd, teller):
    teller.start()
    teller.say(r"RELOADING=1\nMONOTONIC_USEC=1")
    superd.await_that(lambda: teller.reason().startswith("reloading"))
    assert superd.instance("svc")["state"] == "ready"
    teller.say("READY=1")
    superd.await_that(lambda: teller.reason().startswith("up for"))


def test_status_and_error_outlive_the_supervisor(superd, teller):
    teller.start()
    teller.say(r"STATUS=cannot open the till\nERRNO=2")
    superd.await_that(lambda: '"cannot open the till: No such file or directory"' in teller.reason())
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    assert '"cannot open the till: No such file or directory"' in teller.reason()


def test_stopping_is_shown_and_outlives_the_supervisor(superd, teller):
    teller.start()
    teller.say("STOPPING=1")
    superd.await_that(lambda: teller.reason().startswith("ending by its own wish"))
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    assert teller.reason().startswith("ending by its own wish")


@pytest.mark.parametrize("how, notify", [("fork", "true"), ("fork-and-go", "true"), ("fork-pidfd", '"tree"')])
def test_another_main_process_is_followed(superd, teller, how, notify):
    teller.start(notify)
    first = superd.pid("svc")
    teller.say(how)
    second = superd.await_new_pid("svc", first)
    assert processes.wait_gone(first, harness.PATIENCE)
    one = superd.instance("svc")
    assert (one["state"], one["pid"], one["restarts"]) == ("ready", second, 0)
    teller.say("STATUS=second")  # Now it is the main process, whose word counts.
    superd.await_that(lambda: '"second"' in teller.reason())
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    assert superd.instance("svc")["pid"] == second
    processes.send(second, signal.SIGKILL)
    superd.await_new_pid("svc", second)
    ended = [event for event in superd.events() if event["event"] == "exit"]
    assert [(event["pid"], event["signal"]) for event in ended] == [(second, "SIGKILL")]


def test_a_stop_reaches_the_new_main_process(superd, teller):
    teller.start()
    first = superd.pid("svc")
    teller.say("fork")
    second = superd.await_new_pid("svc", first)
    superd.ctl("stop", "svc", "--timeout", "30s")
    assert not processes.alive(second)
    assert superd.instance("svc")["state"] == "inactive"


def test_a_stranger_is_no_main_process(superd, teller):
    teller.start()
    pid = superd.pid("svc")
    teller.say(f"MAINPID={os.getpid()}")
    superd.await_text("cannot be its main process")
    assert superd.pid("svc") == pid


def test_a_barrier_ends_when_all_before_it_is_heeded(superd, teller):
    teller.start()
    teller.say("STATUS=told before", "barrier")
    heeded = teller.fifo.with_suffix(".heeded")
    superd.await_that(heeded.exists)
    assert '"told before"' in teller.reason()


def test_a_descriptor_comes_back_after_a_crash_and_after_the_supervisor_too(superd, teller):
    teller.start(more="fd-store-max = 2")
    got, port = teller.fifo.with_suffix(".got"), teller.fifo.with_suffix(".port")
    assert got.read_text() == "0  False"
    teller.say("store")
    superd.await_that(lambda: port.exists() and port.read_text())
    for supervisor_too in (False, True):
        if supervisor_too:
            supervisor = superd.parts()["supervisor"]
            processes.kill(supervisor)
            processes.wait_gone(supervisor, 5)
        pid = superd.pid("svc")
        processes.send(pid, signal.SIGKILL)
        superd.await_new_pid("svc", pid)
        assert got.read_text() == f"1 web True\n{port.read_text()}"
    superd.ctl("stop", "svc")
    superd.ctl("start", "svc")
    assert got.read_text() == "0  False", "what is stopped keeps nothing"


def test_what_is_removed_or_too_much_is_not_kept(superd, teller):
    teller.start(more="fd-store-max = 1")
    got = teller.fifo.with_suffix(".got")
    teller.say("store", r"FDSTOREREMOVE=1\nFDNAME=web", "store", "store", "barrier")
    superd.await_text("fd-store-max")
    pid = superd.pid("svc")
    processes.send(pid, signal.SIGKILL)
    superd.await_new_pid("svc", pid)
    assert got.read_text().startswith("1 web True\n")


def test_a_name_of_255_characters_is_kept(superd, teller):
    teller.start(more="fd-store-max = 2")
    got, name = teller.fifo.with_suffix(".got"), "x" * 255
    teller.say(f"store-as {name} FDPOLL=0", "barrier")
    superd.await_that(teller.fifo.with_suffix(".heeded").exists)
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    processes.wait_gone(supervisor, 5)
    for _ in range(2):
        pid = superd.pid("svc")
        processes.send(pid, signal.SIGKILL)
        superd.await_new_pid("svc", pid)
        assert got.read_text() == f"1 {name} True"


def test_what_has_hung_up_is_not_kept_unless_fdpoll_says_so(superd, teller):
    teller.start(more="fd-store-max = 4")
    got = teller.fifo.with_suffix(".got")
    teller.say("store-as polled", "store-as kept FDPOLL=0", "barrier")
    superd.await_that(teller.fifo.with_suffix(".heeded").exists)

    def next_run():
        pid = superd.pid("svc")
        processes.send(pid, signal.SIGKILL)
        superd.await_new_pid("svc", pid)
        return got.read_text()
    # When a hang-up is seen no status tells; the runs from then on do.
    superd.await_that(lambda: next_run() == "1 kept True")


EXTENDER = """
import os, signal, socket, sys
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ['NOTIFY_SOCKET'])
def put_off(gate):
    say('EXTEND_TIMEOUT_USEC=60000000')
    open(gate).read()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
put_off(sys.argv[1])
say('READY=1')
signal.sigwait([signal.SIGTERM])
put_off(sys.argv[2])
"""


def test_a_start_and_a_stop_may_be_put_off(superd):
    gates = [superd.base / "up", superd.base / "down"]
    for gate in gates:
        os.mkfifo(gate)
    program = f'exec = ["{sys.executable}", "-c", """{EXTENDER}""", "{gates[0]}", "{gates[1]}"]'
    superd.unit("svc", f'''{program}
[ready]
notify = true
timeout = "4s"
[stop]
signals = [["SIGTERM", "4s"], ["SIGKILL", "5s"]]''')
    superd.start()
    # Longer than it has without asking; nothing happens, so there is no event to await. It has enough to ask in.
    superd.ctl("wait", "svc", "--ready", "--timeout", "5s", expect=7)
    pid = superd.await_state("svc", "starting")["pid"]
    gates[0].write_text("")
    superd.ctl("wait", "svc", "--ready")
    assert superd.pid("svc") == pid
    superd.ctl("stop", "svc", "--timeout", "5s", expect=7)
    assert superd.instance("svc")["state"] == "stopping"
    gates[1].write_text("")
    superd.ctl("wait", "svc", "--stopped")
    assert superd.instance("svc")["last-exit"]["code"] == 0
