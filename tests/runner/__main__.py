"""tests/run: builds superd, runs everything that tests it, and tells of it in one line.

The last line is exactly `N passed, N failed, N skipped`; the exit code is 0 when nothing failed.
"""
import argparse
import re
import sys

import lint
import machines
import steps
import suites
from report import Report


def expression(text):
    try:
        re.compile(text)
    except re.error as cause:
        raise argparse.ArgumentTypeError(f"cannot use {text!r}: {cause}")
    return text


def parse_options():
    parser = argparse.ArgumentParser(prog="tests/run", description="Builds superd and runs its tests.")
    parser.add_argument("--quick", action="store_true",
                        help="release build only, no clang-tidy, no fuzzing, no e2e test marked long")
    parser.add_argument("--filter", metavar="RE", type=expression,
                        help="only test cases whose name matches; no lint, no fuzzing")
    parser.add_argument("--vm", action="store_true",
                        help="the tests in machines too: under QEMU, with Debian 12's kernel and systemd and with later ones, for a quarter of an hour")
    parser.add_argument("--fuzz", metavar="SECONDS", type=int, default=10,
                        help="how long each fuzz target runs (default 10; 0: not at all)")
    parser.add_argument("--no-sanitize", action="store_true", help="no run under ASan and UBSan")
    parser.add_argument("--no-lint", action="store_true", help="no format check, no clang-tidy")
    return parser.parse_args()


def build_more(report, options, sanitize, packages):
    if sanitize:
        steps.configure_and_build(report, "asan", nice=10)
    if packages:
        machines.build_packages(report, twice=options.vm)


def analyse(report, options, with_lint, fuzz, packages):
    """What needs no superd of the build: packages in a container, clang-tidy, and the fuzz targets' build."""
    if packages and report.built("packages"):
        machines.run_machine(report, "nspawn")
        suites.run_e2e_of_package(report, options, machines.surroundings())
    if with_lint and not options.quick and report.built("release"):
        lint.run_clang_tidy(report, steps.ROOT / "build" / "release")
    if fuzz:
        steps.configure_and_build(report, "fuzz", suites.fuzz_targets(), 10)


def main():
    options, report = parse_options(), Report()
    with_lint = not options.no_lint and not options.filter
    if with_lint:
        lint.run_format(report)
    sanitize = not options.quick and not options.no_sanitize
    fuzz = options.fuzz > 0 and not options.quick and not options.filter
    packages = not options.quick and not options.filter
    with steps.meanwhile(machines.fetch_base, report, packages):
        steps.configure_and_build(report, "release")
    # The e2e tests mostly wait: what only computes is done meanwhile, with less right to the CPU.
    if report.built("release"):
        suites.run_ctest(report, "release", options)
        with steps.meanwhile(build_more, report, options, sanitize, packages):
            suites.run_e2e(report, "release", options)
    if sanitize and report.built("asan"):
        suites.run_ctest(report, "asan", options)
        with steps.meanwhile(analyse, report, options, with_lint, fuzz, packages):
            suites.run_e2e(report, "asan", options)
    else:
        analyse(report, options, with_lint, fuzz, packages)
    if fuzz and report.built("fuzz"):
        suites.run_fuzz(report, options.fuzz)
    if options.vm and report.built("packages"):
        machines.run_machine(report, "nspawn", backports=True)
        for backports in (False, True):
            machines.run_machine(report, "qemu", backports)
    report.try_again()
    report.print_summary()
    return 1 if report.count("failed") else 0


sys.exit(main())
