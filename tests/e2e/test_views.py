"""superctl tree and timeline, of real units."""
import json
import xml.etree.ElementTree

import pytest

SLEEP = 'exec = ["sleep", "100000"]\n'


@pytest.fixture
def shop(superd):
    superd.unit("db", SLEEP + '[ready]\ndelay = "50ms"\n')
    superd.unit("api", SLEEP + 'instances = 2\n[depends]\nneeds = ["db"]\n')
    superd.unit("web", SLEEP + '[depends]\nneeds = ["api"]\nwants = ["db"]\n')
    superd.unit("shop", 'type = "group"\nmembers = ["api", "web"]\n')
    superd.start()
    superd.await_state("web", "ready")
    superd.await_state("shop", "ready")
    return superd


def test_the_tree_shows_dependencies_and_groups(shop):
    assert shop.ctl("tree", "--ascii").stdout == """\
shop  ready  group, one-for-one
|-- api  ready 2/2  [member]
|   `-- db  ready  [needs]
`-- web  ready  [member]
    |-- api  ready 2/2  [needs]  ...
    `-- db  ready  [wants]
"""
    assert shop.ctl("tree", "--ascii", "--reverse", "db").stdout.splitlines()[0] == "db  ready"
    graph = shop.json("tree", "api")
    assert graph["roots"] == ["api"] and [unit["name"] for unit in graph["units"]] == ["api", "db", "shop", "web"]
    assert shop.ctl("tree", "apo", expect=4).stdout == ""


def test_the_timeline_shows_what_waited_on_what(shop):
    shop.ctl("restart", "db")
    text = shop.ctl("timeline").stdout
    web = next(line for line in text.splitlines() if line.startswith("web "))
    assert "waited " in web and " on api" in web
    assert any(line.startswith("api/1 ") for line in text.splitlines())
    drawing = shop.base / "start.svg"
    shop.ctl("timeline", "--svg", drawing)
    titles = [one.text for one in xml.etree.ElementTree.parse(drawing).iter("{http://www.w3.org/2000/svg}title")]
    assert any(title.startswith("web waiting on api, ") for title in titles), titles
    failed = shop.ctl("timeline", "--svg", shop.base / "no" / "where.svg", expect=1)
    assert "cannot write " in failed.stderr and "No such file" in failed.stderr


def test_events_are_chosen_by_type_and_time(shop):
    shop.ctl("stop", "web")
    everything = shop.events()
    chosen = [one for one in everything if one["event"] in ("exit", "command")]
    assert [one["event"] for one in chosen] == ["command", "exit"]

    def events(*flags):
        return [json.loads(line) for line in shop.ctl("events", "--json", *flags).stdout.splitlines()]
    assert events("--type", "exit,command") == chosen
    moment = everything[2]["time"]
    assert events("--until", moment) == [one for one in everything if one["time"] <= moment]
    assert events("--since", "1h ago", "--until", "now") == everything
    assert events("--since", "yesterday", "--type", "exit", "web") == chosen[1:]
    assert "there is no such type" in shop.ctl("events", "--type", "exits", expect=2).stderr
    assert "give a time before now" in shop.ctl("events", "--since", "tomorrow", expect=2).stderr
