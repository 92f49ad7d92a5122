"""What the figures shall be: each judged by the rows of the same run."""
from .results import Column, Table
from .servers import CPP

MISSED, MET = "MISSED", "met"


ROW, TWO = "superd, C++: coroutines, a process a core", "superd, C++: coroutines, 2 processes"


def judge(tables):
    """A table of verdicts. `tables`: those that were measured, by key; a target of another is left out."""
    verdicts = Table("targets", "Targets", [
        Column("value", "measured"), Column("target", "target"), Column("verdict", "verdict")])
    for key, check in (("http", serving), ("wait", waiting), ("memory", memory), ("crash", crashing), ("cost", costs),
                       ("replacement", replacing), ("start", starting)):
        if key in tables:
            check(verdicts, tables[key])
    return verdicts


def decide(verdicts, what, value, most=None, least=None, form="{:.2f}"):
    target = f"≤ {form.format(most)}" if least is None else f"≥ {form.format(least)}"
    if value is None:
        verdicts.add(what, CPP, value=None, target=target, verdict="not measured", met=None)
        return
    good = value <= most if least is None else value >= least
    verdicts.add(what, CPP, value=form.format(value), target=target, verdict=MET if good else MISSED, met=good)


def serving(verdicts, table):
    for connections in (64, 512):
        at = f"coroutines × cores, {connections} connections"
        cpu, rate = (table.value(key, who=ROW, connections=connections) for key in ("cpu_ratio", "rate_ratio"))
        decide(verdicts, f"{at}: CPU a request", cpu, 1, form="{:.2f} × nginx")
        decide(verdicts, f"{at}: requests/s", rate, least=1, form="{:.2f} × nginx")


def waiting(verdicts, table):
    decide(verdicts, "coroutines × cores, each request waits 50 ms: CPU a request", table.value("cpu_ratio", who=ROW), 1,
           form="{:.2f} × nginx")


def memory(verdicts, table):
    decide(verdicts, "coroutines × cores, 1,000 idle connections", table.value("mb", who=ROW), 1.5, form="{:.2f} MB")


def crashing(verdicts, table):
    decide(verdicts, "coroutines × 2, a worker crashes amidst short connections: failed", table.value("failed", who=TWO),
           2, form="{:.0f}")


def costs(verdicts, table):
    decide(verdicts, "spawn() with its live list", table.value("ratio", who="spawn(): the same, named and listed"), 1.1,
           form="{:.2f} × co_spawn")
    decide(verdicts, "a beat", table.value("ns", who="beat(): a sign of life"), 60, form="{:.0f} ns")


def replacing(verdicts, table):
    decide(verdicts, "C++ worker from its template: from its predecessor's death to its first answer",
           table.value("median", who="superd, C++: from its template"), 5, form="{:.1f} ms")


def starting(verdicts, table):
    decide(verdicts, "C++ worker from its template: from the request to ready",
           table.value("median", who="superd, C++: forked from its template"), 5, form="{:.1f} ms")
    own = table.value("median", who="superd, Python: forked from its template")
    spawn = table.value("median", who="Python: multiprocessing, spawn")
    ratio = spawn / own if own and spawn else None
    decide(verdicts, "Python worker from its template, beside multiprocessing's spawn", ratio, least=20,
           form="{:.1f} × as fast")
