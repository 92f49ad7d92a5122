#!/usr/bin/env python3
"""tidy.py flags what is bad and nothing else. Run by ctest as `tidy_test`."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy  # noqa: E402
import traps  # noqa: E402

PATH = pathlib.PurePosixPath("daemon/control/session.cpp")


def rules(text, path=PATH):
    return [rule.split(":")[0] for _, rule in [*tidy.check_source(path, text), *tidy.check_text(path, text)]]


def coroutine(statement):
    return "asio::awaitable<void> f(S s) {\n    " + statement + "\n}\n"


BAD_AWAITS = (
    "if (co_await g()) return;",
    "while (co_await g()) {}",
    "for (; co_await g();) {}",
    "for (auto& x : co_await g()) use(x);",
    "switch (co_await g()) { default: break; }",
    "if (ready && co_await g()) co_return;",
    "co_await f(Agg{s, 1});",
    "co_await f({.name = s});",
    "co_await f(Event{Exited{s}});",
    "co_await f(std::make_unique<Agg>(Agg{s}));",
    "co_await f([s] { use(s); });",
    "co_await asio::co_spawn(ex, [s]() -> awaitable<void> { co_return; }, tok);",
    "asio::co_spawn(co_await this_coro::executor, [s] { use(s); }, tok);",
    "Agg a{.x = s, .n = co_await g()};",
    "co_return Agg{s, co_await g()};",
    "auto n = c ? co_await f(s) : 0;",
    "auto n = 1 + co_await f(s);",
    "use(co_await g());",
    "const bool no = !co_await g();",
)
GOOD_AWAITS = (
    "co_await g();",
    "auto n = co_await g(std::move(s));",
    "const auto [a, b] = co_await g(s, 1, tok);",
    "if (!n) co_return co_await g(std::move(s), true);",
    "co_return co_await g(s);",
    "if (n) {\n        co_await g();\n    } else {\n        co_await h();\n    }",
    "while (n < 3) co_await g();",
    "for (const auto& x : all) co_await g(x);",
    "try {\n        co_await g();\n    } catch (const E& e) {}",
    "Agg a{s, 1};\n    co_await g(std::move(a));",
    "switch (n) {\n        case 1: co_await g(); break;\n    }",
    "(void)co_await g();",
    "// if (co_await g()) crashes here\n    co_await g();",
    'co_await g("braces {x} in a text");',
)


class Awaits(unittest.TestCase):
    def test_bad_forms_are_flagged(self):
        for statement in BAD_AWAITS:
            with self.subTest(statement):
                self.assertTrue(rules(coroutine(statement)))

    def test_good_forms_are_not(self):
        for statement in GOOD_AWAITS:
            with self.subTest(statement):
                self.assertEqual(rules(coroutine(statement)), [])


class Layers(unittest.TestCase):
    def include(self, path, name):
        return rules(f'#include "{name}"\n', pathlib.PurePosixPath(path))

    def test_arrows_point_one_way(self):
        for path, name in (("daemon/core/system.cpp", "os/fd.hpp"), ("daemon/core/system.cpp", "config/unit.hpp"),
                           ("daemon/base/result.hpp", "core/time.hpp"), ("daemon/config/load.cpp", "supervisor/loop.hpp"),
                           ("daemon/os/fd.hpp", "core/time.hpp"), ("daemon/control/server.cpp", "supervisor/loop.hpp"),
                           ("daemon/keeper/main.cpp", "supervisor/loop.hpp"), ("daemon/logger/main.cpp", "config/unit.hpp"),
                           ("daemon/supervisor/loop.cpp", "control/server.hpp"), ("ctl/main.cpp", "supervisor/operations.hpp")):
            with self.subTest(f"{path} includes {name}"):
                self.assertTrue(self.include(path, name)[0].endswith(f"may not include {name}"))

    def test_what_a_folder_may_use_is_not_flagged(self):
        for path, name in (("daemon/config/load.cpp", "core/spec.hpp"), ("daemon/control/server.cpp", "supervisor/operations.hpp"),
                           ("daemon/supervisor/main.cpp", "control/server.hpp"), ("daemon/core/system.cpp", "core/time.hpp"),
                           ("daemon/supervisor/link.cpp", "keeper/protocol.hpp"), ("ctl/main.cpp", "wire/status.hpp"),
                           ("tests/unit/core/a_test.cpp", "supervisor/loop.hpp")):
            with self.subTest(f"{path} includes {name}"):
                self.assertEqual(self.include(path, name), [])

    def test_every_folder_of_the_daemon_is_in_the_table(self):
        daemon = pathlib.Path(__file__).resolve().parents[2] / "daemon"
        self.assertEqual({p.name for p in daemon.iterdir() if p.is_dir()} - set(tidy.LAYERS), set())


class Sizes(unittest.TestCase):
    def test_long_functions_files_and_lines(self):
        body = "    use();\n" * 68
        self.assertEqual(rules(f"void f() {{\n{body}}}\n"), [])
        self.assertEqual(rules(f"void f() {{\n{body}    use();\n}}\n"), ["a function of 71 lines, more than 70"])
        self.assertEqual(rules(f"Result<int> S::f(int a) const noexcept {{\n{body}\n\n}}\n"),
                         ["a function of 72 lines, more than 70"])
        self.assertEqual(rules("S::S(int a) : a_{a}, b_(a) {\n" + body * 2 + "}\n"), ["a function of 138 lines, more than 70"])
        self.assertEqual(rules("namespace a {\n" + body * 2 + "}\n"), [])
        self.assertEqual(rules("struct A {\n" + "    int a;\n" * 90 + "};\n"), [])
        self.assertEqual(rules("int a;\n" * 401), ["more than 400 lines"])
        self.assertEqual(rules("int a;\n" * 400), [])
        self.assertEqual(rules("//" + "x" * 99 + "\n"), ["longer than 100 columns"])

    def test_a_place_is_told(self):
        found = list(tidy.check_source(PATH, "int a;\n\nvoid f() {\n" + "\n" * 80 + "}\n"))
        self.assertEqual(found[0][0], 3)


class Words(unittest.TestCase):
    def test_banned_words_and_paths(self):
        for text in ("// TO" "DO: more\n", "// FIX" "ME\n", "// X" "XX\n", 'open("/wo' 'rk/main/x");\n', "// /ho" "me/jane/superd\n"):
            with self.subTest(text):
                self.assertEqual(len(rules(text)), 1)
        self.assertEqual(rules("co_spawn(ex, f(), asio::detached);\n"), ["detached"])

    def test_others_are_not(self):
        for text in ("// a network/worker path\n", 'open("/run/superd");\n', "// detached from its group\n", "// $HOME/x\n"):
            with self.subTest(text):
                self.assertEqual(rules(text), [])


class Traps(unittest.TestCase):
    def problems(self, rows):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            (root / "tests/unit/core").mkdir(parents=True)
            (root / "tests/e2e").mkdir()
            (root / "tests/unit/core/a_test.cpp").write_text("TEST_F(Suite, Name) {\n}\n")
            (root / "tests/e2e/test_a.py").write_text("def test_b(superd):\n    pass\n")
            (root / "tests/TRAPS.md").write_text(f"| the trap | who | test |\n| --- | --- | --- |\n{rows}")
            return list(traps.check_traps(root))

    def test_tests_that_are_there(self):
        self.assertEqual(self.problems("| x | y | `unit.core.Suite.Name` `e2e.test_a.test_b` |\n"), [])

    def test_tests_that_are_not(self):
        for name in ("unit.core.Suite.Nam", "unit.os.Suite.Name", "e2e.test_a.test_", "e2e.test_b.test_b", "unit.core.Name"):
            with self.subTest(name):
                self.assertEqual(self.problems(f"| x | y | `{name}` |\n"),
                                 [f"tests/TRAPS.md:3: there is no test {name}"])

    def test_traps_without_a_test(self):
        self.assertEqual(self.problems("| x | y | z |\n"), ["tests/TRAPS.md:3: a trap without a test"])
        self.assertEqual(self.problems(""), ["tests/TRAPS.md:1: no traps"])


if __name__ == "__main__":
    unittest.main()
