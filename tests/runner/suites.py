"""The suites that prove what superd does: ctest's, pytest's, and a while of fuzzing."""
import concurrent.futures
import os
import re
import threading
import xml.etree.ElementTree as ElementTree

from report import Case, say
from steps import JOBS, LOGS, ROOT, run

CRASH = re.compile(r"Sanitizer|runtime error:|Assertion .* failed|terminate called|Segmentation fault|SIG(ABRT|SEGV|BUS|ILL)|"
                   r"Fatal Python error|SEGFAULT|a broken part of superd")


def read_junit(suite, path, log):
    """The cases of a JUnit report, as ctest and pytest write it."""
    cases = []
    for node in ElementTree.parse(path).iter("testcase"):
        name = node.get("name")
        if suite.startswith("e2e"):
            name = f"{node.get('classname').rsplit('.')[-1]}.{name}"
        skipped, bad = node.find("skipped"), [*node.findall("failure"), *node.findall("error")]
        if bad or node.get("status") == "fail":
            told = " ".join([*node.itertext(), *(each.get("message") or "" for each in bad)])
            cases.append(Case(suite, name, "failed", f"{fail_reason(node, bad)} (build/test-logs/{log})",
                              crashed=CRASH.search(told) is not None))
        elif skipped is not None or node.get("status") in ("notrun", "disabled"):
            cases.append(Case(suite, name, "skipped", skip_reason(node, skipped)))
        else:
            cases.append(Case(suite, name, "passed"))
    return cases


def fail_reason(node, bad):
    """pytest tells it in the message; GoogleTest prints it below its "file:line: Failure"."""
    output = (node.findtext("system-out") or "").splitlines()
    for number, line in enumerate(output):
        if line.endswith(": Failure"):
            return " | ".join(each.strip() for each in [line.rsplit("/", 1)[-1], *output[number + 1:number + 5]])
    message = (bad[0].get("message") or "").strip() if bad else ""
    if not message:
        return " | ".join(output[-3:])
    # The innermost line of the test's own: which of several waits it was.
    places = re.findall(r"^\S*?(test_\w+\.py:\d+): ", bad[0].text or "", re.MULTILINE)
    return " ".join([*places[-1:], message.splitlines()[0]])


def skip_reason(node, skipped):
    """pytest tells why in the message; GoogleTest prints it before its "[  SKIPPED ]"."""
    output = (node.findtext("system-out") or "").splitlines()
    for number, line in enumerate(output):
        if "Skipped" in line and number + 1 < len(output):
            return output[number + 1].strip()
    return skipped.get("message", "").strip() if skipped is not None else "no reason was given"


def run_reporting(report, suite, log, command, junit, again, env=None, nothing_is_good=0):
    """Runs a suite that writes a JUnit report; one that dies without a report is a failure itself."""
    junit.unlink(missing_ok=True)
    good = run(log, command, env, also_good=nothing_is_good)
    if not junit.exists():
        report.check(suite, "the runner", False, f"wrote no report: build/test-logs/{log}")
        return
    cases = read_junit(suite, junit, log)
    for case in cases:
        case.again = again
    report.add(cases)
    if not good and all(case.outcome != "failed" for case in cases):
        report.check(suite, "the runner", False, f"exited with an error: build/test-logs/{log}")


def run_alone(case, command, junit, env=None):
    """Runs one case of a suite; returns it as it came out."""
    junit.unlink(missing_ok=True)
    log = "again-" + re.sub(r"\W+", "-", f"{case.suite}-{case.name}")[:100] + ".log"
    run(log, command, env)
    cases = read_junit(case.suite, junit, log) if junit.exists() else []
    return next((each for each in cases if each.name == case.name), Case(case.suite, case.name, "failed", "it was not run"))


def run_ctest(report, preset, options):
    """Unit, simulation and text tests, as the build registered them."""
    suite, junit = f"unit+sim, {preset}", LOGS / f"ctest-{preset}.xml"
    say(f"== {suite}")

    def command(jobs, into, wanted):
        return ["ctest", "--test-dir", f"build/{preset}", "-j", str(jobs), "--output-on-failure", "--no-tests=ignore",
                "--output-junit", str(into), *(["-R", wanted] if wanted else [])]

    def again(case):
        alone = LOGS / "again.xml"
        return run_alone(case, command(1, alone, f"^{re.escape(case.name)}$"), alone)

    run_reporting(report, suite, f"ctest-{preset}.log", command(JOBS, junit, options.filter), junit, again)


def run_e2e(report, preset, options):
    """Real processes, driven through superctl: the long tests, which mostly wait, and those of Python's worker alone
    beside the others."""
    say(f"== e2e, {preset}")
    # ASan costs time and memory, and what it finds shows in fewer rounds; of what is interpreted it sees nothing.
    asan = preset == "asan"
    scale = {"SUPERD_SCALE": "0.25"} if asan else {}
    parts = {"not-long": "not long and not package and not interpreted",
             "long": "long and not package" + (" and not interpreted" if asan else "")}
    if not asan:
        parts["interpreted"] = "interpreted and not long"
    if options.quick:
        del parts["long"]
    threads = [threading.Thread(target=run_e2e_part, args=(report, preset, options, name, marked, scale))
               for name, marked in parts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_e2e_of_package(report, options, surroundings):
    """What is tried with superd's package, once it is built."""
    say("== e2e, package")
    run_e2e_part(report, "release", options, "package", "package", surroundings)


def run_e2e_part(report, preset, options, name, marked, surroundings):
    name = f"e2e-{preset}-{name}"
    junit = LOGS / f"{name}.xml"
    env = {"SUPERD_LOOKING": str(ROOT / "build" / "release" / "bin"), **surroundings, **os.environ,
           "SUPERD_BIN": str(ROOT / "build" / preset / "bin")}

    def command(into, *wanted):
        return ["/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-v", "-rs", f"--junit-xml={into}",
                "--durations=15", *wanted]

    def again(case):
        alone, (module, _, test) = LOGS / "again.xml", case.name.partition(".")
        return run_alone(case, command(alone, f"tests/e2e/{module}.py::{test}"), alone, env)

    run_reporting(report, f"e2e, {preset}", f"{name}.log",
                  command(junit, "tests/e2e", "-m", marked, *([f"--matching={options.filter}"] if options.filter else [])),
                  junit, again, env, nothing_is_good=5)


TOO_SLOW = 70  # How libFuzzer exits after an input that took longer than -timeout.


def fuzz_targets():
    return sorted(path.stem for path in (ROOT / "tests" / "fuzz").glob("*_fuzz.cpp"))


def run_fuzz(report, seconds):
    """Each libFuzzer target for some seconds, as many at once as there are processors, from what earlier runs found."""
    def fuzz(target):
        say(f"== fuzz {target} for {seconds} s")
        corpus = ROOT / "build" / "fuzz-corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        program = f"build/fuzz/fuzz/{target}"
        for slow in LOGS.glob(f"{target}-timeout-*"):
            slow.unlink()
        if run(f"fuzz-{target}.log", [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                                      "-verbosity=1", f"-artifact_prefix={LOGS}/{target}-", str(corpus)], also_good=TOO_SLOW):
            # The clock goes on while the machine stands still: what is slow is so again.
            return all(run(f"fuzz-{target}-again.log", [program, "-timeout=10", "-rss_limit_mb=2048", str(slow)])
                       for slow in LOGS.glob(f"{target}-timeout-*"))
        return False

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for target, good in zip(fuzz_targets(), pool.map(fuzz, fuzz_targets())):
            report.check("fuzz", target, good, f"see build/test-logs/fuzz-{target}.log")
