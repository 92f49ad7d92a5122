"""That every trap in tests/TRAPS.md has a test, and that each test named there exists."""
import re

TABLE = "tests/TRAPS.md"
NAME = re.compile(r"`((?:unit|e2e)\.[\w.]+)`")


def exists(root, name):
    """Whether there is a test of this name, as ctest and tests/run know it."""
    kind, *parts = name.split(".")
    if kind == "unit" and len(parts) == 3:
        folder, suite, test = parts
        pattern = re.compile(rf"^TEST(?:_F|_P)?\({suite},\s*{test}\)", re.M)
        files = sorted((root / "tests/unit" / folder).glob("*_test.cpp"))
    elif kind == "e2e" and len(parts) == 2:
        pattern = re.compile(rf"^def {parts[1]}\(", re.M)
        files = [root / "tests/e2e" / f"{parts[0]}.py"]
    else:
        return False
    return any(path.is_file() and pattern.search(path.read_text()) for path in files)


def check_traps(root):
    """What is wrong with the table, a line each."""
    path = root / TABLE
    rows = [(number, line) for number, line in enumerate(path.read_text().splitlines(), 1)
            if line.startswith("| ") and not line.startswith(("| ---", "| the trap"))]
    for number, line in rows:
        names = NAME.findall(line)
        if not names:
            yield f"{TABLE}:{number}: a trap without a test"
        for name in names:
            if not exists(root, name):
                yield f"{TABLE}:{number}: there is no test {name}"
    if not rows:
        yield f"{TABLE}:1: no traps"
