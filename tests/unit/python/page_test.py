#!/usr/bin/python3
"""The page that superd_worker.py writes is the one of units/protocol/page.hpp."""
import os
import re
import struct
import threading
import unittest

from loaded import ROOT
import superd_worker as worker

HEADER = (ROOT / "units" / "protocol" / "page.hpp").read_text()


def number(name):
    return int(re.search(rf"\b{name} = ([0-9']+|0x[0-9a-f']+);", HEADER)[1].replace("'", ""), 0)


def offset(struct_name, field):
    """What the comment beside a field says; the compiler checks the sizes that follow from them."""
    body = re.search(rf"\nstruct {struct_name} \{{(.*?)\n\}};", HEADER, re.S)[1]
    found = re.search(rf"[ >]{field}(?:, \w+)*;\s*// (\d+)", body)
    return int(found[1])


class Layout(unittest.TestCase):
    def test_numbers_are_the_headers(self):
        self.assertEqual(worker.MAGIC, number("page_magic"))
        self.assertEqual(worker.VERSION, number("page_version"))
        self.assertEqual((worker.SLOTS, worker.TASKS, worker.METRICS),
                         (number("slots_max"), number("tasks_max"), number("metrics_max")))
        for name, value in (("busy", worker.BUSY_AT), ("slots", worker.SLOTS_AT), ("metrics", worker.METRICS_AT),
                            ("tasks", worker.TASKS_AT)):
            self.assertIn(f"static_assert(offsetof(Page, {name}) == {value});", HEADER)
        self.assertIn(f"// {worker.PAGE_SIZE:,}; untouched", HEADER)

    def test_kinds_and_states_are_the_headers(self):
        def enum(name):
            names = re.search(rf"enum class {name} : std::uint32_t {{([^}}]*)}}", HEADER)[1]
            return [each.strip() for each in names.split(",")]
        self.assertEqual(enum("SlotKind"), ["none", "loop", "thread", "process"])
        self.assertEqual((worker.KIND_LOOP, worker.KIND_THREAD, worker.KIND_PROCESS), (1, 2, 3))
        self.assertEqual(enum("TaskState"), ["suspended", "running", "cancelled"])
        self.assertEqual((worker.SUSPENDED, worker.RUNNING, worker.CANCELLED), (0, 1, 2))
        self.assertEqual(enum("MetricKind"), ["none", "counter", "gauge", "histogram"])
        self.assertEqual((worker.COUNTER, worker.GAUGE, worker.HISTOGRAM), (1, 2, 3))


class Read:
    """What another process would see."""

    def __init__(self, page):
        self.page = page

    def u32(self, at):
        return struct.unpack_from("<I", self.page.memory, at)[0]

    def u64(self, at):
        return struct.unpack_from("<Q", self.page.memory, at)[0]

    def text(self, at, size):
        return self.page.memory[at + 4:at + size].split(b"\0")[0].decode()


class Writing(unittest.TestCase):
    def setUp(self):
        self.page = worker.Page()
        self.page.claim(3)
        self.read = Read(self.page)

    def test_the_header(self):
        self.assertEqual(self.read.u64(0), worker.MAGIC)
        for field, value in (("version", 1), ("pid", os.getpid()), ("worker", 3), ("stopping", 0)):
            self.assertEqual(self.read.u32(offset("PageHeader", field)), value, field)
        self.page.stopping()
        self.assertEqual(self.read.u32(offset("PageHeader", "stopping")), 1)

    def test_a_slot(self):
        slot = self.page.slot(worker.KIND_THREAD)
        at = worker.SLOTS_AT

        def field(name):
            return (self.read.u64 if name in ("beat_ns", "busy_ns", "done") else self.read.u32)(at + offset("Slot", name))
        self.assertEqual((field("kind"), field("tid")), (worker.KIND_THREAD, threading.get_native_id()))
        self.assertEqual(self.read.u32(offset("PageHeader", "slots_used")), 1)
        slot.begin("GET /x")
        self.assertEqual(self.read.text(worker.BUSY_AT, 64), "GET /x")
        self.assertGreater(field("busy_ns"), 0)
        self.assertEqual(field("busy_ns"), field("beat_ns"))
        slot.done()
        slot.idle()
        self.assertEqual((field("busy_ns"), field("done")), (0, 1))
        slot.alive(7)
        slot.lag(900)
        slot.lag(300)
        self.assertEqual((field("live"), field("lag_us"), field("lag_worst_us")), (7, 300, 900))
        self.page.give_back(slot)
        self.assertEqual(field("kind"), 0)
        self.assertEqual(self.page.slot(worker.KIND_LOOP).index, 0)

    def test_a_thread_too_many_writes_where_nobody_reads(self):
        for index in range(worker.SLOTS):
            self.assertEqual(self.page.slot(worker.KIND_THREAD).index, index)
        last = self.page.slot(worker.KIND_THREAD)
        self.assertIs(self.page.slot(worker.KIND_THREAD).page, last.page, "one for all that nobody reads")
        last.begin("lost")
        self.assertIsNot(last.page, self.page)
        self.assertNotIn(b"lost", self.page.memory[:])
        self.page.give_back(last)

    def test_a_task(self):
        slot = self.page.slot(worker.KIND_LOOP)
        entry = self.page.reserve_task(("app.py", 31), slot)
        at = worker.TASKS_AT

        def field(name):
            return (self.read.u64 if name in ("id", "started_ns", "changed_ns") else self.read.u32)(at + offset("Task", name))
        self.page.name_task(entry, "GET /x")
        self.assertEqual(field("id"), 0)
        self.page.list_task(entry, 55, worker.SUSPENDED)
        self.assertEqual((field("id"), field("line"), field("slot"), field("state")), (1, 31, 0, worker.SUSPENDED))
        self.assertEqual((field("started_ns"), field("changed_ns")), (55, 55))
        self.assertEqual(self.read.text(at + offset("Task", "name"), 48), "GET /x")
        self.assertEqual(self.read.text(at + offset("Task", "file"), 40), "app.py")
        self.page.task_state(entry, worker.RUNNING)
        self.assertEqual(field("state"), worker.RUNNING)
        self.assertGreater(field("changed_ns"), 55)
        self.page.unlist_task(entry)
        self.assertEqual(field("id"), 0)
        self.page.list_task(entry, 56, worker.SUSPENDED)
        self.assertEqual(field("id"), 2)
        self.page.free_task(entry)
        self.assertEqual(field("id"), 0)
        self.assertEqual(self.page.reserve_task(("a.py", 1), slot), entry)

    def test_a_task_too_many_is_counted(self):
        slot = self.page.slot(worker.KIND_LOOP)
        for _ in range(worker.TASKS):
            self.assertIsNotNone(self.page.reserve_task(("a.py", 1), slot))
        self.assertIsNone(self.page.reserve_task(("a.py", 1), slot))
        self.assertEqual(self.read.u64(offset("PageHeader", "tasks_begun")), 1)
        self.assertEqual(self.read.u64(offset("PageHeader", "tasks_lost")), 1)

    def test_texts_are_cut_between_characters(self):
        for text, shown in (("a" * 70, "a" * 60), ("ä" * 40, "ä" * 30), ("a" + "ä" * 40, "a" + "ä" * 29), ("", ""),
                            ("\udc80", "?")):
            self.page.write_text(worker.BUSY_AT, 64, text)
            self.assertEqual(self.read.text(worker.BUSY_AT, 64), shown)
            self.assertEqual(self.read.u32(worker.BUSY_AT) % 2, 0)

    def test_a_text_that_a_crash_left_half_written(self):
        self.page.u32[worker.BUSY_AT >> 2] = 0xffffffff
        self.page.write_text(worker.BUSY_AT, 64, "x")
        self.assertEqual(self.read.u32(worker.BUSY_AT), 0)

    def test_a_new_run_clears_what_the_last_one_did_but_not_its_numbers(self):
        slot = self.page.slot(worker.KIND_THREAD)
        slot.begin("GET /crash")
        self.page.list_task(self.page.reserve_task(("a.py", 1), slot), 1, worker.RUNNING)
        worker.Metrics(self.page).counter("requests").add(5)
        struct.pack_into("<I", self.page.memory, 64, 11)
        self.page.claim(3)
        self.assertEqual(self.read.u32(64), 0)
        self.assertEqual(self.read.u32(worker.SLOTS_AT), 0)
        self.assertEqual(self.read.text(worker.BUSY_AT, 64), "")
        self.assertEqual(self.read.u64(worker.TASKS_AT), 0)
        self.assertEqual(worker.Metrics(self.page).counter("requests").value, 5)


class Numbers(unittest.TestCase):
    def setUp(self):
        self.page = worker.Page()
        self.metrics = worker.Metrics(self.page)

    def test_a_histogram_counts_at_or_below(self):
        sizes = self.metrics.histogram("size")
        for value in (0, 1, 1.5, 2, 3, 32768, 40000):
            sizes.record(value)
        self.assertEqual(sizes.count, 7)
        self.assertEqual(sizes.buckets, [2, 4] + [5] * 13 + [6])

    def test_the_same_name_is_the_same_number(self):
        self.metrics.counter("a").add()
        self.metrics.counter("a").add(2)
        self.metrics.gauge("b").set(-1.5)
        self.assertEqual(worker.Metrics(self.page).counter("a").value, 3)
        self.assertEqual(worker.Metrics(self.page).gauge("b").value, -1.5)
        with self.assertRaisesRegex(ValueError, "cannot make a a gauge: it is a counter already"):
            self.metrics.gauge("a")

    def test_what_finds_no_room_counts_unseen(self):
        for index in range(worker.METRICS - 16):
            self.metrics.counter(f"c{index}")
        lost = self.metrics.histogram("lost")
        lost.record(1)
        self.assertEqual(lost.count, 1)
        self.assertIs(self.metrics.histogram("lost"), lost)
        self.assertNotIn(b"lost", self.page.memory[:])

    def test_threads_lose_no_count(self):
        counter = self.metrics.counter("n")
        threads = [threading.Thread(target=lambda: [counter.add() for _ in range(20000)]) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(counter.value, 80000)


if __name__ == "__main__":
    unittest.main()
