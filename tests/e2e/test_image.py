"""Images of superd that are made without a network, or by the Dockerfile, and run as they say themselves."""
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess

import pytest

import containers
import harness

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "container"
USER = containers.USER
DEB = os.environ.get("SUPERD_DEB")  # superd's package; tests/run gives it.
BASE = os.environ.get("SUPERD_BASE")  # An archive of Debian 12, as tests/vm/machine/base makes it.


class Store:
    """Images of this test alone."""

    def __init__(self, place):
        config = place / "storage.conf"
        config.write_text(
            f'[storage]\ndriver = "vfs"\nrunroot = "{place}/runroot"\ngraphroot = "{place}/graph"\n')
        self.environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs",
                            "CONTAINERS_STORAGE_CONF": str(config)}

    def run(self, *command):
        result = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.strip()

    def buildah(self, *arguments):
        return self.run("buildah", *arguments)


@pytest.fixture
def store(container, tmp_path):
    if not shutil.which("buildah"):
        pytest.skip("buildah is not installed")
    if "asan" in str(harness.BIN):
        pytest.skip("programs under ASan want more of the system than an image has")
    return Store(tmp_path)


def copy_programs(tree):
    """What `cmake --install` puts there, as far as an image needs it."""
    for directory, programs in (("bin", ("superd", "superctl")),
                                ("libexec/superd", ("superd-supervisor", "superd-logger"))):
        (tree / "usr" / directory).mkdir(parents=True)
        for program in programs:
            shutil.copy(harness.BIN / program, tree / "usr" / directory)
    return tree


def package():
    if DEB is None:
        pytest.skip("SUPERD_DEB names no package: tests/run tries it when packages are built")
    return pathlib.Path(DEB)


def check_example(container, store, image):
    """Runs the image as its configuration says, and looks at the example in it from the outside."""
    name = store.buildah("from", "--pull=never", image)
    config = json.loads(store.buildah("inspect", name))["OCIv1"]["config"]
    assert (config["User"], config["StopSignal"]) == (f"{USER}:{USER}", "SIGTERM")
    root = store.buildah("mount", name)
    script = f"""mount --make-rprivate / && mount --bind {root} {root} && mount -t tmpfs tmpfs {root}/run &&
install -d -o {USER} -g {USER} {root}/run/superd && mount -t proc proc {root}/proc &&
mount --bind /dev {root}/dev && mount -o remount,ro,bind {root} &&
exec setpriv --no-new-privs chroot --userspec={USER}:{USER} {root} {shlex.join(config["Entrypoint"])}
"""
    container.process = subprocess.Popen([*containers.NAMESPACES, "sh", "-c", script], stdin=subprocess.DEVNULL,
                                         text=True, stdout=container.out.open("wb"), stderr=subprocess.PIPE)
    assert any(harness.READY_LINE.match(line) for line in container.process.stderr)
    inside = ["chroot", pathlib.Path("/proc", str(container.init), "root"), "/usr/bin/superctl"]
    subprocess.run([*inside, "wait", "web"], check=True, capture_output=True)
    health = subprocess.run([*inside, "health", "--startup"], capture_output=True, text=True)
    assert health.stdout == "healthy: 1 unit has come up\n", health.stderr
    os.kill(container.init, signal.SIGTERM)
    assert container.finish() == 0
    assert container.lines()[0]["message"] == "ready"
    store.buildah("rm", name)


@pytest.mark.parametrize("source", ["tree", pytest.param("deb", marks=pytest.mark.package)])
def test_an_image_that_is_built_offline_runs_its_example(container, store, tmp_path, source):
    given = package() if source == "deb" else copy_programs(tmp_path / "tree")
    image = tmp_path / "image.oci.tar"
    # No network at all, so that none can be needed.
    assert store.run("unshare", "--net", PACKAGING / "build-image", f"--{source}", given, image) == str(image)
    check_example(container, store, f"oci-archive:{image}")


@pytest.mark.package
def test_the_dockerfile_builds_an_image_from_the_package(container, store, tmp_path):
    if BASE is None:
        pytest.skip("SUPERD_BASE names no archive of Debian: tests/run tries it when packages are built")
    debian = store.buildah("from", "scratch")
    store.buildah("add", "--quiet", debian, unpacked(pathlib.Path(BASE), tmp_path), "/")
    store.buildah("commit", "--quiet", debian, "docker.io/library/debian:bookworm-slim")
    store.buildah("rm", debian)
    context = tmp_path / "context"
    shutil.copytree(PACKAGING, context)
    shutil.copy(package(), context)
    store.buildah("build", "--pull-never", "--quiet", "--file", context / "Dockerfile", "--tag", "superd-test", context)
    check_example(container, store, "localhost/superd-test")


def unpacked(archive, place):
    """Without what only a machine needs, and makes the image large."""
    root = place / "debian"
    root.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", root, "--exclude=./dev/*", "--exclude=./usr/lib/modules"],
                   check=True)
    return root
