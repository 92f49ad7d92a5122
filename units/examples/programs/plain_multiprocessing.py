"""A service on multiprocessing.Pool as anybody writes it: GET /N counts the primes below N. Usage: PORT"""
import http.server
import multiprocessing
import os
import sys

POOL = None


def primes_in(span):
    first, last = span
    return sum(all(n % d for d in range(2, int(n ** 0.5) + 1)) for n in range(max(first, 2), last)), os.getpid()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        limit = int(self.path.strip("/") or 1000)
        step = max(1, limit // 4)
        parts = POOL.map(primes_in, [(at, min(at + step, limit)) for at in range(0, limit, step)])
        body = f"{sum(count for count, _ in parts)} {' '.join(sorted({str(pid) for _, pid in parts}))}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    POOL = multiprocessing.Pool(2)
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
