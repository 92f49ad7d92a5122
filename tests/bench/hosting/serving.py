"""HTTP under load: what a request costs on kept connections, and what it costs to wait in one."""
import collections
import statistics

from . import load
from .rig import say
from .results import Column, Table, reason_of
from .servers import PEER

PAUSE_MS = 50
PATH = f"/slow?ms={PAUSE_MS}"
COLUMNS = [
    Column("connections", "connections"), Column("cpu", "CPU s / 100k requests", "{:.2f}"),
    Column("cpu_ratio", "× nginx", "{:.2f}"), Column("rate", "requests/s", "{:,.0f}"),
    Column("rate_ratio", "× nginx", "{:.2f}"), Column("p50", "p50 ms", "{:.1f}"), Column("p99", "p99 ms", "{:.1f}"),
    Column("failed", "failed", "{:.0f}"),
]
PAUSE_MS = 50


def measure(rig, table, servers, loads, rounds):
    """All servers run at once and are loaded in turn. {(connections, server): {figure: median}}"""
    seen = collections.defaultdict(list)
    with rig.running(table, servers) as running:
        for turn in range(rounds):
            for each in loads:
                say(f"{table.title}: {each.connections} connections, round {turn + 1} of {rounds}")
                for server in [one for one in running if not one.most or each.connections <= one.most]:
                    try:
                        seen[each.connections, server].append(load.apply(server, each, rig.cores))
                    except (RuntimeError, OSError) as cause:
                        table.missing(server.name, server.family, reason_of(cause))
                        running.remove(server)
    return {key: {name: statistics.median(row[name] for row in rows) for name in rows[0]} for key, rows in seen.items()}


def compare(table, found):
    """Adds the rows, with their ratios to nginx under the same load."""
    for (connections, server), row in found.items():
        peer = next((other for (at, one), other in found.items() if at == connections and one.family == PEER), None)
        if peer:
            row["cpu_ratio"], row["rate_ratio"] = row["cpu"] / peer["cpu"], row["rate"] / peer["rate"]
        table.add(server.name, server.family, connections=connections, **row)


def kept(rig, options):
    table = Table("http", "HTTP, kept connections", COLUMNS,
                  "A process of the model `processes`, and of multiprocessing, serves one connection at a time and ends it "
                  "with its answer; a pool of threads keeps no more connections than it has threads.")
    loads = [load.Load(64, "/", options.seconds), load.Load(512, "/", options.seconds)]
    compare(table, measure(rig, table, rig.servers, loads, options.rounds))
    return table


def waits(rig, table, server):
    """Whether a request truly waits there; else the table tells that it does not."""
    with rig.running(table, [server]) as running:
        took = running[0].ask(PATH) if running else None
    if running and (took is None or took < PAUSE_MS):
        said = "it does not answer" if took is None else f"it does not wait, but answers after {took:.1f} ms"
        table.missing(server.name, server.family, said)
    return took is not None and took >= PAUSE_MS


def waiting(rig, options):
    table = Table("wait", f"Each request waits {PAUSE_MS} ms, 2,000 connections", COLUMNS)
    for server in rig.servers:
        if server.family == PEER and not server.waits:
            table.missing(server.name, server.family, "nginx waits by echo_sleep: install libnginx-mod-http-echo")
    able = [server for server in rig.servers if server.waits and waits(rig, table, server)]
    compare(table, measure(rig, table, able, [load.Load(2000, PATH, options.seconds)], options.rounds))
    return table
