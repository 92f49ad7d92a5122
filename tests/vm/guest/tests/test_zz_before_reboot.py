"""Last: what after_reboot/ looks for."""
import pathlib

from machine import UNITS, ctl, sh

# A network that takes its time.
NETWORK = """[Unit]
Before=network.target
Wants=network.target
[Service]
Type=oneshot
ExecStart=/bin/sleep 2
RemainAfterExit=yes
[Install]
WantedBy=multi-user.target
"""


def test_a_unit_and_a_slow_network_are_left_for_the_next_boot():
    (UNITS / "lasting.toml").write_text(
        'exec = ["/bin/sh", "-c", "trap \\"echo in order >/var/lasting; exit 0\\" TERM; sleep 100000 & wait"]\n')
    ctl("apply", timeout=60)
    ctl("wait", "--ready", "lasting", "--timeout", "60s", timeout=60)
    pathlib.Path("/etc/systemd/system/slow-network.service").write_text(NETWORK)
    sh("systemctl", "enable", "slow-network", timeout=60)
