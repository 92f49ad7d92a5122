"""What is installed and documented is what there is: manual, help, examples, quick start."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

import harness
import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]


def words_of(page):
    return page.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "")


def section(page, name):
    return re.search(rf'^\.SH "?{name}"?$(.*?)(?=^\.SH )', page, re.M | re.S)[1]


def test_superd_8_has_the_options_and_exit_codes_of_help():
    text = subprocess.run([harness.BIN / "superd", "--help"], capture_output=True, text=True, check=True).stdout
    page = words_of((ROOT / "packaging/man/superd.8").read_text())
    options = re.findall(r"^  (--[a-z-]+(?: [A-Z]+)?)", text, re.M)
    assert len(options) >= 9
    assert re.findall(r"^(--[a-z-]+(?: [A-Z]+)?)$", section(page, "OPTIONS"), re.M) == options
    codes = re.findall(r"(?<!\d)(\d\d?) [a-z]", text.partition("Exit status:")[2])
    assert re.findall(r"^\.B (\d+)$", section(page, "EXIT STATUS"), re.M) == codes
    for default in re.findall(r"\[(/[^\]]+)\]", text):
        assert default in section(page, "FILES")
    for variable in re.findall(r"\b[A-Z]+_[A-Z_]+\b", text):
        assert variable in section(page, "ENVIRONMENT")


@pytest.mark.parametrize("page", sorted(p.name for p in (ROOT / "packaging/man").glob("*.[0-9]")))
def test_manual_pages_are_well_formed(page):
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", ROOT / "packaging/man" / page],
                          capture_output=True, text=True)
    shown = re.findall(r"^\\&\.[A-Z]{2}\b.*", (ROOT / "packaging/man" / page).read_text(), re.M)
    assert shown == [], "requests that a reader would see"
    # A page whose date is the release's own has none in the source.
    bad = [line for line in lint.stdout.splitlines() if "missing date" not in line]
    assert bad == []


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What `cmake --install` puts under a prefix."""
    if not (harness.BIN.parent / "cmake_install.cmake").exists():
        pytest.skip(f"{harness.BIN} is not in a build tree, so there is nothing to install from")
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", harness.BIN.parent, "--prefix", prefix], check=True,
                   capture_output=True, timeout=180)
    return prefix


def test_an_installed_superd_runs_from_any_prefix(installed, superd, monkeypatch):
    monkeypatch.setattr(harness, "BIN", installed / "bin")
    assert sorted(p.name for p in (installed / "libexec/superd").iterdir()) == [
        "superd-logger", "superd-supervisor", "superd-worker", "superd_worker.py"]
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.await_state("web", "ready")
    superd.ctl("check", "--config", superd.config)
    assert superd.terminate() == 0
    for name in ("man/man8/superd.8", "man/man1/superctl.1", "man/man5/superd.unit.5", "superd/examples/units/web.toml",
                 "superd/schema/superd-unit.schema.json", "bash-completion/completions/superctl"):
        assert (installed / "share" / name).exists(), name


def test_units_for_systemd_start_what_is_installed_beside_them(installed):
    units = [*installed.rglob("systemd/**/superd.service")]
    assert len(units) == 2
    for unit in units:
        programs = re.findall(r"^Exec\w+=(\S+)", unit.read_text(), re.M)
        assert len(programs) >= 2
        for program in programs:
            assert pathlib.Path(program).is_relative_to(installed) and os.access(program, os.X_OK), program


def test_the_packages_are_built_with_what_superd_is_built_with():
    """A machine that builds packages installs what debian/control says, and nothing of packaging/dependencies."""
    listed = set(re.findall(r"^build +(\S+)", (ROOT / "packaging/dependencies").read_text(), re.M))
    control = (ROOT / "packaging/debian/control").read_text().partition("Build-Depends:")[2].partition("Standards-Version")[0]
    always_there = {"g++"}  # build-essential
    words = [word.split(" ")[0] for word in re.split(r",\s*", control.strip())]
    assert set(words) - {"debhelper-compat"} == listed - always_there
    assert len(words) == len(set(words)), "one of them is named twice"


def test_a_package_that_is_removed_leaves_no_socket_that_would_start_superd_again(tmp_path):
    if not shutil.which("dh_installsystemd"):
        pytest.skip("debhelper is not installed")
    shutil.copytree(ROOT / "packaging/debian", tmp_path / "debian")
    units = tmp_path / "debian/superd/lib/systemd/system"
    units.mkdir(parents=True)
    shutil.copy(ROOT / "packaging/systemd/superd.service.in", units / "superd.service")
    shutil.copy(ROOT / "packaging/systemd/superd.socket", units)
    subprocess.run(["make", "-f", "debian/rules", "override_dh_installsystemd"], cwd=tmp_path, check=True,
                   capture_output=True)
    made = tmp_path / "debian/.debhelper/generated/superd"
    scripts = {name: (made / f"{name}.service").read_text() for name in ("postinst", "prerm")}
    assert re.findall(r"deb-systemd-invoke stop '(\S+)'", scripts["prerm"]) == ["superd.socket", "superd.service"]
    # Nothing is stopped but by a removal.
    assert scripts["prerm"].count('"$1" = remove') == scripts["prerm"].count("deb-systemd-invoke stop")
    assert set(re.findall(r"deb-systemd-invoke (\w+)", scripts["postinst"])) == {"start"}


@pytest.mark.parametrize("script, option", [("quickstart", "--bin"), ("build-deb", "--output"), ("build-tarball", "--output")])
def test_an_option_without_its_value_is_wrong_usage(script, option):
    told = subprocess.run([ROOT / "packaging" / script, option], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert told.returncode == 64 and f"{script}: cannot use {option}" in told.stderr


def test_the_example_modules_are_installed_and_can_be_loaded(installed, tmp_path):
    modules = sorted(installed.glob("lib*/superd/examples/*.so")) or sorted(installed.glob("lib/*/superd/examples/*.so"))
    models = {"chat": "coroutines", "digest": "threads", "greeter": "coroutines", "primes": "processes"}
    assert [each.stem for each in modules] == list(models)
    for module in modules:
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps({"unit": "example", "module": str(module), "model": models[module.stem]}))
        subprocess.run([installed / "libexec/superd/superd-worker", "--check", "--settings", settings], check=True,
                       timeout=30)


@pytest.mark.parametrize("user", ["own", "nobody"])
def test_the_quick_start_runs_and_leaves_nothing_behind(user, tmp_path_factory):
    if user == "nobody" and os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    # The examples' ports are fixed: nobody else may have them.
    for port in (18080, 18081, 18082):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.skip(f"port {port} of the examples is in use on this machine")
    place = pathlib.Path(tempfile.mkdtemp(prefix="qs-", dir="/dev/shm"))
    place.chmod(0o777)
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if user == "nobody" else []
    mark = place.name
    # Named as from where one is.
    started = subprocess.Popen([*become, ROOT / "packaging/quickstart", "--bin", harness.BIN.name], text=True,
                               cwd=harness.BIN.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0,
                               env={**os.environ, "TMPDIR": str(place), "E2E_MARK": mark})
    try:
        seen = ""
        with started.stdout:
            while not harness.READY_LINE.match(line := started.stdout.readline()):
                assert line, seen
                seen += line
            runtime = re.search(r"SUPERD_RUNTIME_DIR=(\S+)", seen)[1]
            waited = subprocess.run([harness.BIN / "superctl", "--runtime-dir", runtime, "wait", "--ready", "web", "proxy",
                                     "worker", "beacon", "counter", "pipeline", "--timeout", "80s"],
                                    capture_output=True, text=True, timeout=90)
            assert waited.returncode == 0, waited.stderr
            os.killpg(started.pid, signal.SIGINT)  # As a terminal does on Ctrl-C.
            started.stdout.read()
        assert started.wait(harness.PATIENCE) == 0
        assert processes.marked(mark) == [] and list(place.iterdir()) == []
    finally:
        if started.poll() is None:
            started.kill()
            started.wait()
        for pid in processes.marked(mark):
            processes.kill(pid)
        shutil.rmtree(place, ignore_errors=True)
