"""Becomes ready in a way of its own, when the test opens TRIGGER for writing; then stays.
Usage: readiness.py KIND ARGUMENT TRIGGER, TRIGGER being a FIFO."""
import http.server
import os
import signal
import socket
import sys

kind, argument, trigger = sys.argv[1:]
with open(trigger) as fifo:
    fifo.read()
if kind == "notify":
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1\nSTATUS=all is well", os.environ["NOTIFY_SOCKET"])
elif kind == "fd":
    os.write(int(argument), b"\n")
elif kind == "tcp":
    server = socket.create_server(("127.0.0.1", int(argument)))
elif kind == "unix":
    server = socket.socket(socket.AF_UNIX)
    server.bind(argument)
    server.listen()
elif kind == "http":
    http.server.ThreadingHTTPServer(("127.0.0.1", int(argument)),
                                    http.server.SimpleHTTPRequestHandler).serve_forever()
elif kind == "exec":
    open(argument, "w").close()
elif kind == "log":
    print(argument, flush=True)
signal.pause()
