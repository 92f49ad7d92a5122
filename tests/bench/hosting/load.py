"""Load on a server, by wrk: kept connections, and the next request as soon as there is an answer."""
import dataclasses
import re

from . import owned

SCALE = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclasses.dataclass
class Load:
    connections: int
    path: str
    seconds: int


def milliseconds(text, share):
    found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s|m)\b", text)
    return float(found[1]) * SCALE[found[2]] if found else None


def apply(server, load, threads):
    """What the server does under the load: CPU seconds for 100,000 requests, requests/s, p50 and p99 in ms, failed."""
    before = server.cpu()
    text = owned.run(["wrk", f"-t{min(threads, load.connections)}", f"-c{load.connections}", f"-d{load.seconds}s",
                      "--timeout", "10s", "--latency", f"http://127.0.0.1:{server.port}{load.path}"], load.seconds + 30)
    spent = server.cpu() - before
    requests, took = re.search(r"(\d+) requests in ([\d.]+)s", text).groups()
    if int(requests) == 0:
        raise RuntimeError("no request was answered")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {"cpu": spent / int(requests) * 1e5, "rate": int(requests) / float(took), "p50": milliseconds(text, 50),
            "p99": milliseconds(text, 99),
            "failed": sum(map(int, errors.groups() if errors else ())) + (int(other[1]) if other else 0)}
