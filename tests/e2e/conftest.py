"""Fixtures of the end-to-end tests. Run by tests/run, or: SUPERD_BIN=build/release/bin pytest tests/e2e"""
import os
import random
import re
import secrets

import pytest

import containers
import harness
import system_bus

SEED = os.environ.get("SUPERD_SEED") or secrets.token_hex(4)


def pytest_addoption(parser):
    parser.addoption("--matching", metavar="RE", help="only tests whose file.name matches")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes more than about ten seconds")
    config.addinivalue_line("markers", "package: needs superd's package, in SUPERD_DEB")
    config.addinivalue_line("markers", "interpreted: runs no program that was built; sanitizers see nothing of it")


def pytest_report_header():
    return f"superd: {harness.BIN}, SUPERD_SEED={SEED}, SUPERD_SCALE={harness.SCALE}"


def is_interpreted(item):
    """superd_worker.py alone, without a superd."""
    named = item.module.__name__.startswith(("test_python_", "test_plain_python"))
    return named and "make_superd" not in item.fixturenames


def pytest_collection_modifyitems(config, items):
    for item in filter(is_interpreted, items):
        item.add_marker("interpreted")
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


@pytest.fixture
def container(superd):
    """superd as PID 1 of its namespaces, not yet started."""
    reason = containers.why_not()
    if reason:
        pytest.skip(reason)
    superd.settings('[log]\nforeground-format = "json"\n')
    made = containers.Container(superd)
    yield made
    if made.process and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


@pytest.fixture
def bus():
    """A bus of the test's own."""
    made = system_bus.Bus()
    yield made.start()
    made.close()


@pytest.fixture
def on_bus(superd, bus):
    """A superd on that bus, not yet started."""
    superd.environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
    superd.settings('[bus]\naddress = "system"\n')
    return superd
