"""Answers on the sockets it was given (LISTEN_FDS): one request a connection, one at a time.

The body is one JSON object: which listener, which instance, pid and what the connection inherited.
With SLOW=SECONDS it waits before each answer; with a file GATE it accepts once that exists. On SIGTERM
it ends as soon as it has answered whom it has accepted, whatever waits in the queue: it is for superd to see to that.
"""
import json
import os
import select
import signal
import socket
import sys
import time

assert int(os.environ["LISTEN_PID"]) == os.getpid()
names = os.environ["LISTEN_FDNAMES"].split(":")
assert len(names) == int(os.environ["LISTEN_FDS"])
listeners = {socket.socket(fileno=3 + i): name for i, name in enumerate(names) if not name.startswith("shared.")}
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("serving", " ".join(names), flush=True)


def answer(listener, name):
    try:
        connection, _ = listener.accept()
    except BlockingIOError:
        return
    with connection:
        connection.setblocking(True)
        while b"\r\n\r\n" not in (received := connection.recv(65536)):
            if not received:
                return
        time.sleep(float(os.environ.get("SLOW", "0")))
        inet = connection.family in (socket.AF_INET, socket.AF_INET6)
        body = json.dumps({"listener": name, "instance": os.environ["SUPERD_INSTANCE"], "pid": os.getpid(),
                           "nodelay": inet and bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))})
        connection.sendall(f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


while "GATE" in os.environ and not os.path.exists(os.environ["GATE"]):
    time.sleep(0.01)
for listener in listeners:
    listener.setblocking(False)
while True:
    for listener in select.select(list(listeners), [], [])[0]:
        # superd sees only who waits in the queue: who has been accepted would be lost with us.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        answer(listener, listeners[listener])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
