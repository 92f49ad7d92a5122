#!/usr/bin/env python3
"""Checks of the source text itself that no compiler makes. Run by ctest as `tidy`; see --help.

Heuristics on lines: should one be wrong about good code, write the code more plainly all the same.
"""
import argparse
import pathlib
import re
import subprocess
import sys

import traps

LINES_MAX, FUNCTION_MAX, COLUMNS_MAX = 400, 70, 100

# What a folder may include, as daemon/README.md ("Layers") and the CMake targets have it.
# "supervisor/operations.hpp": a single header of a folder that is otherwise out of reach.
LAYERS = {
    "base": set(),
    "core": {"base"},
    "turn": {"core", "base"},
    "wire": {"base"},
    "os": {"base"},
    "keeper": {"os", "base"},
    "config": {"core", "base"},
    "logger": {"os", "base"},
    "control": {"wire", "os", "base", "core/event.hpp", "core/time.hpp", "supervisor/operations.hpp"},
    "bus": {"control", "wire", "os", "base", "core/event.hpp", "core/time.hpp", "supervisor/operations.hpp"},
    "supervisor": {"core", "turn", "config", "os", "wire", "base", "keeper/protocol.hpp", "logger/protocol.hpp"},
    "ctl": {"wire", "base"},
}
# A program's main wires the parts together.
MAIN = {"supervisor/main.cpp": {"bus", "control"}}

# Beside co_await within one statement; g++ 12 miscompiles them: CONTRIBUTING.md, "co_await".
BRACES = re.compile(r"\bco_await\b[^;]*[\w>(,]\s*\{[^}]")
CAPTURES = re.compile(r"\bco_await\b[^;]*\[[^\]]*\w[^\]]*\]\s*[({]")
BANNED = (
    (re.compile(r"\bdetached\b"), "detached: somebody must see how a coroutine ends"),
    (re.compile(r"\b(?:TODO|FIXME|XXX)\b"), "a note for later: do it, or open an issue"),
)
# A path that exists on one machine only.
MACHINE = re.compile(r"(?<![\w./$])/(?:work|home/\w+|root|mnt|Users)/\w")
SUFFIXES = (".cpp", ".hpp")
TEXTS = (".py", ".sh", ".md", ".toml", ".txt", ".cmake", ".json", ".yaml", ".in", "")


def without_comments_and_strings(text):
    """The same text with comments and literals blanked, so that positions stay as they are."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def awaits(code):
    """co_await is a whole statement, the whole initialiser of a name, or follows co_return."""
    for match in re.finditer(r"\bco_await\b", code):
        line = line_of(code, match.start())
        begun = max(code.rfind(sign, 0, match.start()) for sign in ";{}") + 1
        before = code[begun:match.start()].rstrip()
        opened = code.rfind("{", 0, match.start()) + 1 == begun
        # A for's own semicolons are within its parentheses.
        block = code[max(code.rfind(sign, 0, match.start()) for sign in "{}") + 1:match.start()]
        if block.count("(") > block.count(")") or re.search(r"[?]|&&|\|\|", before):
            yield line, "co_await within an expression: name its result first"
        elif before and not re.search(r"(?:[^=!<>]=|[):]|\bco_return|\belse)$", before):
            yield line, "co_await within an expression: name its result first"
        elif opened and re.search(r"(?:[\w>]|=)\s*$", code[:begun - 1]) and not BLOCK.search(code[:begun - 1]):
            yield line, "co_await within braces: name its result first"
    for pattern, rule in ((BRACES, "braces beside co_await: name the object first"),
                          (CAPTURES, "a capturing lambda beside co_await: pass parameters")):
        for match in pattern.finditer(code):
            yield line_of(code, match.start()), rule


# What ends just before the brace of a block, not of an initialiser.
BLOCK = re.compile(r"(?:\)\s*(?:const|noexcept|mutable|->\s*[\w:<>,\s*&]+)*|\b(?:do|else|try))\s*$")
HEAD = re.compile(r"\)\s*(?:const|noexcept|override|final|mutable|&&?|->\s*[\w:<>,\s*&]+|\s)*$|\)\s*:\s*[^;{}]*(?:\{[^{}]*\}[^;{}]*)*$")
NO_FUNCTION = re.compile(r"^\s*(?:\}\s*)?(?:if|for|while|switch|do|else|try|catch|namespace|class|struct|enum|union|extern)\b")


def functions(code):
    """(first line, number of lines) of what looks like a function, from brace to brace."""
    depth, opened, statement = 0, [], 0
    for match in re.finditer(r"[{};]", code):
        position, sign = match.start(), match[0]
        if sign == "{":
            head = code[statement:position]
            named = bool(HEAD.search(head.rstrip())) and not NO_FUNCTION.match(head)
            opened.append((position, named))
            depth += 1
        elif sign == "}" and opened:
            start, named = opened.pop()
            depth -= 1
            if named:
                yield line_of(code, start), code.count("\n", start, position) + 1
        statement = position + 1


def layer_of(path):
    parts = path.parts
    if parts[0] == "daemon" and len(parts) > 2:
        return parts[1]
    return "ctl" if parts[0] == "ctl" else None


def includes(path, text):
    layer = layer_of(path)
    if layer not in LAYERS:
        return
    allowed = LAYERS[layer] | {layer} | MAIN.get("/".join(path.parts[-2:]), set())
    for match in re.finditer(r'^\s*#\s*include\s+"(([\w-]+)/[^"]+)"', text, re.M):
        if match[2] in LAYERS and match[2] not in allowed and match[1] not in allowed:
            yield line_of(text, match.start()), f"{layer}/ may not include {match[1]}"


def check_source(path, text):
    """All that is wrong with a C++ file; `path` is relative to the root of the tree."""
    code = without_comments_and_strings(text)
    yield from includes(path, text)
    yield from awaits(code)
    for line, length in functions(code):
        if length > FUNCTION_MAX:
            yield line, f"a function of {length} lines, more than {FUNCTION_MAX}: take it apart"
    if text.count("\n") > LINES_MAX:
        yield LINES_MAX + 1, f"more than {LINES_MAX} lines: one concept a file"
    yield from (p for p in lines(code, BANNED[:1]))
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"longer than {COLUMNS_MAX} columns"


def lines(text, patterns):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, rule in patterns:
            if pattern.search(line):
                yield number, rule


def check_text(path, text):
    """What holds for every file."""
    yield from lines(text, BANNED[1:])
    yield from lines(text, ((MACHINE, "a path of one machine"),))


def check(root, path):
    try:
        text = (root / path).read_text()
    except (UnicodeDecodeError, FileNotFoundError):
        return
    found = list(check_text(path, text)) if path.parts[:2] != ("tests", "tidy") else []
    if path.suffix in SUFFIXES:
        found += check_source(path, text)
    for line, rule in sorted(found):
        yield f"{path}:{line}: {rule}"


def tracked(root):
    """The files of the project: what git has, or would add."""
    out = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    names = [pathlib.PurePosixPath(name) for name in out.split("\0") if name]
    return sorted(name for name in set(names) if name.suffix in SUFFIXES + TEXTS)


def main():
    parser = argparse.ArgumentParser(description="Checks the text of all files of the project.")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    problems = [problem for path in tracked(root) for problem in check(root, path)]
    problems += traps.check_traps(root)
    print("\n".join(problems) or "all is well")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
