"""Sends one datagram to NOTIFY_SOCKET, or to the path in argv[2]. Usage: notify.py TEXT [SOCKET]"""
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
    sender.sendto(sys.argv[1].encode().decode("unicode_escape").encode(), (sys.argv[2:] or [os.environ["NOTIFY_SOCKET"]])[0])
