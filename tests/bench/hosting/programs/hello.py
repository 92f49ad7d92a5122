"""The smallest HTTP service, once for what blocks and once for asyncio: superd hosts it, and plain.py serves it by
hand, so that only the hosting differs.

    GET /            the greeting
    GET /slow        the same after 50 ms, whatever else it says
    GET /hash?n=1000 some work for the processor
"""
import asyncio
import time

PAUSE = 0.05


def work(rounds):
    """FNV-1a again and again: as greeter.cpp does, of fewer bytes a round."""
    value = 0xcbf29ce484222325
    for step in range(rounds):
        value = ((value ^ (step & 0xff)) * 0x100000001b3) & 0xffffffffffffffff
    return value


def answer_to(path, close):
    body = b"%d\n" % work(int(path.partition(b"=")[2])) if path.startswith(b"/hash") else b"hello, world\n"
    return (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n"
            % (len(body), b"Connection: close\r\n" if close else b"") + body)


def heads(data):
    """The whole requests' heads in `data`, and what is left."""
    *whole, rest = data.split(b"\r\n\r\n")
    return whole, rest


def path_of(head):
    return head.split(b" ", 2)[1]


def asks_to_close(head):
    return b"\r\nConnection: close" in head


def serve(conn, keep, stopping=lambda: False, sleep=time.sleep):
    """Until the client ends it; a single request unless `keep`."""
    rest = b""
    while data := conn.recv(65536):
        whole, rest = heads(rest + data)
        for head in whole:
            path = path_of(head)
            if path.startswith(b"/slow"):
                sleep(PAUSE)
            close = not keep or asks_to_close(head) or stopping()
            conn.sendall(answer_to(path, close))
            if close:
                return


async def serve_streams(reader, writer, stopping=lambda: False):
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        path = path_of(head)
        if path.startswith(b"/slow"):
            await asyncio.sleep(PAUSE)
        close = asks_to_close(head) or stopping()
        writer.write(answer_to(path, close))
        await writer.drain()
        if close:
            return


# What superd calls.

def one_request(conn, addr, ctx):
    """model = "processes": one connection at a time, so none may be kept while others wait."""
    serve(conn, keep=False)


def connection(conn, addr, ctx):
    """model = "threads", or a greenlet."""
    serve(conn, keep=True, stopping=lambda: ctx.stopping)


async def streams(reader, writer, ctx):
    """model = "coroutines"."""
    await serve_streams(reader, writer, stopping=lambda: ctx.stopping)
