"""Services that do what they should not, and mark nothing: each line of a client is an order."""
import asyncio
import os
import sys
import time


def obey(order, descriptor):
    """What is the same in every model; the answer."""
    if order == "exit":
        sys.exit("enough")
    if order == "close":
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"closed\n")
    return f"{order}\n".encode()


def handler(conn, addr, ctx):
    with conn.makefile("rb") as lines:
        while line := lines.readline():
            order = line.decode().strip()
            if order == "hang":
                time.sleep(1000)
            answer = obey(order, conn.fileno())
            if order == "close":
                return
            conn.sendall(answer)


async def coroutine(reader, writer, ctx):
    while line := await reader.readline():
        order = line.decode().strip()
        if order == "hang":
            await asyncio.sleep(1000)
        if order == "spawn":
            ctx.spawn("never begun", asyncio.sleep(1000)).cancel()
        if order == "leave":
            ctx.spawn("left", leaving())
        answer = obey(order, writer.get_extra_info("socket").fileno())
        if order == "close":
            return
        writer.write(answer)
        await writer.drain()


async def leaving():
    sys.exit("I go")
