"""What a run of the benchmark stands on: a directory, one superd for all hosted rows, and the servers that are compared."""
import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

from . import owned
from .results import reason_of
from .servers import CPP, FLOOR, PEER, PLAIN, PYTHON, ByHand, Hosted, free_ports

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
PYTHON_PROGRAM = "/usr/bin/python3"  # The distribution's, which its gevent is for.
THREADS, PROCESSES = 64, 16
ECHO_MODULE = "modules/ngx_http_echo_module.so"

NGINX = """
{load}
worker_processes {workers}; daemon off; pid {work}/nginx.pid; error_log stderr error;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on; server_tokens off;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{port} reuseport deferred backlog=4096;
    location / {{ default_type text/plain; return 200 "hello, world\\n"; }}
    {slow} }}
}}
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


def nginx_module(name):
    """Where nginx finds a module of its own, None: it is not installed."""
    known = [pathlib.Path(base) / name for base in ("/usr/share/nginx", "/usr/lib/nginx")]
    return next((path for path in known if path.exists()), None)


class Rig:
    """`wanted`: a regular expression for the names of the servers that most tables compare."""

    def __init__(self, build, wanted=""):
        self.build = pathlib.Path(build).resolve()
        self.cores = len(os.sched_getaffinity(0))
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="sm-", dir="/dev/shm"))
        os.environ["SUPERD_BIN"] = str(self.build / "bin")
        import harness  # Reads SUPERD_BIN.
        self.superd = harness.Superd()
        self.wanted, self.servers, self.ports = wanted, [], free_ports()

    def __enter__(self):
        try:
            self.superd.start(start_new_session=True)
            known = [*self.peers(), *self.hosted_cpp(), *self.hosted_python(), *self.plain_python()]
            self.servers = self.add([server for server in known if re.search(self.wanted, server.name)])
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for left in self.superd.close():
            say(f"superd left behind: {left}")
        shutil.rmtree(self.work, ignore_errors=True)

    def program(self, name):
        return self.build / "bench" / name

    def add(self, servers):
        """Makes servers known: each has a port, and superd has the units. Returns them."""
        for server in servers:
            server.port = next(self.ports)
            if isinstance(server, Hosted):
                server.declare()
        self.superd.ctl("reload")
        return servers

    # The servers.

    def peers(self):
        epoll, waits = lambda port: [self.program("bench_epoll"), port], nginx_module(ECHO_MODULE) is not None
        return [
            ByHand("epoll in C, a process a core", FLOOR, [epoll] * self.cores, waits=True),
            ByHand(f"nginx, {self.cores} workers", PEER, [self.nginx], forks=self.cores, waits=waits),
        ]

    def nginx(self, port):
        echo = nginx_module(ECHO_MODULE)
        path = self.work / "nginx.conf"
        path.write_text(NGINX.format(
            workers=self.cores, work=self.work, port=port, load=f"load_module {echo};" if echo else "",
            slow='location /slow { default_type text/plain; echo_sleep 0.05; echo "hello, world"; }' if echo else ""))
        return ["nginx", "-p", self.work, "-e", "stderr", "-c", path]

    def cpp(self, name, unit, model, more="", **options):
        text = f'module = "{self.build}/modules/greeter.so"\nmodel = "{model}"\n{more}'
        return Hosted(f"superd, C++: {name}", CPP, unit, self.superd, text, **options)

    def hosted_cpp(self):
        each = f"workers = {self.cores}"
        return [
            self.cpp("coroutines, one process", "cpp-coroutines", "coroutines", waits=True),
            self.cpp("coroutines, a process a core", "cpp-coroutines-cores", "coroutines", each, waits=True),
            self.cpp(f"threads, {THREADS}", "cpp-threads", "threads", f"threads = {THREADS}", most=THREADS),
            self.cpp(f"processes, {PROCESSES}", "cpp-processes", "processes", f"workers = {PROCESSES}"),
        ]

    def python(self, name, unit, function, model, more="", **options):
        text = (f'module = "{PROGRAMS}/hello.py:{function}"\nlanguage = "python"\npython = "{PYTHON_PROGRAM}"\n'
                f'model = "{model}"\n{more}')
        return Hosted(f"superd, Python: {name}", PYTHON, unit, self.superd, text, **options)

    def hosted_python(self):
        each = f"workers = {self.cores}"
        return [
            self.python("asyncio, one process", "py-asyncio", "streams", "coroutines", waits=True),
            self.python("asyncio, a process a core", "py-asyncio-cores", "streams", "coroutines", each, waits=True),
            self.python("gevent, one process", "py-gevent", "connection", "coroutines", 'loop = "gevent"', waits=True),
            self.python(f"threads, {THREADS}", "py-threads", "connection", "threads", f"threads = {THREADS}", most=THREADS),
            self.python(f"processes, {PROCESSES}", "py-processes", "one_request", "processes", f"workers = {PROCESSES}"),
        ]

    def plain(self, name, way, processes=1, **options):
        """programs/plain.py, one way."""
        def command(port):
            return [PYTHON_PROGRAM, "-B", PROGRAMS / "plain.py", way, port, processes]
        return ByHand(f"Python by hand: {name}", PLAIN, [command], forks=processes if processes > 1 else 0, **options)

    def plain_python(self):
        return [
            self.plain("asyncio, one process", "asyncio", waits=True),
            self.plain("asyncio, a process a core", "asyncio", self.cores, waits=True),
            self.plain("gevent, one process", "gevent", waits=True),
            self.plain("threading, a thread a connection", "threading", waits=True),
            self.plain(f"multiprocessing, {PROCESSES} processes", "multiprocessing", PROCESSES),
        ]

    @contextlib.contextmanager
    def running(self, table, servers):
        """Starts the servers and gives those that run; of the others the table tells why not."""
        started = []
        with contextlib.ExitStack() as stack:
            for server in servers:
                stack.callback(server.stop)  # Also of one that has started half.
                try:
                    server.start()
                    started.append(server)
                except (RuntimeError, OSError, AssertionError) as cause:
                    table.missing(server.name, server.family, reason_of(cause))
            yield started
