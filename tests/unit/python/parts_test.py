#!/usr/bin/python3
"""The parts of superd_worker.py that decide: settings, stop, listeners, what suits a model."""
import asyncio
import os
import pathlib
import socket
import sys
import tempfile
import threading
import time
import unittest

import loaded  # noqa: F401
import superd_worker as worker


class Settings(unittest.TestCase):
    def test_defaults_are_laid_below(self):
        settings = worker.read_settings('{"module": "app:handler", "threads": 4, "unknown": 1}', "a file")
        self.assertEqual((settings["threads"], settings["drain-timeout"], settings["model"]), (4, 30000, "processes"))

    def test_what_is_wrong_is_named(self):
        for text, sentence in (("{", "cannot read the settings from a file: "),
                               ("[]", "cannot use the settings from a file: they are not a JSON object"),
                               ('{"module": 1}', "module is 1, expected a value like \"\""),
                               ('{"module": "a:b", "preload": 1}', "preload is 1, expected a value like false"),
                               ('{"module": "a:b", "loop": "uv"}', 'cannot use loop = "uv": expected one of "asyncio", "gevent"'),
                               ('{"module": "a:b", "threads": 0}', "threads is 0, expected 1 or more")):
            with self.assertRaises(worker.ConfigError) as caught:
                worker.read_settings(text, "a file")
            self.assertIn(sentence, str(caught.exception))

    def test_a_loop_beats_several_times_within_what_counts_as_a_stall(self):
        for warn, timeout, seconds in ((250, 5000, 0.1), (100, 5000, 0.04), (0, 100, 0.04), (10, 0, 0.01), (0, 0, 1.0)):
            self.assertEqual(worker.beat_interval({"stall-warn": warn, "stall-timeout": timeout}), seconds)


class Stops(unittest.TestCase):
    def test_a_wait_ends_when_it_is_set(self):
        stop = worker.Stop()
        self.assertFalse(stop.wait(0))
        self.assertFalse(stop.is_set())
        threading.Timer(0.01, stop.set).start()
        self.assertTrue(stop.wait(30))
        self.assertTrue(stop.wait())
        stop.set()

    def test_coroutines_wait_for_it_too(self):
        async def story():
            stop = worker.Stop()
            asyncio.get_running_loop().call_later(0.01, stop.set)
            waiting = [asyncio.ensure_future(worker.wait_for_stop(stop)) for _ in range(3)]
            await asyncio.wait_for(asyncio.gather(*waiting), 30)
            await stop
        asyncio.run(story())


class Listeners(unittest.TestCase):
    def test_descriptors_are_for_the_process_they_were_passed_to(self):
        mine = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "3", "LISTEN_FDNAMES": "http:shared.cache"}
        self.assertEqual(worker.inherited(mine), [("http", 3), ("shared.cache", 4), ("unknown", 5)])
        self.assertEqual(worker.inherited({**mine, "LISTEN_PID": "1"}), [])
        self.assertEqual(worker.inherited({}), [])

    def test_names_tell_listeners_from_memory(self):
        first, second = socket.socket(), socket.socket()
        memory = os.memfd_create("x")
        listeners, kept = worker.take_listeners([("http", first.detach()), ("http", second.detach()),
                                                 ("shared.cache", memory)])
        self.assertEqual(list(listeners), ["http", "http.2"])
        self.assertEqual(kept, {"cache": memory})
        self.assertFalse(os.get_inheritable(memory))
        for each in listeners.values():
            each.close()
        os.close(memory)

    def test_addresses(self):
        with worker.open_listener("http", "tcp://127.0.0.1:0") as one:
            self.assertEqual(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), 1)
            self.assertEqual(worker.queued(one), 0)
            with socket.create_connection(one.getsockname()):
                self.assertEqual(worker.queued(one), 1)
        worker.open_listener("dns", "udp://127.0.0.1:0").close()
        # What fails leaves nothing open.
        for address in ("tcp://127.0.0.1", "127.0.0.1:80", "tcp://127.0.0.1:http", "unix:/nowhere/x.sock"):
            with self.assertRaisesRegex(worker.ConfigError, "cannot listen for http on "):
                worker.open_listener("http", address)

    def test_the_kernel_tells_how_long_a_connection_is_idle(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with socket.create_connection(listener.getsockname()) as client:
                served, _ = listener.accept()
                with served:
                    client.sendall(b"x")
                    self.assertEqual(served.recv(1), b"x")
                    begun = time.monotonic()
                    while worker.idle_seconds(served) < 0.05:
                        self.assertLess(time.monotonic() - begun, 30)
                        time.sleep(0.01)
                    client.sendall(b"x")
                    self.assertEqual(served.recv(1), b"x")
                    self.assertLessEqual(worker.idle_seconds(served), time.monotonic() - begun)
        with socket.socket(socket.AF_UNIX) as other:
            self.assertIsNone(worker.idle_seconds(other))

    def test_a_backlog_is_taken_once_and_no_more(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
            backlog = worker.Backlog([listener])
            late = socket.create_connection(listener.getsockname())
            taken = [each[0] for each in iter(backlog.take, None)]
            self.assertEqual(len(taken), 3)
            self.assertIsNone(backlog.take())
            listener.accept()[0].close()
            for each in [*clients, late, *taken]:
                each.close()


class Modules(unittest.TestCase):
    def setUp(self):
        self.path, self.directory = list(sys.path), tempfile.TemporaryDirectory()
        self.here = os.getcwd()
        os.chdir(self.directory.name)

    def tearDown(self):
        os.chdir(self.here)
        sys.path[:] = self.path
        self.directory.cleanup()
        for name in ("shop_app", "shop_pkg", "shop_pkg.web"):
            sys.modules.pop(name, None)

    def service(self, spec, **settings):
        return worker.Service({"module": spec, "model": "threads", "loop": "asyncio", **settings})

    def write(self, name, text):
        path = pathlib.Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def test_names_paths_and_packages(self):
        self.write("shop_app.py", "def handler(conn, addr, ctx): pass\ndef main(ctx): pass\n")
        self.write("shop_pkg/__init__.py", "")
        self.write("shop_pkg/web.py", "def handler(conn, addr, ctx): pass\n")
        self.assertFalse(self.service("shop_app").is_main)
        self.assertTrue(self.service("shop_app:main").is_main)
        self.assertEqual(self.service("shop_pkg.web:handler").place, ("web.py", 1))
        self.assertEqual(self.service(f"{self.directory.name}/shop_app.py:handler").place, ("shop_app.py", 1))
        for spec, sentence in (("shop_pkg.wob:handler", "shop_pkg has no module wob; did you mean web?"),
                               ("shop_apq", "has no module shop_apq; did you mean shop_app?"),
                               ("shop_pkg.web:handle", "has no handle; did you mean handler?"),
                               ("shop_pkg", "module shop_pkg has no handler or main or Service")):
            with self.assertRaises(worker.ConfigError) as caught:
                self.service(spec)
            self.assertIn(sentence, str(caught.exception))

    def test_what_the_module_itself_lacks_is_not_our_error(self):
        self.write("shop_app.py", "import shop_pkg_missing\n")
        with self.assertRaises(ModuleNotFoundError):
            self.service("shop_app")

    def test_callables_of_every_kind(self):
        self.write("shop_app.py", "import functools\nclass Call:\n    async def __call__(self, reader, writer, ctx): pass\n"
                   "called = Call()\ndef four(x, conn, addr, ctx): pass\npart = functools.partial(four, 1)\n"
                   "def wrap(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a)\n    return inner\n"
                   "@wrap\ndef wrapped(conn, addr, ctx): pass\n")
        self.service("shop_app:called", model="coroutines")
        self.service("shop_app:part")
        self.assertEqual(self.service("shop_app:wrapped").place, ("shop_app.py", 11))
        with self.assertRaisesRegex(worker.ConfigError, "needs model = \"coroutines\""):
            self.service("shop_app:called")


if __name__ == "__main__":
    unittest.main()
