"""superctl import: what comes of other programs' files is what superd takes."""
import json
import pathlib
import re
import subprocess

import pytest

import harness

DATA = pathlib.Path(__file__).resolve().parent / "import"
# Of accounts and programs that the machine that runs the tests need not have.
MACHINE = re.compile(r"there is no such (user|group)|cannot read \"/etc/")

SAMPLES = {
    "systemd": {"web.socket": "[Socket]\nListenStream=127.0.0.1:8999\n",
                "web.service": """[Unit]
Description=A web server
Requires=db.service
[Service]
Type=notify
ExecStartPre=-/bin/mkdir -p /tmp/x
ExecStart=/bin/sleep $ARGS ${MORE} "it's"
Environment=ARGS=1000 "MORE=a b"
Restart=always
RestartSec=200ms
WatchdogSec=10
MemoryHigh=1G
MemoryMax=512M
CPUQuota=12.5%
LimitNOFILE=1024:524288
""",
                "db.service": "[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/kill -INT $MAINPID\n[Install]\nWantedBy=x.target\n",
                "job.service": "[Service]\nType=oneshot\nExecStart=/bin/true\nExecStart=-/bin/false\n",
                "job.timer": "[Timer]\nOnCalendar=Mon..Fri 12:30\nRandomizedDelaySec=5min\nPersistent=yes\n"},
    "supervisord": {"supervisord.conf": """[supervisord]
nodaemon=true
[program:web]
command=/bin/sleep %(process_num)d
numprocs=2
process_name=%(program_name)s_%(process_num)d
environment=A="x,y",B="%(ENV_HOME)s"
[program:cache]
command=/bin/sleep 5  # no argument
stopwaitsecs=0
umask=22
autorestart=unexpected
exitcodes=0,3
[group:shop]
programs=web,cache
"""},
    "procfile": {"Procfile": "web: sleep $PORT\nworker: sleep 1000\nrelease: true\n"},
    "compose": {"compose.yaml": """services:
  web:
    command: sleep 1000
    depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}
    environment: [A=1, HOME]
    stop_grace_period: 1m
    mem_limit: 64m
    cpus: 0.25
    cpu_shares: 512
    blkio_config: {weight: 300}
    ulimits: {nofile: {soft: 1024, hard: 4096}, core: 0, memlock: -1}
  db:
    command: [sleep, "1000"]
    restart: always
    healthcheck: {test: ["CMD-SHELL", "test $${HOME} && test ${A-a}"], interval: 0s, retries: 2}
    memswap_limit: 1gb
    oom_score_adj: 500
    deploy: {resources: {limits: {cpus: "1.5", memory: 512M, pids: 64}}}
  init:
    command: "true"
  debug:
    extends: {service: db}
    profiles: [debug]
    depends_on: {web: {condition: service_started, required: false}}
"""},
}


def run_import(*arguments, expect=0):
    result = subprocess.run([harness.BIN / "superctl", "import", *map(str, arguments)], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert result.returncode == expect, result.stdout + result.stderr
    return result


def mistakes(directory):
    """What superd finds wrong with DIRECTORY/units, but for what the machine lacks."""
    result = subprocess.run([harness.BIN / "superd", "--check", "--config", directory], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    text = result.stdout + result.stderr
    wrong = [line for line in text.splitlines() if "cannot" in line and not MACHINE.search(line)]
    assert result.returncode in (0, 78), text
    return wrong


@pytest.mark.parametrize("kind", SAMPLES)
def test_superd_takes_what_was_translated(tmp_path, kind):
    (tmp_path / "from").mkdir()
    for name, text in SAMPLES[kind].items():
        (tmp_path / "from" / name).write_text(text)
    files = sorted((tmp_path / "from").iterdir())
    (tmp_path / "etc").mkdir()
    result = run_import(kind, "--output", tmp_path / "etc" / "units", *files, expect=0)
    assert result.stdout == "" and "not translated" not in result.stderr
    assert mistakes(tmp_path / "etc") == []
    made = {path.name for path in (tmp_path / "etc" / "units").iterdir()}
    printed = run_import(kind, *files).stdout
    assert set(re.findall(r"^# file: (.*)$", printed, re.M)) == made


def test_units_shipped_with_debian_are_taken_and_what_is_lost_has_its_place(tmp_path):
    files = sorted((DATA / "debian").glob("*.s*"))
    (tmp_path / "etc").mkdir()
    result = run_import("systemd", "-o", tmp_path / "etc" / "units", *files, expect=1)
    assert mistakes(tmp_path / "etc") == []
    for line in result.stderr.splitlines():
        place, number = re.match(r"(.*?)(?::(\d+))?: (?:remark|not translated): ", line).groups()
        if number and "=" in line:
            key = re.match(r".*?: (?:remark|not translated): (\w+)=", line)
            written = pathlib.Path(place).read_text().splitlines()[int(number) - 1]
            assert key is None or written.strip().startswith(key[1]), line
    nginx = (tmp_path / "etc" / "units" / "nginx.toml").read_text()
    assert "# " in nginx and "not translated: Type=forking" in nginx
    assert 'exec = ["/usr/bin/redis-server"' in (tmp_path / "etc" / "units" / "redis-server.toml").read_text()


def test_nothing_is_overwritten_without_force(tmp_path):
    (tmp_path / "Procfile").write_text("web: sleep 1\nworker: sleep 2\n")
    units = tmp_path / "units"
    units.mkdir()
    (units / "worker.toml").write_text("mine\n")
    result = run_import("procfile", tmp_path / "Procfile", "-o", units, expect=1)
    assert "worker.toml: it is there already" in result.stderr and "--force" in result.stderr
    assert [path.name for path in units.iterdir()] == ["worker.toml"]
    run_import("procfile", tmp_path / "Procfile", "-o", units, "--force")
    assert "sleep" in (units / "worker.toml").read_text()


def test_a_unit_is_looked_for_where_systemd_does(tmp_path):
    gone = run_import("systemd", "gone-for-good.service", expect=1).stderr
    assert "it is not here, nor in /etc/systemd/system, /run/systemd/system," in gone
    packaged = sorted(pathlib.Path("/usr/lib/systemd/system").glob("*.service"))
    packaged = [path for path in packaged if "ExecStart=/" in path.read_text() and "@" not in path.name]
    if not packaged:
        pytest.skip("no unit of systemd is installed here")
    name = packaged[0].name
    result = subprocess.run([harness.BIN / "superctl", "import", "systemd", name], cwd=tmp_path, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    read = re.match(r"read (/.*/systemd/system/.*)\n", result.stderr)
    assert read and read[1].endswith("/" + name), result.stderr
    assert f"# Translated from {read[1]} by" in result.stdout


def test_the_directory_is_made_with_its_parents(tmp_path):
    (tmp_path / "Procfile").write_text("web: sleep 1\n")
    run_import("procfile", tmp_path / "Procfile", "-o", tmp_path / "new" / "units")
    assert (tmp_path / "new" / "units" / "web.toml").exists()


def test_json_has_units_and_notes(tmp_path):
    (tmp_path / "a.service").write_text("[Service]\nExecStart=/bin/true\nPrivateTmp=yes\n")
    told = json.loads(run_import("systemd", "--json", tmp_path / "a.service", expect=1).stdout)
    assert not told["complete"]
    assert [unit["name"] for unit in told["units"]] == ["a"]
    lost = [note for note in told["units"][0]["notes"] if note["weight"] == "lost"]
    assert [(note["line"], note["text"].split(":")[0]) for note in lost] == [(3, "PrivateTmp=yes")]


def test_what_is_named_wrongly_is_told(tmp_path):
    assert "use one of systemd" in run_import("upstart", "x", expect=2).stderr
    assert "no file is named" in run_import("compose", expect=2).stderr
    assert "No such file" in run_import("compose", tmp_path / "gone.yaml", expect=1).stderr
    assert "it is a directory" in run_import("compose", tmp_path, expect=1).stderr


def test_a_template_is_read_for_an_instance_and_includes_are_followed(tmp_path):
    (tmp_path / "w@.service").write_text("[Service]\nExecStart=/bin/echo %i\n")
    assert 'exec = ["/bin/echo", "blue"]' in run_import("systemd", tmp_path / "w@blue.service").stdout
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text("[program:a]\ncommand=sleep 1\n")
    (tmp_path / "s.conf").write_text("[include]\nfiles = conf.d/*.conf\n")
    assert "# file: a.toml" in run_import("supervisord", tmp_path / "s.conf").stdout


def test_what_an_environment_file_says_wins_as_with_systemd(superd, tmp_path):
    (tmp_path / "default").write_text("SAID=by the file\n")
    (tmp_path / "teller.service").write_text(
        f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo \"$$SAID, $$ELSE\"'\nEnvironment='SAID=by the unit' ELSE=usual\n"
        f"EnvironmentFile={tmp_path}/default\n[Install]\nWantedBy=multi-user.target\n")
    superd.unit("teller", run_import("systemd", tmp_path / "teller.service").stdout)
    superd.start()
    superd.await_state("teller", "completed")
    assert "by the file, usual" in superd.ctl("logs", "teller").stdout
