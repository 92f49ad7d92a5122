"""superd_worker.py as a template: what it forks, and what it refuses to."""
import os
import re
import signal
import time

import worker_host
from python_host import every_model, make  # noqa: F401
from worker_host import Template, get


@every_model
def test_a_template_forks_workers_that_are_not_its_children(make, model):
    template = make(model, kind=Template, preload=True).start()
    assert template.answer() == ({"ready": True}, template.pid)
    first = template.fork(make(model, index=1), 17).ready()
    assert first.pid != template.pid
    preloaded, parent, _ = get(first.port, "/preloaded").split()
    assert (int(preloaded), int(parent)) == (template.pid, os.getpid())
    with open(f"/proc/{first.pid}/environ", "rb") as environ:
        shown = environ.read().split(b"\0")
    assert b"SUPERD_RUN=17@test" in shown and b"SUPERD_INSTANCE=shop/1" in shown
    assert os.getsid(first.pid) == first.pid
    second = template.fork(make(model, index=2), 18).ready()
    assert first.stop() == 0
    assert get(second.port, "/who").split()[:3] == [str(second.pid), "shop", "2"]
    second.signal(signal.SIGKILL)
    third = template.fork(make(model, page=second.page, generation=2), 19).ready()
    assert second.ended() == -signal.SIGKILL
    assert get(third.port, "/who").split()[4] == "2"
    assert third.stop() == 0
    assert template.stop() == 0


def test_a_template_refuses_to_fork_with_threads(make):
    template = make("threads", kind=Template, module="hosted_threads:handler").start()
    template.answer()
    template.ask(make("threads"), 17)
    answer, pid = template.answer()
    assert pid == template.pid and answer["run"] == 17 and answer["permanent"] is True
    assert re.fullmatch(r"cannot fork: 1 more threads run \(poller\), and a copy would have their locks without them; "
                        r"start them in worker_start\(ctx\), or set preload = false", answer["failed"])
    template.channel.close()
    assert template.ended() == 0, "it ends with superd"


def test_a_template_whose_module_is_wrong(make):
    template = make("threads", kind=Template, module="hosted:handlr").start()
    assert template.ended() == 78
    template = make("threads", kind=Template, module="hosted_wrong:handler").start()
    assert template.ended() == 1


def test_a_template_survives_a_request_that_makes_no_sense(make):
    template = make("processes", kind=Template).start()
    template.answer()
    for each in (b"{", b"[]", b"{\"run\": 1}", b"{\"run\": 1, \"environment\": {}, \"descriptors\": [\"page\"]}"):
        template.channel.send(each)
    assert template.fork(make("processes")).ready().stop() == 0
    assert len([each for each in template.lines if "makes no sense" in each]) == 4


def test_a_forked_worker_whose_class_is_wrong_exits_with_78(make):
    template = make("processes", kind=Template, module="hosted:Picky").start()
    template.answer()
    worker = template.fork(make("processes", module="hosted:Picky"))
    assert worker.ended() == 78
    worker.await_line("cannot open the shop: greeting is missing")


def test_a_forked_crash_is_told_by_its_own_log(make):
    template = make("threads", kind=Template).start()
    template.answer()
    worker = template.fork(make("threads")).ready()
    get(worker.port, "/crash")
    assert worker.ended() == -signal.SIGSEGV
    worker.await_line("Fatal Python error: Segmentation fault")
    assert template.fork(make("threads"), 18).ready().stop() == 0


def test_a_worker_that_nobody_would_know_of_ends_at_once(make):
    """superd has died after it asked: the request is still read, and then there is nobody to be told."""
    template = make("threads", kind=Template).start()
    template.answer()
    template.signal(signal.SIGSTOP)
    worker = make("threads")
    template.ask(worker, run=17)
    template.channel.close()
    template.signal(signal.SIGCONT)
    assert template.ended() == 0
    assert worker.output_ended(), "its output is closed, so it has ended too"
    assert worker.lines == []


def test_a_worker_is_not_held_up_by_a_template_that_dies(make):
    template = make("coroutines", kind=Template).start()
    template.answer()
    worker = template.fork(make("coroutines")).ready()
    template.signal(signal.SIGKILL)
    assert template.ended() == -signal.SIGKILL
    begun = time.monotonic()
    assert get(worker.port) == "hello" and time.monotonic() - begun < worker_host.PATIENCE
    assert worker.stop() == 0
