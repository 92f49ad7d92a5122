"""Holds the JSON Schemas against themselves, the example units, and samples of good and bad."""
import json
import pathlib
import sys
import tomllib

import jsonschema

ROOT = pathlib.Path(sys.argv[1])
SCHEMAS = ROOT / "packaging" / "schema"
EXAMPLES = ROOT / "units" / "examples"

GOOD = [
    'exec = ["a"]',
    'exec = ["a"]\nuser = 1000\ngroup = "x"',
    'exec = ["a"]\n[stop]\nsignals = ["SIGRTMIN+1", ["SIGKILL", "1h 30min"]]',
    'exec = ["a"]\n[ready]\ntcp = "[::1]:80"\ntimeout = "1.5s"',
    'exec = ["a"]\n[restart]\nlimit = "10 in 1min"\nsuccess-codes = [0, "SIGHUP"]',
    'exec = ["a"]\n[[check]]\nname = "a"\ntcp = "[::1]:80"\n[[check]]\nname = "b"\nunix = "/x"',
    'exec = ["a"]\n[watchdog]\nevery = "10s"\nsignal = "SIGQUIT"',
    'exec = ["a"]\n[depends]\nafter = ["b", { unit = "c", when = "completed" }]',
    'type = "group"\nmembers = ["a"]\nstrategy = "one-for-all"\nintensity = "5 in 1min"',
    'exec = ["a"]\nautostart = "on-demand"\n[listen]\nhttp = "tcp://*:80"\nb = { address = "unix:/x", mode = "0600" }',
    'module = "a.so"\nworkers = { min = 0, max = 8, idle-timeout = "1min" }\ncpus = "each"\n[config]\na = [1, {}]',
    'module = "a:b"\nlanguage = "python"\nworkers = "cores"\ncpus = [0, 2]\nloop = "gevent"',
]
BAD = [
    'description = "no program"',
    'exec = []',
    'type = "group"',
    'type = "group"\nmembers = ["a"]\nexec = ["a"]',
    'exec = ["a"]\nmembers = ["a"]',
    'exec = "a"',
    'exec = ["a"]\nexce = ["a"]',
    'exec = ["a"]\n[restrat]\ndelay = "1s"',
    'exec = ["a"]\nenv = { A = 1 }',
    'exec = ["a"]\ninstances = 0',
    'exec = ["a"]\n[restart]\ndelay = "5"',
    'exec = ["a"]\n[restart]\npolicy = "alway"',
    'exec = ["a"]\n[restart]\nnever-on = [256]',
    'exec = ["a"]\n[ready]\ntcp = "[::1]:80"\nfd = 3',
    'exec = ["a"]\n[ready]\nnotify = false',
    'exec = ["a"]\n[stop]\nsignals = ["TERM"]',
    'exec = ["a"]\n[depends]\nafter = [{ when = "ready" }]',
    'exec = ["a"]\n[[check]]\ntcp = "[::1]:80"',
    'exec = ["a"]\n[[check]]\nname = "a"',
    'exec = ["a"]\n[[check]]\nname = "a"\ntcp = "[::1]:80"\nunix = "/x"',
    'exec = ["a"]\n[check]\nname = "a"\ntcp = "[::1]:80"',
    'exec = ["a"]\n[watchdog]\nsignal = 6',
    'exec = ["a"]\n[log]\nmax-size = "10"',
    'exec = ["a"]\nmodule = "a.so"',
    'exec = ["a"]\nautostart = "demand"',
    'exec = ["a"]\n[listen]\nhttp = 80',
    'exec = ["a"]\n[listen]\nhttp = { backlog = 5 }',
    'exec = ["a"]\n[listen]\n"a b" = "tcp://*:80"',
    'module = "a.so"\nworkers = 0',
    'module = "a.so"\nworkers = { min = 1 }',
    'module = "a.so"\nmodel = "thread"',
    'module = "a.so"\nconfig = 3',
]

# Of a drop-in: what lacks a unit's own keys is good, what is wrong stays wrong.
GOOD_DROP_INS = [
    '',
    'instances = 4',
    '[env]\nPORT = "1"',
    '[ready]\ntimeout = "1min"',
    '[ready]\ntcp = "[::1]:80"\ntimeout = "1min"',
    'members = ["a"]',
    '[[check]]\nname = "a"\ntcp = "[::1]:80"',
]
BAD_DROP_INS = [
    'exec = []',
    'exce = ["a"]',
    '[ready]\ntcp = "[::1]:80"\nfd = 3',
    '[[check]]\nname = "a"',
]


def validator(name):
    schema = json.loads((SCHEMAS / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(schema, file):
    document = tomllib.loads(file.read_text())
    return [f"{file.name}: {error.message}" for error in schema.iter_errors(document)]


def main():
    unit, settings = validator("superd-unit.schema.json"), validator("superd.schema.json")
    wrong = []
    drop_in = validator("superd-drop-in.schema.json")
    for file in sorted((EXAMPLES / "units").glob("*.d/*.toml")):
        wrong += complaints(drop_in, file)
    for file in sorted((EXAMPLES / "units").glob("*.toml")):
        wrong += complaints(unit, file)
    for file in EXAMPLES.glob("superd.toml"):
        wrong += complaints(settings, file)
    wrong += [f"refused: {text}" for text in GOOD if not unit.is_valid(tomllib.loads(text))]
    wrong += [f"taken: {text}" for text in BAD if unit.is_valid(tomllib.loads(text))]
    wrong += [f"refused: {text}" for text in GOOD_DROP_INS if not drop_in.is_valid(tomllib.loads(text))]
    wrong += [f"taken: {text}" for text in BAD_DROP_INS if drop_in.is_valid(tomllib.loads(text))]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
