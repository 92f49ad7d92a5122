"""A service for each of Python's models: one small HTTP server, written as each model wants it."""
import asyncio
import ctypes
import os
import signal
import threading
import time

state = {"preloaded": 0, "told": []}


def preload():
    state["preloaded"] = os.getpid()


def worker_start(ctx):
    ctx.metrics.counter("starts").add()
    if ctx.config.get("thread"):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True, name="mine").start()


def worker_stop(ctx):
    print("stopped after all")


def answer(text, keep):
    body = text.encode()
    return (f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
            f"{'' if keep else 'Connection: close' + chr(13) + chr(10)}\r\n").encode() + body


def crunch(seconds):
    """Computes, in Python's own code."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def pauses(seconds):
    """What to sleep, one after the other; with UNTIL until that file is there, so that no test misses it."""
    until = os.environ.get("UNTIL")
    if until is None:
        yield seconds
    while until and not os.path.exists(until):
        yield 0.01


def content(path, ctx):
    """What takes no time, or all of it, in every model."""
    if path == "/who":
        return f"{os.getpid()} {ctx.name} {ctx.index} {ctx.count} {ctx.generation} {ctx.reason} {ctx.model}"
    if path == "/preloaded":
        return f"{state['preloaded']} {os.getppid()} {threading.active_count()}"
    if path == "/crash":
        ctypes.string_at(0)
    if path == "/crunch":
        crunch(0.3)
    if path == "/stall":
        crunch(30)
    if path == "/compute":
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass
    if path == "/wrong":
        raise ValueError("a fault of the service's own")
    if path == "/end":
        ctx.fail_permanently("the licence is void")
    if path == "/count":
        with_numbers = ctx.metrics.counter("requests")
        with_numbers.add()
        ctx.metrics.gauge("share").set(0.25)
        ctx.metrics.histogram("size").record(3)
        return str(with_numbers.value)
    if path == "/shared":
        memory = ctx.shared("cache", 4096)
        memory[0] += 1
        return str(memory[0])
    return "hello"


def handler(conn, addr, ctx):
    """processes, threads, and gevent's greenlets."""
    with conn.makefile("rb") as lines:
        while line := lines.readline():
            closes = False
            while (field := lines.readline()) not in (b"\r\n", b""):
                closes |= field.lower().startswith(b"connection: close")
            path = line.split()[1].decode()
            with ctx.busy(f"GET {path}"):
                if path == "/slow":
                    for pause in pauses(0.3):
                        time.sleep(pause)
                if path == "/hang":
                    time.sleep(1000)
                if path == "/spawn":
                    ctx.spawn("a side job", side_job, ctx)
                text = content(path, ctx)
                keep = not closes and not ctx.stopping
                conn.sendall(answer(text, keep))
            if not keep:
                return


def side_job(ctx):
    for pause in pauses(0.5):
        time.sleep(pause)
    print("side job done")


async def coroutine(reader, writer, ctx):
    """coroutines, on asyncio."""
    while line := await reader.readline():
        closes = False
        while (field := await reader.readline()) not in (b"\r\n", b""):
            closes |= field.lower().startswith(b"connection: close")
        path = line.split()[1].decode()
        with ctx.busy(f"GET {path}"):
            if path == "/slow":
                for pause in pauses(0.3):
                    await asyncio.sleep(pause)
            if path == "/hang":
                await asyncio.sleep(1000)
            if path == "/spawn":
                ctx.spawn("a side job", side_coroutine(ctx))
            if path == "/block":
                await ctx.blocking(time.sleep, 0.2)
            text = content(path, ctx)
            keep = not closes and not ctx.stopping
            writer.write(answer(text, keep))
            await writer.drain()
        if not keep:
            return


async def side_coroutine(ctx):
    for pause in pauses(0.5):
        await asyncio.sleep(pause)
    print("side job done")


def unmarked(conn, addr, ctx):
    """Says nothing of what it does: its task is the connection."""
    while data := conn.recv(100):
        if data == b"hang\n":
            time.sleep(1000)
        conn.sendall(data)


async def unmarked_coroutine(reader, writer, ctx):
    while data := await reader.read(100):
        writer.write(data)


def main(ctx):
    """The process is its own: a queue's worker, say."""
    ctx.ready()
    ctx.status("waiting for work")
    rounds = 0
    while not ctx.stop.wait(0.01):
        ctx.beat()
        rounds += 1
    print(f"main saw the stop after {min(rounds, 1)}")
    return 3 if ctx.config.get("code") else None


async def main_coroutine(ctx):
    ctx.spawn("ticker", ticker(), daemon=True)
    ctx.ready()
    await ctx.stop
    print("main_coroutine saw the stop")


async def ticker():
    while True:
        await asyncio.sleep(0.01)


def accepting(ctx):
    """Accepts by itself."""
    ctx.ready()
    while found := ctx.accept():
        with found[0] as conn:
            conn.recv(1000)
            conn.sendall(answer("by hand", False))


class Shop:
    """A service with a state of its own."""

    def __init__(self, ctx):
        self.greeting = ctx.config["greeting"]

    async def handler(self, reader, writer, ctx):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(self.greeting, False))


class Picky:
    def __init__(self, ctx):
        from superd_worker import ConfigError
        raise ConfigError("cannot open the shop: greeting is missing in [config]")


def stubborn(ctx):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    ctx.ready()
    time.sleep(1000)
