"""Format and clang-tidy-19. A file that was found good is not looked at again until it, a header
that it includes, its flags or .clang-tidy change: so a full lint costs what changed."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

from report import say
from steps import JOBS, LOGS, ROOT, run

# Beside ccache's, so that one clone's work serves the next.
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "superd" / "lint"
FOLDERS = ("daemon", "ctl", "units", "tests")
TIDIED = ("daemon", "ctl", "units")  # GoogleTest's macros would cost more than all the rest.


def run_format(report):
    """clang-format-19 changes nothing."""
    say("== format")
    listed = subprocess.run(["git", "ls-files", "-z", "--", *FOLDERS], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE, text=True).stdout.split("\0")
    files = [name for name in listed if name.endswith((".cpp", ".hpp")) and (ROOT / name).exists()]
    good = run("format.log", ["clang-format-19", "--dry-run", "-Werror", *files])
    report.check("lint", "format", good, "run clang-format-19 -i on what build/test-logs/format.log names")


def included_files(build):
    """object file → all files it was compiled from, as ninja recorded them."""
    out = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    found, current = {}, None
    for line in out.splitlines():
        if line and not line.startswith(" "):
            current = found.setdefault(line.split(":")[0], [])
        elif line.strip():
            current.append(line.strip())
    return found


class Hashes:
    """Content hashes of our own files; the system's headers change only with their packages."""

    def __init__(self):
        self.known = {}

    def of(self, path):
        if path not in self.known:
            self.known[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        return self.known[path]


def pending(build):
    """The compile commands that were not yet found good as they are, with their keys."""
    headers, hashes = included_files(build), Hashes()
    settings = hashes.of(str(ROOT / ".clang-tidy"))
    result = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = entry["file"]
        if not source.startswith(tuple(f"{ROOT}/{folder}/" for folder in TIDIED)):
            continue
        parts = [settings, entry["command"].replace(str(ROOT), "")]
        output = re.search(r" -o (\S+)", entry["command"])[1]
        for name in [source, *headers.get(output, [])]:
            path = os.path.normpath(os.path.join(build, name))
            if path.startswith(str(ROOT)) and os.path.exists(path):
                parts.append(hashes.of(path))
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        if not (CACHE / key).exists():
            result.append((source, key))
    return result


def commands_for_clang(build):
    """A directory with the build's compile commands without what is g++'s own: precompiled headers, and
    the names of its warnings. So clang-tidy sees, too, what a source forgot to include."""
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = re.sub(r" -Winvalid-pch| -fcoroutines| -include \S+cmake_pch\.hxx| -Wno-(restrict|stringop-\w+)", "",
                                  entry["command"])
    place = ROOT / "build" / "lint"
    place.mkdir(parents=True, exist_ok=True)
    (place / "compile_commands.json").write_text(json.dumps(entries))
    return place


def run_clang_tidy(report, build):
    """clang-tidy-19, and with it the warnings of clang-19, on what changed since it was last good."""
    commands = commands_for_clang(build)
    work = pending(build)
    say(f"== clang-tidy of {len(work)} changed files")
    CACHE.mkdir(parents=True, exist_ok=True)
    running, bad, log = {}, [], open(LOGS / "clang-tidy.log", "w")

    def reap():
        done = next((p for p in running if p.poll() is not None), None) or next(iter(running))
        output = done.communicate()[0]
        source, key = running.pop(done)
        if done.returncode == 0:
            (CACHE / key).touch()
        else:
            bad.append(os.path.relpath(source, ROOT))
            log.write(output + "\n")
            say("   " + "\n   ".join(l for l in output.splitlines() if ": error:" in l))

    for source, key in work:
        if len(running) >= JOBS:
            reap()
        process = subprocess.Popen(["nice", "-n", "10", "clang-tidy-19", "-p", str(commands), "--quiet", source], cwd=ROOT,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        running[process] = (source, key)
    while running:
        reap()
    log.close()
    report.check("lint", "clang-tidy", not bad, f"{', '.join(bad)} (build/test-logs/clang-tidy.log)")
