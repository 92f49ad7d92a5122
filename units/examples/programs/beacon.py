"""The whole of systemd's protocol that a service needs: a datagram when it is ready, one now and then."""
import os
import signal
import socket
import time


def notify(text):
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return  # Started by hand.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), address.replace("@", "\0", 1) if address[0] == "@" else address)


print("warming up")
time.sleep(0.5)
notify("READY=1\nSTATUS=shining")
print("ready")
ends = [signal.SIGTERM, signal.SIGINT]
signal.pthread_sigmask(signal.SIG_BLOCK, ends)
interval = int(os.environ.get("WATCHDOG_USEC", "60000000")) / 1e6
while not signal.sigtimedwait(ends, interval / 2):
    notify("WATCHDOG=1")
notify("STOPPING=1")
print("going out")
