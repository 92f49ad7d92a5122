"""Profiles: what differs from place to place."""
import subprocess

import harness


def profile(superd, name, file, text):
    path = superd.config / "profiles" / name / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def variable(superd, unit, name):
    return superd.ctl("logs", unit).stdout.rpartition(f"{name}=")[2].splitlines()[0]


def test_a_profile_is_laid_over_the_configuration(superd):
    superd.unit("web", 'exec = ["sh", "-c", "echo PORT=$PORT; exec sleep 100000"]\nenv.PORT = "80"\n')
    superd.drop_in("web", "10", 'env.PORT = "81"\n')
    profile(superd, "prod", "units/web.toml", 'env.PORT = "82"\n')
    profile(superd, "prod", "units/extra.toml", 'pass-env = ["E2E_MARK"]\nexec = ["sleep", "100000"]\n')
    superd.arguments = ["--profile", "prod"]
    superd.start()
    assert set(superd.units()) == {"web", "extra"}
    superd.await_that(lambda: "PORT=82" in superd.ctl("logs", "web").stdout)
    assert superd.units()["web"]["files"] == ["units/web.toml", "units/web.d/10.toml", "profiles/prod/units/web.toml"]
    assert superd.units()["extra"]["files"] == ["profiles/prod/units/extra.toml"]
    assert "profiles/prod/units/web.toml" in superd.ctl("status", "web").stdout

    # It stays so after the supervisor's death, and when the configuration is read again.
    pids = superd.pids()
    superd.kill_all_parts()
    superd.start()
    superd.ctl("reload")
    assert superd.pids() == pids
    profile(superd, "prod", "units/extra.toml", 'pass-env = ["E2E_MARK"]\nexec = ["sleep", "100001"]\n')
    assert "extra" in superd.ctl("plan").stdout and "web" not in superd.ctl("plan").stdout


def test_profiles_of_the_settings_may_change_while_superd_runs(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    profile(superd, "more", "units/extra.toml", 'pass-env = ["E2E_MARK"]\nexec = ["sleep", "100000"]\n')
    superd.start()
    web = superd.pid("web")
    superd.settings('profiles = ["more"]\n')
    superd.ctl("reload")
    superd.await_state("extra", "ready")
    superd.settings("")
    superd.ctl("reload")
    superd.await_that(lambda: set(superd.units()) == {"web"})
    assert superd.pid("web") == web


def test_check_understands_profiles(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    profile(superd, "prod", "units/web.toml", 'autostrat = true\n')
    profile(superd, "test", "units/web.toml", 'autostart = true\n')

    def check(*profiles):
        return subprocess.run([harness.BIN / "superctl", "check", "--config", superd.config, *profiles],
                              capture_output=True, text=True, timeout=60)
    assert check().returncode == 0
    assert check("--profile", "test").returncode == 0
    bad = check("--profile", "test,prod")
    assert bad.returncode == 1
    assert bad.stderr.startswith("profiles/prod/units/web.toml:1:1: cannot use autostrat: unknown key"), bad.stderr
    lost = check("--profile", "tets")
    assert lost.returncode == 1 and 'did you mean "test"?' in lost.stderr


def test_a_profile_that_is_not_there_keeps_superd_from_starting(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.arguments = ["--profile", "nowhere"]
    superd.launch()
    assert superd.process.wait(harness.PATIENCE) == 78
    superd.await_text("there is no directory profiles/nowhere")
