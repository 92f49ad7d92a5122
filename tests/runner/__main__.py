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


def main():
    options, report = parse_options(), Report()
    with_lint = not options.no_lint and not options.filter
    if with_lint:
        lint.run_format(report)
    presets = ["release"] if options.quick or options.no_sanitize else ["release", "asan"]
    for preset in presets:
        if not steps.configure_and_build(report, preset):
            continue
        suites.run_ctest(report, preset, options)
        suites.run_e2e(report, preset, options)
    if with_lint and not options.quick and (steps.ROOT / "build/release/compile_commands.json").exists():
        lint.run_clang_tidy(report, steps.ROOT / "build" / "release")
    if options.fuzz > 0 and not options.quick and not options.filter:
        suites.run_fuzz(report, options.fuzz)
    if options.vm:
        suites.run_vm(report)
    report.print_summary()
    return 1 if report.count("failed") else 0


sys.exit(main())
