#!/usr/bin/env python3
"""Threads by name, each in its own way: threads.py [children]. It says READY=1 when all are there."""
import ctypes
import os
import pathlib
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
LIBC = ctypes.CDLL(None)


def named(name, body):
    running = threading.Event()

    def run():
        LIBC.prctl(15, name.encode())  # PR_SET_NAME
        running.set()
        body()
    threading.Thread(target=run, daemon=True).start()
    running.wait()


def compute():
    while True:
        pass


lock = threading.Lock()
lock.acquire()
named("computes", compute)
named("sleeps", lambda: time.sleep(100000))
named("locked", lock.acquire)
named("reads", lambda: os.read(os.pipe()[0], 1))
if "children" in sys.argv and os.fork() == 0:
    LIBC.prctl(15, b"child")
    time.sleep(100000)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
time.sleep(100000)
