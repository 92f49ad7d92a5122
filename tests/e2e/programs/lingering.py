"""Services that leave threads behind which are no daemons, or whose own end takes long."""
import atexit
import os
import threading
import time


class Kept:
    def __del__(self, write=os.write):
        write(1, b"taken apart\n")


KEPT = Kept()
atexit.register(print, "told of the exit")


def linger():
    """Of a pool's thread, which is a daemon, another would be one too."""
    threading.Thread(target=time.sleep, args=(1000,), name="lingerer", daemon=False).start()


def main(ctx):
    ctx.ready()
    linger()
    ctx.stop.wait()
    return 3


def handler(conn, addr, ctx):
    linger()
    conn.sendall(b"begun\n")


async def coroutine(reader, writer, ctx):
    ctx.blocking(time.sleep, 1000)
    writer.write(b"begun\n")


def brief(conn, addr, ctx):
    """A thread that ends when the drain is nearly over, which is waited for."""
    def end_with_the_worker():
        ctx.stop.wait()
        print("the thread has seen the stop")
    threading.Thread(target=end_with_the_worker, daemon=False).start()
    conn.sendall(b"begun\n")


def worker_stop(ctx):
    if ctx.config.get("slow end"):
        time.sleep(1000)
