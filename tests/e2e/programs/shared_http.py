"""An HTTP server that shares its port with its siblings by SO_REUSEPORT and says READY=1.

    shared_http.py PORT BROKEN

While the file BROKEN exists it does what that says instead: "exit" ends it, "hang" keeps it from
being ready, "wait" does so until somebody opens and closes the FIFO BROKEN.go. SIGTERM: it accepts no more, answers what it is asked on the connections that it has,
each for the last time, and ends.
"""
import asyncio
import os
import pathlib
import signal
import socket
import sys


class Server:
    def __init__(self):
        self.open, self.ending = 0, asyncio.Event()
        self.idle = asyncio.Event()
        self.idle.set()

    async def serve(self, reader, writer):
        self.open += 1
        self.idle.clear()
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                body = f"{os.environ['SUPERD_INSTANCE']} {os.getpid()}\n".encode()
                last = self.ending.is_set()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s"
                             % (len(body), b"Connection: close\r\n" if last else b"", body))
                await writer.drain()
                if last:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.open -= 1
            if self.open == 0:
                self.idle.set()


async def main(port):
    server = Server()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.ending.set)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        accepting = await asyncio.start_server(server.serve, sock=listener, backlog=512)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        await server.ending.wait()
        accepting.close()
    await server.idle.wait()


broken = pathlib.Path(sys.argv[2])
mode = broken.read_text() if broken.exists() else ""
if mode == "exit":
    sys.exit(3)
if mode == "hang":
    signal.pause()
if mode == "wait":
    pathlib.Path(f"{broken}.go").read_bytes()
asyncio.run(main(int(sys.argv[1])))
