"""A key-value store over TCP: `set KEY VALUE` and `get KEY`, one a line. Usage: store.py PORT"""
import socketserver
import sys

VALUES = {}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            match line.decode().split():
                case ["set", key, value]:
                    VALUES[key] = value
                    answer = "ok"
                case ["get", key]:
                    answer = VALUES.get(key, "")
                case _:
                    answer = "expected: set KEY VALUE, or get KEY"
            self.wfile.write(f"{answer}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[1])), Session) as server:
    print(f"listening on port {sys.argv[1]}")
    server.serve_forever()
