"""Workers that are forked from a template (`preload = true`): like those that are executed, whoever dies when."""
import os
import pwd
import re
import shutil
import signal

import pytest

import harness
import processes
from module_host import module_path
from storm import check_no_twins
from worker_host import Short, get

READY = re.compile(r"the template of (\S+) \(pid (\d+)\) is ready")
RESTART = '[restart]\npolicy = "always"\ndelay = "0s"\n'


def python(port, more="", module=f"{harness.PROGRAMS}/hosted.py:handler", sections=RESTART):
    return (f'language = "python"\nmodule = "{module}"\nmodel = "threads"\npreload = true\n{more}\n'
            f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n{sections}')


def cpp(port, more="", module="greeter", sections=RESTART):
    return (f'module = "{module_path(module)}"\npreload = true\n{more}\n'
            f'[listen]\nhttp = "tcp://127.0.0.1:{port}"\n{sections}')


LANGUAGES = pytest.mark.parametrize("hosted", [cpp, python])


def messages(superd):
    return [event["message"] for event in superd.events() if event["event"] == "superd"]


def ready_templates(superd, unit):
    told = [READY.search(each) for each in messages(superd)]
    return [int(each[2]) for each in told if each and each[1] == unit]


def await_template(superd, *old, unit="shop"):
    """The pid of a template that is ready, lives, and is none of the old ones."""
    def look():
        pids = [pid for pid in ready_templates(superd, unit) if pid not in old and processes.alive(pid)]
        return pids[-1] if pids else None
    return superd.await_that(look)


def layout(pid):
    """Where the kernel has put a process's stack: another place for each exec, the same after a fork."""
    return processes.stat_fields(pid)[25]


def is_forked(pid, template):
    return layout(pid) == layout(template)


def start(superd, text):
    superd.unit("shop", text)
    superd.start()
    superd.ctl("wait", "shop", "--ready", "--timeout", "60s")
    return await_template(superd)


def kill(superd, name="shop/0"):
    old = superd.pid(name)
    processes.kill(old)
    return superd.await_new_pid(name, old)


@LANGUAGES
def test_what_is_started_once_the_template_is_ready_is_forked(superd, hosted):
    port = processes.free_port()
    template = start(superd, hosted(port, "workers = 2"))
    sibling, run = superd.pid("shop/1"), superd.instance("shop/0")["run"]
    worker = kill(superd)
    one = superd.instance("shop/0")
    assert is_forked(worker, template) and worker != template
    assert processes.parent(worker) == superd.process.pid == processes.parent(template)
    assert os.getsid(worker) == worker
    assert one["run"] > run and one["last-exit"]["signal"] == "SIGKILL"
    variables = processes.environment(worker)
    assert any(each.startswith(b"SUPERD_RUN=%d@" % one["run"]) for each in variables)
    assert b"SUPERD_INSTANCE=shop/0" in variables and b"SUPERD_SERVICE=shop" in variables
    assert superd.pid("shop/1") == sibling and not is_forked(sibling, template)
    assert [get(port) is not None for _ in range(4)] == [True] * 4
    superd.ctl("stop", "shop")
    assert processes.wait_gone(template, harness.PATIENCE), "it ends with its unit"
    assert not processes.alive(worker)


@LANGUAGES
def test_a_crash_and_its_words_are_told_as_of_any_other(superd, hosted):
    port = processes.free_port()
    template = start(superd, hosted(port))
    worker = kill(superd)
    run = superd.instance("shop")["run"]
    assert get(port, "/crash") is None
    new = superd.await_new_pid("shop", worker)
    assert is_forked(new, template)
    last = superd.instance("shop")["last-exit"]
    assert (last["signal"], last["run"]) == ("SIGSEGV", run)
    superd.await_that(lambda: re.search(rf"^\S+ shop(/0)?\[{worker}\] err: .*(SIGSEGV|Segmentation fault)",
                                        superd.ctl("logs", "shop", "-n", "200").stdout, re.M))
    assert "SIGSEGV" in superd.ctl("why", "shop").stdout
    assert get(port) is not None


def test_a_module_is_preloaded_once_and_its_words_are_labelled(superd):
    port = processes.free_port()
    template = start(superd, python(port))
    kill(superd)
    preloaded, parent, _ = get(port, "/preloaded").split()
    assert (int(preloaded), int(parent)) == (template, superd.process.pid)
    processes.send(template, signal.SIGTERM)
    second = await_template(superd, template)
    processes.kill(second)
    await_template(superd, template, second)


@LANGUAGES
def test_the_death_of_a_template_is_not_noticed(superd, hosted):
    port = processes.free_port()
    template = start(superd, hosted(port, "workers = 2"))
    kill(superd)
    before, short = superd.pids(), Short(port, threads=1)
    processes.kill(template)
    assert processes.wait_gone(template, harness.PATIENCE)
    second = await_template(superd, template)
    short.await_more(5)
    assert short.result()[1] == 0 and superd.pids() == before
    assert is_forked(kill(superd), second)
    assert any(f"(pid {template}) has ended with SIGKILL" in each or f"(pid {template}) has ended with signal" in each
               for each in messages(superd)), messages(superd)


@LANGUAGES
def test_what_a_stopped_template_does_not_make_is_executed(superd, hosted):
    template = start(superd, hosted(processes.free_port()))
    processes.send(template, signal.SIGSTOP)
    worker = kill(superd)
    assert not processes.alive(template), "it could have made the worker yet"
    check_no_twins(superd)
    second = await_template(superd, template)
    assert not is_forked(worker, second)
    assert is_forked(kill(superd), second)


def ask_in_vain(superd, template):
    """A worker is asked of a template that is stopped; what it is asked has been read by nobody."""
    processes.send(template, signal.SIGSTOP)
    old, run = superd.pid("shop"), superd.instance("shop")["run"]
    processes.kill(old)
    # Not its state, which passes: superd waits for no template for ever.
    superd.await_that(lambda: superd.instance("shop")["run"] > run)
    return old


@LANGUAGES
def test_a_stop_overtakes_what_is_asked(superd, hosted):
    template = start(superd, hosted(processes.free_port()))
    ask_in_vain(superd, template)
    superd.ctl("stop", "shop")
    assert superd.instance("shop")["state"] == "inactive"
    assert processes.wait_gone(template, harness.PATIENCE)
    check_no_twins(superd)
    superd.ctl("start", "shop")
    await_template(superd, template)


@LANGUAGES
def test_a_new_supervisor_uses_the_template(superd, hosted):
    template = start(superd, hosted(processes.free_port()))
    first = superd.parts()["supervisor"]
    processes.kill(first)
    assert processes.wait_gone(first, 10)
    worker = kill(superd)
    assert is_forked(worker, template) and processes.alive(template)
    assert len(ready_templates(superd, "shop")) == 1


@LANGUAGES
@pytest.mark.parametrize("goes_on", [False, True])
def test_a_supervisor_dies_with_a_worker_asked_for(superd, hosted, goes_on):
    """Whether the template makes the worker after all, or not: there is one in the end."""
    template = start(superd, hosted(processes.free_port()))
    old = ask_in_vain(superd, template)
    supervisor = superd.parts()["supervisor"]
    processes.kill(supervisor)
    if goes_on:
        processes.send(template, signal.SIGCONT)
    worker = superd.await_new_pid("shop", old)
    check_no_twins(superd)
    if not goes_on:
        assert not processes.alive(template)
    await_template(superd, *([] if processes.alive(template) else [template]))
    assert superd.pid("shop") == worker
    kill(superd)
    check_no_twins(superd)


@LANGUAGES
@pytest.mark.parametrize("goes_on", [False, True])
def test_all_of_superd_dies_with_a_worker_asked_for(superd, hosted, goes_on):
    port = processes.free_port()
    template = start(superd, hosted(port))
    old = ask_in_vain(superd, template)
    superd.kill_all_parts()
    if goes_on:
        processes.send(template, signal.SIGCONT)
        assert processes.wait_gone(template, harness.PATIENCE), "it ends with superd"
    superd.start()
    superd.await_new_pid("shop", old)
    assert not processes.alive(template), "with it go the sockets that were sent to it"
    second = await_template(superd, template)
    check_no_twins(superd)
    assert is_forked(kill(superd), second) and get(port) is not None


@LANGUAGES
def test_a_worker_outlives_all_of_superd(superd, hosted):
    template = start(superd, hosted(processes.free_port()))
    worker = kill(superd)
    superd.kill_all_parts()
    assert processes.wait_gone(template, harness.PATIENCE)
    superd.start()
    assert superd.pid("shop") == worker
    second = await_template(superd, template)
    assert is_forked(kill(superd), second)
    check_no_twins(superd)


@LANGUAGES
def test_an_upgrade_keeps_template_and_workers(superd, hosted):
    template = start(superd, hosted(processes.free_port()))
    worker, old = kill(superd), superd.parts()["supervisor"]
    superd.ctl("upgrade")
    assert processes.wait_gone(old, harness.PATIENCE)
    assert superd.pid("shop") == worker and processes.alive(template)
    assert is_forked(kill(superd), template)


@pytest.mark.long
@LANGUAGES
def test_whoever_is_killed_at_any_moment_there_is_one_worker_each(superd, hosted, seeded):
    start(superd, hosted(processes.free_port(), "workers = 2"))
    for _ in range(max(5, round(30 * harness.SCALE))):
        pids = superd.pids()
        names = seeded.sample(sorted(pids), seeded.choice((1, 2)))
        for name in names:
            processes.kill(pids[name])
        victim = seeded.choice(("supervisor", "template", "both", "nobody"))
        threading_pause(seeded)
        if victim in ("template", "both"):
            for pid in ready_templates(superd, "shop")[-1:]:
                processes.kill(pid)
        if victim in ("supervisor", "both") and "supervisor" in (parts := superd.parts()):
            processes.kill(parts["supervisor"])
        for name in names:
            superd.await_new_pid(name, pids[name])
        check_no_twins(superd)
    superd.ctl("wait", "shop", "--ready")


def threading_pause(random):
    """A random moment of a spawn, which takes some milliseconds: it is what is tested, so it is slept."""
    import time
    time.sleep(random.uniform(0, 0.02))


def test_a_changed_configuration_means_a_new_template(superd):
    port = processes.free_port()
    template = start(superd, cpp(port, sections=RESTART + '[config]\ngreeting = "moin"\n'))
    superd.unit("shop", cpp(port, sections=RESTART + '[config]\ngreeting = "servus"\n'))
    superd.ctl("apply")
    assert processes.wait_gone(template, harness.PATIENCE)
    second = await_template(superd, template)
    superd.ctl("wait", "shop", "--ready")
    assert is_forked(kill(superd), second)
    assert get(port) == "servus\n"


def test_a_worker_never_has_code_that_is_not_on_disk_any_more(superd):
    port, module = processes.free_port(), superd.base / "app.py"
    text = (harness.PROGRAMS / "hosted.py").read_text()
    module.write_text(text)
    template = start(superd, python(port, module=f"{module}:handler"))
    kill(superd)
    assert get(port) == "hello"
    module.write_text(text.replace('return "hello"', 'return "good evening"'))
    kill(superd)
    assert get(port) == "good evening"
    second = await_template(superd, template)
    assert is_forked(kill(superd), second)
    assert get(port) == "good evening"
    superd.ctl("restart", "shop")
    third = await_template(superd, template, second)  # Who restarts it may have changed what it imports.
    assert processes.wait_gone(second, harness.PATIENCE)
    assert is_forked(kill(superd), third)


def test_a_module_with_threads_is_executed(superd):
    text = python(processes.free_port(), module=f"{harness.PROGRAMS}/hosted_threads.py:handler")
    template = start(superd, text)
    worker = kill(superd)
    refused = superd.await_that(lambda: [each for each in messages(superd) if "has made no worker: cannot fork" in each])
    assert len(refused) == 1
    assert refused[0].endswith("set preload = false; its workers are executed until it is asked again")
    assert processes.alive(template), "the threads may end"
    kill(superd)
    assert len(ready_templates(superd, "shop")) == 1 and superd.pid("shop") != worker


def test_a_module_that_cannot_be_loaded_is_not_tried_for_ever(superd):
    superd.unit("shop", python(processes.free_port(), module=f"{harness.PROGRAMS}/hosted.py:handlr"))
    superd.start()
    assert superd.await_state("shop", "failed")["last-exit"]["code"] == 78
    superd.await_that(lambda: any("has ended with exit 78" in each for each in messages(superd)))
    superd.await_that(lambda: "[template]" in superd.ctl("logs", "shop", "-n", "200").stdout)
    assert "did you mean handler?" in superd.ctl("logs", "shop", "-n", "200").stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a process to another user")
def test_a_template_runs_as_its_units_user(superd):
    nobody = pwd.getpwnam("nobody")
    place = superd.base / "code"
    shutil.copytree(harness.PROGRAMS, place)
    port = processes.free_port()
    template = start(superd, python(port, 'user = "nobody"\ndirectory = "/"\numask = "0027"',
                                    module=f"{place}/hosted.py:handler"))
    worker = kill(superd)
    assert is_forked(worker, template)
    for pid in (template, worker):
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = file.read()
        assert re.search(rf"^Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t", status, re.M)
        assert re.search(rf"^Gid:\t{nobody.pw_gid}\t", status, re.M)
        assert re.search(r"^Umask:\t0027$", status, re.M)
    assert get(port) == "hello"


def test_what_sleeps_is_woken_by_a_fork(superd):
    port = processes.free_port()
    superd.unit("shop", cpp(port, 'workers = { min = 0, max = 2, idle-timeout = "1min" }'))
    superd.start()
    template = await_template(superd)
    assert superd.pid("shop/0") is None
    assert get(port) is not None
    assert is_forked(superd.pid("shop/0"), template)
