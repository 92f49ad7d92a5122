"""Processes that a run of the benchmark started: all of them end with it."""
import os
import signal
import subprocess


def launch(command, **options):
    """Starts a program as the leader of a session of its own, so that it can be ended with all it has forked."""
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, start_new_session=True, **options)


def end(process, patience=10):
    """SIGTERM, and to all of its session SIGKILL when that took too long, or left something."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def run(command, seconds):
    """What a program prints. RuntimeError when it fails or takes too long; it is ended then."""
    name = os.path.basename(str(command[0]))
    process = launch(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
    try:
        out, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{name} took longer than {seconds} s") from None
    finally:
        end(process)
    if process.returncode:
        raise RuntimeError(f"{name} exited with {process.returncode}: {errors.strip()[-200:]}")
    return out


def interrupt_on_terminate():
    """Makes SIGTERM and SIGHUP end the program as Ctrl-C does: by way of its `finally`s."""
    def interrupt(number, _):
        raise KeyboardInterrupt(signal.Signals(number).name)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
