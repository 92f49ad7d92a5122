"""Lines in systemd's own journal, with what superd knows of them."""
import json

from machine import ctl, pids, sh, until

UNIT = '''exec = ["/bin/sh", "-c", "echo said; echo '<3>failing' >&2; head -c 100000 /dev/zero | tr '\\\\0' x; echo; exec sleep 100000"]
[log]
target = "journald"
'''


def entries():
    text = sh("journalctl", "--sync", check=False).stdout + sh(
        "journalctl", "--output=json", "--all", "--no-pager", "SUPERD_UNIT=speaker").stdout
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def complete():
    told = entries()
    # What comes by the other stream may come later.
    whole = sum(each["MESSAGE"].count("x") for each in told) == 100_000 and any(each["MESSAGE"] == "failing" for each in told)
    return told if whole else None


def test_lines_are_in_the_journal_with_their_unit(units):
    units.add("speaker", UNIT)
    units.apply()
    [pid] = pids("speaker")["speaker"]
    found = until("all of it", complete)
    by_text = {each["MESSAGE"][:7]: each for each in found}
    said, failing = by_text["said"], by_text["failing"]
    assert (said["PRIORITY"], failing["PRIORITY"]) == ("6", "3")
    assert {each["SYSLOG_IDENTIFIER"] for each in found} == {"speaker"}
    assert {each["SUPERD_STREAM"] for each in (said, failing)} == {"out", "err"}
    assert said["SUPERD_INSTANCE"] == "0" and said["OBJECT_PID"] == str(pid)
    # What is longer than a line may be comes in pieces, of which all but the last say so.
    pieces = [each.get("SUPERD_PARTIAL") for each in found if each["MESSAGE"].startswith("x")]
    assert pieces[:-1] and set(pieces[:-1]) == {"1"} and pieces[-1] is None
    assert "said" in ctl("logs", "speaker").stdout  # The newest are with superd too.


def test_superds_own_messages_have_their_priority(units):
    units.add("crasher", 'exec = ["/bin/false"]\n[restart]\npolicy = "never"\n')
    ctl("apply", timeout=60, check=False)
    until("the warning", lambda: "crasher: crashed" in sh(
        "journalctl", "--unit=superd.service", "--priority=warning", "--output=cat", "--no-pager").stdout)
