"""Services that mark their tasks in threads of their own, as often as a line says, and answer with a word."""
import asyncio
import threading


def mark(ctx):
    with ctx.busy("a side task"):
        ctx.beat()


def threads(conn, addr, ctx):
    """A thread a task."""
    with conn.makefile("rb") as lines:
        while line := lines.readline():
            for _ in range(int(line)):
                each = threading.Thread(target=mark, args=(ctx,))
                each.start()
                each.join()
            conn.sendall(b"done\n")


async def coroutine(reader, writer, ctx):
    """In the executor's threads, which live on, and in the loop's own callbacks."""
    loop = asyncio.get_running_loop()
    while line := await reader.readline():
        for _ in range(int(line)):
            await ctx.blocking(mark, ctx)
            called = loop.create_future()
            loop.call_soon(lambda: called.set_result(mark(ctx)))
            await called
        writer.write(b"done\n")
        await writer.drain()


def many_names(conn, addr, ctx):
    """Spawns by a name that no file system has, and by what is none."""
    spawned = threading.Event()
    ctx.spawn("x\udcff" * 20, spawned.set)
    conn.sendall(b"ran\n" if spawned.wait(60) else b"never ran\n")
    try:
        ctx.spawn(5, spawned.set)
    except TypeError as cause:
        conn.sendall(f"{cause}\n".encode())


async def many_names_coroutine(reader, writer, ctx):
    await ctx.spawn("x\udcff" * 20, asyncio.sleep(0))
    writer.write(b"ran\n")
    try:
        ctx.spawn(5, asyncio.sleep(0))
    except TypeError as cause:
        writer.write(f"{cause}\n".encode())
