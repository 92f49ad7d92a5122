"""Hosted on asyncio: an HTTP server, a coroutine a connection. Run by units/pages.toml, or alone:

    superd_worker.py --settings FILE    with {"module": "pages.py:handler", "model": "coroutines",
                                              "listen": {"http": "tcp://127.0.0.1:8080"}}
"""
import asyncio
import os


async def read_request(reader):
    """(path, whether the client keeps the connection) of the next request, None: there is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    line, _, fields = head.partition(b"\r\n")
    words = line.split()
    if len(words) != 3:
        return None
    return words[1].decode("ascii", "replace"), b"\r\nconnection: close" not in b"\r\n" + fields.lower()


async def page(path, ctx):
    """(status, body)"""
    if path == "/":
        return "200 OK", f"{ctx.config.get('greeting', 'hello')} from worker {ctx.index}\n"
    if path == "/who":
        return "200 OK", f"pid {os.getpid()}, worker {ctx.index} of {ctx.count}, run {ctx.generation}: {ctx.reason}\n"
    if path == "/wait":  # As for a database: other requests are served meanwhile.
        await asyncio.sleep(0.05)
        return "200 OK", "waited 50 ms\n"
    return "404 Not Found", "there is no such page\n"


async def handler(reader, writer, ctx):
    requests = ctx.metrics.counter("requests")
    while request := await read_request(reader):
        path, keep = request
        with ctx.busy(f"GET {path}"):
            status, text = await page(path, ctx)
            keep = keep and not ctx.stopping  # A drain ends each connection with its next answer.
            body = text.encode()
            writer.write(f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
                         f"{'' if keep else 'Connection: close' + chr(13) + chr(10)}\r\n".encode() + body)
            await writer.drain()
            requests.add()
        if not keep:
            return
