"""The whole of systemd's readiness protocol that a service needs: one datagram."""
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
signal.sigwait([signal.SIGTERM, signal.SIGINT])
notify("STOPPING=1")
print("going out")
