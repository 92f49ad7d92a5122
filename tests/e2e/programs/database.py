"""A database's stand-in, and who needs it. Usage: database.py serve PORT | database.py use PORT

The one that uses it asks it once, as its first act, and fails if nobody answers."""
import signal
import socket
import sys

what, port = sys.argv[1], int(sys.argv[2])
if what == "serve":
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            client, _ = server.accept()
            with client:
                client.sendall(b"at your service\n")
with socket.create_connection(("127.0.0.1", port), timeout=20) as asked:
    answer = asked.makefile().readline()
    if answer != "at your service\n":
        sys.exit(f"no database at {port}: {answer!r}")
print("served", flush=True)
signal.pause()
