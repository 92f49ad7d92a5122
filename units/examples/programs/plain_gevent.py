"""A gevent server as anybody writes it. Usage: PORT"""
from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

import gevent  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{gevent.getcurrent()!r}\n".encode()]


WSGIServer(("127.0.0.1", int(sys.argv[1])), application, log=None).serve_forever()
