"""A web server that opens no port: superd has done that, and hands the socket over (sd_listen_fds(3))."""
import http.server
import os
import signal
import socket
import sys
import threading


class Greeter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"Greetings from {os.environ.get('SUPERD_INSTANCE', 'nowhere')}, pid {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, text, *arguments):
        print(text % arguments, flush=True)


if int(os.environ.get("LISTEN_FDS", "0")) < 1:
    sys.exit("greeter: there is no socket; the unit needs [listen]")
listener = socket.socket(fileno=3)
server = http.server.ThreadingHTTPServer(listener.getsockname(), Greeter, bind_and_activate=False)
server.socket.close()
server.socket = listener
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print("greets whoever comes", flush=True)
server.serve_forever()
