#!/usr/bin/python3 -B
"""Usage: together.py SOURCE...: which sources can be compiled as one, as they have no private name in common.

Prints a list for CMake: GROUP, SOURCE, GROUP, SOURCE... Also what clang-tidy's batches are made by.
"""
import pathlib
import re
import sys

# A name that a source keeps to itself: what is at the left edge in its unnamed namespace.
PRIVATE = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.M | re.S)
DECLARED = re.compile(r"^(?!namespace )(?=\w)(?:(?:class|struct|enum class|enum) (\w+)|using (\w+) =|[\w:<>,&*\[\] ]*?[ &*>](\w+)(?:\(| =|\{|;|\[))",
                      re.M)
MOST = 16


def private_names(path):
    text = pathlib.Path(path).read_text()
    return {name for part in PRIVATE.findall(text) for pair in DECLARED.findall(part) for name in pair if name}


class Batch:
    """Sources that are looked at together. Most of the work is about the system's headers, which they share."""

    def __init__(self, command=None):
        self.command, self.sources, self.names = command, [], set()

    def takes(self, command, names):
        return command == self.command and len(self.sources) < MOST and not names & self.names

    def add(self, source, names):
        self.sources.append(source)
        self.names |= names


def in_batches(sources):
    """(path, flags, anything) each → batches, whose `sources` hold those; no two of one have other flags."""
    batches = []
    for source in sources:
        path, command, _ = source
        names = private_names(path)
        batch = next((batch for batch in batches if batch.takes(command, names)), None)
        if batch is None:
            batch = Batch(command)
            batches.append(batch)
        batch.add(source, names)
    return batches


def main():
    batches = in_batches((path, None, None) for path in sys.argv[1:])
    print(";".join(f"{number};{path}" for number, batch in enumerate(batches) for path, _, _ in batch.sources), end="")


if __name__ == "__main__":
    main()
