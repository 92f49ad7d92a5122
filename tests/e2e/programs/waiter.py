"""Says "waiting", and on SIGUSR1 "last words", and ends with a code. Usage: waiter.py CODE"""
import signal
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
print("waiting", flush=True)
signal.sigwait([signal.SIGUSR1])
print("last words", flush=True)
sys.exit(int(sys.argv[1]))
