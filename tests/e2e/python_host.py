"""superd_worker.py in each of Python's models, made by a test and ended with it."""
import pytest

import worker_host

PROGRAMS = worker_host.ROOT / "tests" / "e2e" / "programs"
MODELS = {
    "processes": {"module": "hosted:handler", "model": "processes"},
    "threads": {"module": "hosted:handler", "model": "threads", "threads": 4},
    "coroutines": {"module": "hosted:coroutine", "model": "coroutines"},
    "gevent": {"module": "hosted:handler", "model": "coroutines", "loop": "gevent"},
}
every_model = pytest.mark.parametrize("model", MODELS)


@pytest.fixture
def make():
    """Makes workers, each for the same held listener unless another is given; ends them with the test."""
    made, sockets = [], [worker_host.listener()]

    def make_one(model="coroutines", kind=worker_host.Worker, listeners=None, page=None, memory=(), program=None,
                 **settings):
        chosen = {**(MODELS.get(model) or {"model": model}), **settings}
        more = {"program": program} if program else {}
        if kind is worker_host.Template:
            one = kind(PROGRAMS, chosen)
        else:
            given = {"http": sockets[0]} if listeners is None else listeners
            one = kind(PROGRAMS, chosen, given, page=page, memory=memory, **more)
        one.port = sockets[0].getsockname()[1]
        made.append(one)
        return one

    yield make_one
    for each in made:
        each.close()
    for each in sockets:
        each.close()


def of(model, module):
    """The settings of `module`, whose handler is a coroutine in the model that wants one."""
    return {"module": f"{module}:{'coroutine' if model == 'coroutines' else 'handler'}"}
