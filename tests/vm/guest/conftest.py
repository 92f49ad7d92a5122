import pytest

import machine


@pytest.fixture
def units():
    made = machine.Units()
    yield made
    made.clear()


@pytest.fixture(scope="session", autouse=True)
def superd_runs():
    """Installing it has started it; without it, no test has a meaning."""
    try:
        machine.until("superd.service", lambda: machine.show("superd.service", "ActiveState")["ActiveState"] == "active")
    except AssertionError as cause:
        pytest.exit(f"{cause}: {machine.sh('systemctl', 'status', 'superd', check=False).stdout}", returncode=1)
