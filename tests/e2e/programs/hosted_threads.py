"""Begins a thread while it is imported, which no template can take along."""
import threading
import time

threading.Thread(target=time.sleep, args=(1000,), daemon=True, name="poller").start()


def handler(conn, addr, ctx):
    conn.close()
