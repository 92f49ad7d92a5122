"""What ran and how it came out: the one account that the last line of tests/run is made from."""
import collections.abc
import dataclasses
import sys
import time


@dataclasses.dataclass
class Case:
    suite: str  # "unit+sim, asan"
    name: str
    outcome: str  # passed | failed | skipped
    detail: str = ""  # Why it was skipped, or where to read about the failure.
    again: collections.abc.Callable = None  # Runs it once more, with nothing beside it; returns how that came out.
    crashed: bool = False  # A program ended as none may, or a sanitizer found a mistake: no stall's doing.
    unstable: bool = False  # It failed, with that detail, and passed then.


AGAIN_MOST = 5


class Report:
    def __init__(self):
        self.cases = []

    def add(self, cases):
        self.cases += cases

    def check(self, suite, name, passed, detail=""):
        """Adds one case that either passed or failed, and says which it was."""
        self.cases.append(Case(suite, name, "passed" if passed else "failed", detail))
        return passed

    def built(self, what):
        """A preset, or "packages"."""
        return any((case.suite, case.name) == ("build", what) and case.outcome == "passed" for case in self.cases)

    def try_again(self):
        """Runs what failed once more, alone: what one stall of the machine broke is told from what is broken. Both are
        said; many failures are no stall's."""
        failed = [case for case in self.cases if case.outcome == "failed"]
        if len(failed) > AGAIN_MOST:
            return
        for case in failed:
            if case.again is None or case.crashed:
                continue
            say(f"== again: {case.suite}: {case.name}")
            if case.again(case).outcome == "passed":
                case.outcome, case.unstable = "passed", True

    def count(self, outcome):
        return sum(case.outcome == outcome for case in self.cases)

    def print_summary(self):
        print("\n== summary")
        for suite in dict.fromkeys(case.suite for case in self.cases):
            mine = [case for case in self.cases if case.suite == suite]
            numbers = ", ".join(f"{sum(c.outcome == o for c in mine)} {o}"
                                for o in ("passed", "failed", "skipped"))
            print(f"{suite:24} {numbers}")
        for case in self.cases:
            if case.unstable:
                print(f"UNSTABLE {case.suite}: {case.name}: passed when it was run again; before: {case.detail}")
        for outcome in ("skipped", "failed"):
            for case in self.cases:
                if case.outcome == outcome:
                    print(f"{outcome.upper()} {case.suite}: {case.name}: {case.detail}")
        print(f"took {time.monotonic() - BEGUN:.0f} s; logs are in build/test-logs")
        print(f"{self.count('passed')} passed, {self.count('failed')} failed, "
              f"{self.count('skipped')} skipped", flush=True)


BEGUN = time.monotonic()


def say(text):
    """Announces a step at once, and when it began, so that a stuck or slow run shows where."""
    stamp = f"[{time.monotonic() - BEGUN:5.0f} s] " if text.startswith("==") else ""
    print(stamp + text, file=sys.stdout, flush=True)
