"""hello.py without superd, as one writes it with the standard library or gevent.

    plain.py multiprocessing|threading|asyncio|gevent PORT [PROCESSES]

More than one process are forked workers: those of multiprocessing share the listening socket, as each takes one
connection at a time; the others have each its own of one group, as the connections would not be spread evenly else. When
one dies, no other is started. Ends at SIGTERM."""
import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hello  # noqa: E402


def listener(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(4096)
    return sock


def serve_to_the_end(conn, keep):
    try:
        with conn:
            hello.serve(conn, keep)
    except ConnectionError:
        pass


def one_by_one(sock):
    while True:
        serve_to_the_end(sock.accept()[0], keep=False)


def thread_each(sock):
    while True:
        threading.Thread(target=serve_to_the_end, args=(sock.accept()[0], True), daemon=True).start()


async def serve_stream(reader, writer):
    try:
        await hello.serve_streams(reader, writer)
    finally:
        writer.close()


async def coroutine_each(sock):
    server = await asyncio.start_server(serve_stream, sock=sock, backlog=4096)
    await server.serve_forever()


def greenlet_each(sock):
    from gevent import server, sleep
    from gevent.socket import socket as green_socket

    def serve(conn, _):
        try:
            hello.serve(conn, True, sleep=sleep)
        except ConnectionError:
            pass
    server.StreamServer(green_socket(fileno=sock.detach()), serve).serve_forever()


WAYS = {"multiprocessing": one_by_one, "threading": thread_each, "gevent": greenlet_each,
        "asyncio": lambda sock: asyncio.run(coroutine_each(sock))}


def main():
    way, port = sys.argv[1], int(sys.argv[2])
    processes = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    if processes == 1:
        return WAYS[way](listener(port))
    context, shared = multiprocessing.get_context("fork"), listener(port) if way == "multiprocessing" else None
    workers = [context.Process(target=lambda: WAYS[way](shared or listener(port)), daemon=True) for _ in range(processes)]
    for worker in workers:
        worker.start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # multiprocessing ends its daemons on the way out.
    signal.pause()


if __name__ == "__main__":
    main()
