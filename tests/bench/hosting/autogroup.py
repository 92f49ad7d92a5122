"""The kernel's sched_autogroup(7): each session has the same share of the processors. A worker of superd is a session; all
workers of nginx are one together, and so is the load generator. Processor time a request is the same with it, requests a
second are not to be compared."""
import contextlib
import pathlib

SWITCH = pathlib.Path("/proc/sys/kernel/sched_autogroup_enabled")


def is_on():
    return SWITCH.exists() and SWITCH.read_text().strip() == "1"


@contextlib.contextmanager
def switched_off(wanted):
    """Off meanwhile, if it is wanted so and was on. OSError without the right to do so."""
    if not wanted or not is_on():
        yield
        return
    SWITCH.write_text("0")
    try:
        yield
    finally:
        SWITCH.write_text("1")
