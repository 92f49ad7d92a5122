"""Services that are well until a file is there. Usage: sickly.py http PORT FILE | sickly.py watchdog FILE

http: answers 500 instead of 200 while FILE exists.
watchdog: pings in a third of the interval it is told of, and not any more once FILE exists. It answers
SIGABRT by writing what it was told to FILE.told before it ends by that signal.
"""
import http.server
import os
import pathlib
import signal
import socket
import sys
import time


def serve(port, file):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(500 if file.exists() else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()


def ping(file):
    interval = int(os.environ["WATCHDOG_USEC"]) / 1e6
    assert int(os.environ["WATCHDOG_PID"]) == os.getpid()

    def aborted(number, _):
        file.with_suffix(".told").write_text(signal.Signals(number).name)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGABRT, aborted)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(os.environ["NOTIFY_SOCKET"])
        sender.send(b"READY=1")
        while not file.exists():
            sender.send(b"WATCHDOG=1")
            time.sleep(interval / 3)
    while True:
        signal.pause()


if sys.argv[1] == "http":
    serve(int(sys.argv[2]), pathlib.Path(sys.argv[3]))
else:
    ping(pathlib.Path(sys.argv[2]))
