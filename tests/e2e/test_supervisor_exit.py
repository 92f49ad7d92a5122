"""stop-on-supervisor-exit: a unit that is not to live on when superd dies."""
import harness
import processes


def test_one_ends_with_the_keeper_and_its_sibling_lives(superd):
    superd.unit("tied", 'exec = ["sleep", "100000"]\nstop-on-supervisor-exit = true\n')
    superd.unit("free", 'exec = ["sleep", "100000"]\n')
    superd.start()
    superd.await_state("tied", "ready")
    superd.await_state("free", "ready")
    tied, free = superd.pid("tied"), superd.pid("free")
    processes.kill(superd.parts()["supervisor"])
    superd.await_that(lambda: superd.parts().get("supervisor"))
    superd.ctl("list")
    assert processes.alive(tied), "only the keeper's end is superd's"
    superd.kill_all_parts()
    assert processes.wait_gone(tied, harness.PATIENCE)
    assert processes.alive(free)
    superd.start()
    assert superd.await_new_pid("tied", tied) and superd.pid("free") == free
