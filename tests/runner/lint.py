"""Format and clang-tidy-19. A file that was found good is not looked at again until it, a header
that it includes, its flags or .clang-tidy change: so a full lint costs what changed."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

from report import say
from steps import JOBS, LOGS, ROOT, run

sys.path.append(str(ROOT / "packaging"))
import together  # noqa: E402

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


def compile_commands(build):
    """What compile_commands.json has, with an entry for each source of those that are compiled together
    (packaging/together.cmake)."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        made = pathlib.Path(entry["file"])
        if made.parent.name != "Unity":
            yield entry
            continue
        for source in re.findall(r'^#include "(.*)"$', made.read_text(), re.MULTILINE):
            yield {**entry, "file": source, "command": entry["command"].replace(f" -c {made}", f" -c {source}")}


def pending(build):
    """The sources that were not yet found good as they are, with their keys."""
    headers, hashes = included_files(build), Hashes()
    settings = hashes.of(str(ROOT / ".clang-tidy"))
    result = []
    for entry in compile_commands(build):
        source = entry["file"]
        if not source.startswith(tuple(f"{ROOT}/{folder}/" for folder in TIDIED)):
            continue
        parts = [settings, entry["command"].replace(str(ROOT), "")]
        output = re.search(r" -o (\S+)", entry["command"])[1]
        for name in [source, *headers.get(output, [])]:
            path = os.path.normpath(os.path.join(build, name))
            # A batch's own file has the paths of this clone.
            if path.startswith(str(ROOT)) and os.path.exists(path) and pathlib.Path(path).parent.name != "Unity":
                parts.append(hashes.of(path))
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        if not (CACHE / key).exists():
            result.append((source, key))
    return result


def commands_for_clang(build):
    """A directory with the build's compile commands without what is g++'s own: precompiled headers, the names of its
    warnings, and what it may not warn of in a batch. So clang-tidy sees, too, what a source forgot to include."""
    own = (r" -Winvalid-pch| -fcoroutines| -include \S+cmake_pch\.hxx| -Wno-(restrict|stringop-\w+|subobject-linkage)"
           r"| -Wno-shadow -Wshadow=local")
    entries = [{**entry, "command": re.sub(own, "", entry["command"])} for entry in compile_commands(build)]
    place = ROOT / "build" / "lint"
    place.mkdir(parents=True, exist_ok=True)
    (place / "compile_commands.json").write_text(json.dumps(entries))
    return place


def write_batches(batches, place):
    """A source for each batch that includes all of its own, with how it is compiled."""
    entries, sources = json.loads((place / "compile_commands.json").read_text()), []
    for number, batch in enumerate(batches):
        made = place / f"batch_{number}.cpp"
        made.write_text("".join(f'#include "{source}"  // NOLINT(bugprone-suspicious-include)\n'
                                for source, _, _ in batch.sources))
        # A private name of one source may hide in another what it does not hide there.
        entries.append({"directory": str(place), "file": str(made), "command": f"{batch.command} -Wno-shadow -c {made}"})
        sources.append(made)
    (place / "compile_commands.json").write_text(json.dumps(entries))
    return sources


def tidy(place, jobs):
    """Runs clang-tidy on each of `jobs`, pairs of a source and anything; yields (anything, exit code, output) as they end."""
    running, waiting = {}, list(jobs)
    while running or waiting:
        while waiting and len(running) < JOBS:
            source, what = waiting.pop(0)
            process = subprocess.Popen(["nice", "-n", "10", "clang-tidy-19", "-p", str(place), "--quiet", str(source)], cwd=ROOT,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            running[process] = what
        done = next((process for process in running if process.poll() is not None), None) or next(iter(running))
        output = done.communicate()[0]
        yield running.pop(done), done.returncode, output


def run_clang_tidy(report, build):
    """clang-tidy-19, and with it the warnings of clang-19, on what changed since it was last good."""
    place = commands_for_clang(build)
    commands = {entry["file"]: entry["command"] for entry in json.loads((place / "compile_commands.json").read_text())}
    batches = together.in_batches((source, re.sub(r" -o \S+ -c \S+", "", commands[source]), key)
                                  for source, key in pending(build))
    say(f"== clang-tidy of {sum(len(batch.sources) for batch in batches)} changed files in {len(batches)} batches")
    CACHE.mkdir(parents=True, exist_ok=True)
    alone, bad = [], []
    for batch, status, _ in tidy(place, zip(write_batches(batches, place), batches)):
        if status == 0:
            for _, _, key in batch.sources:
                (CACHE / key).touch()
        else:
            alone += [(source, key) for source, _, key in batch.sources]
    # Where a batch does not do, each source is asked alone: it may be the batch's own fault.
    with open(LOGS / "clang-tidy.log", "w") as log:
        for (source, key), status, output in tidy(place, ((each[0], each) for each in alone)):
            if status == 0:
                (CACHE / key).touch()
                continue
            bad.append(os.path.relpath(source, ROOT))
            log.write(output + "\n")
            say("   " + "\n   ".join(line for line in output.splitlines() if ": error:" in line))
    report.check("lint", "clang-tidy", not bad, f"{', '.join(bad)} (build/test-logs/clang-tidy.log)")
