"""tests/run: builds superd, runs everything that tests it, and tells of it in one line.

The last line is exactly `N passed, N failed, N skipped`; the exit code is 0 when nothing failed.
"""
import argparse
import re
import sys

import lint
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
    parser.add_argument("--vm", action="store_true", help="the tests of tests/vm too")
    parser.add_argument("--fuzz", metavar="SECONDS", type=int, default=10,
                        help="how long each fuzz target runs (default 10; 0: not at all)")
    parser.add_argument("--no-sanitize", action="store_true", help="no run under ASan and UBSan")
    parser.add_argument("--no-lint", action="store_true", help="no format check, no clang-tidy")
    return parser.parse_args()


def build_sanitized(report, wanted):
    if wanted:
        steps.configure_and_build(report, "asan", nice=10)


def analyse(report, options, with_lint, fuzz):
    """What needs no running superd: clang-tidy, and the fuzz targets' build."""
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
    # The e2e tests mostly wait: what only computes is done meanwhile, with less right to the CPU.
    if steps.configure_and_build(report, "release"):
        suites.run_ctest(report, "release", options)
        with steps.meanwhile(build_sanitized, report, sanitize):
            suites.run_e2e(report, "release", options)
    if sanitize and report.built("asan"):
        suites.run_ctest(report, "asan", options)
        with steps.meanwhile(analyse, report, options, with_lint, fuzz):
            suites.run_e2e(report, "asan", options)
    else:
        analyse(report, options, with_lint, fuzz)
    if fuzz and report.built("fuzz"):
        suites.run_fuzz(report, options.fuzz)
    if options.vm:
        suites.run_vm(report)
    report.print_summary()
    return 1 if report.count("failed") else 0


sys.exit(main())
