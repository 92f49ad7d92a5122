"""A hook that tells: one JSON line of its moment, environment and input, appended to the file that
TOLD names. Then it does as its arguments say: exit CODE; wait, for the file WAIT to be there; hang."""
import json
import os
import sys
import time

NAMES = ("SUPERD_HOOK", "SUPERD_INSTANCE", "MAINPID", "SERVICE_RESULT", "EXIT_CODE", "EXIT_STATUS", "WHO")
told = {name: os.environ[name] for name in NAMES if name in os.environ}
told["pid"], told["directory"], told["uid"] = os.getpid(), os.getcwd(), os.getuid()
if told["SUPERD_HOOK"] == "on-crash":
    told["input"] = json.load(sys.stdin)
print("told by", told["SUPERD_HOOK"], flush=True)
with open(os.environ["TOLD"], "a") as file:
    file.write(json.dumps(told) + "\n")
action = sys.argv[1:]
if action[:1] == ["exit"]:
    sys.exit(int(action[1]))
if action == ["hang"]:
    # A child of its own, which must not outlive it either.
    os.fork()
    while True:
        time.sleep(1000)
