"""Says that it is ready, and then ten times a second that it is well."""
import os
import socket
import time

ADDRESS = os.environ["NOTIFY_SOCKET"]

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.sendto(b"READY=1", ADDRESS)
    while True:
        time.sleep(0.1)
        notify.sendto(b"WATCHDOG=1", ADDRESS)
