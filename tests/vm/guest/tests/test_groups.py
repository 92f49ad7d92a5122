"""[limits] and superctl freeze with a kernel that has what they need: those of tests/e2e, run by what is installed."""
import os
import pathlib
import shutil

import pytest

import machine
from machine import sh

E2E = pathlib.Path(machine.__file__).with_name("e2e")


@pytest.mark.parametrize("name", ["test_limits", "test_freeze"])
def test_as_on_any_other_machine(name):
    if name == "test_limits" and "memory" not in machine.controllers():
        pytest.skip("cgroup v2 has no memory controller here: no limit was tried")
    programs = pathlib.Path(shutil.which("superd")).parent
    environment = {**os.environ, "SUPERD_BIN": str(programs), "SUPERD_PATIENCE": str(machine.PATIENCE / 2)}
    done = sh("python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs", E2E / f"{name}.py",
              check=False, timeout=120, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
