"""Fixtures of the end-to-end tests. Run by tests/run, or: SUPERD_BIN=build/release/bin pytest tests/e2e"""
import os
import random
import re
import secrets

import pytest

import harness

SEED = os.environ.get("SUPERD_SEED") or secrets.token_hex(4)


def pytest_addoption(parser):
    parser.addoption("--matching", metavar="RE", help="only tests whose file.name matches")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes more than about ten seconds")


def pytest_report_header():
    return f"superd: {harness.BIN}, SUPERD_SEED={SEED}, SUPERD_SCALE={harness.SCALE}"


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--matching")
    if wanted:
        items[:] = [item for item in items if re.search(wanted, f"{item.module.__name__}.{item.name}")]


@pytest.fixture
def seeded(request):
    """A random generator that SUPERD_SEED reproduces."""
    print(f"SUPERD_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


@pytest.fixture
def make_superd(request):
    """Makes superds that are ended with the test, which fails if one breaks or leaves a process behind."""
    made = []

    def make(**options):
        made.append(harness.Superd(**options))
        return made[-1]

    yield make
    failed = getattr(request.node, "report_call", None) is None or request.node.report_call.failed
    left = []
    for superd in made:
        left += superd.close()
        if failed or left:
            print(f"--- superd in {superd.base} printed:\n{superd.text()[-6000:]}")
    assert failed or not left, "\n".join(left)


@pytest.fixture
def superd(make_superd):
    """One superd, not yet started."""
    return make_superd()
