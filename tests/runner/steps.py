"""Running programs, with all they print kept in build/test-logs."""
import concurrent.futures
import contextlib
import os
import pathlib
import shutil
import subprocess

from report import say

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "test-logs"
JOBS = len(os.sched_getaffinity(0))
# What one clone compiled serves the next: paths below the root are no part of the key.
CCACHE = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "true", "CCACHE_SLOPPINESS": "pch_defines,time_macros"}


def run(log, command, env=None, also_good=0):
    """Runs a command with its output in build/test-logs/LOG. True: it exited with 0 or `also_good`."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / log
    with open(path, "wb") as out:
        out.write((" ".join(map(str, command)) + "\n").encode())
        out.flush()
        status = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, env={**CCACHE, **os.environ, **(env or {})}).returncode
    good = status in (0, also_good)
    if not good:
        say(f"   exit {status}: build/test-logs/{log} ends with:")
        for line in path.read_text(errors="replace").splitlines()[-15:]:
            say(f"   | {line[:300]}")
    return good


@contextlib.contextmanager
def meanwhile(work, *arguments):
    """Does one piece of work in a thread while the body does another; both have ended after it."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, *arguments)
        yield
        future.result()  # Raises what the work raised.


def configure_and_build(report, preset, targets=(), nice=0):
    """Builds a preset of CMakePresets.json. Reports it as a case when it fails."""
    say(f"== build {preset}")
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold"] if shutil.which("mold") else []
    good = run(f"configure-{preset}.log", ["cmake", "--preset", preset, *launcher, *linker]) and \
        run(f"build-{preset}.log", ["nice", "-n", str(nice), "cmake", "--build", "--preset", preset, "-j", str(JOBS),
                                    *(["--target", *targets] if targets else [])])
    return report.check("build", preset, good, f"see build/test-logs/build-{preset}.log")
