"""The completions for bash, fish and zsh, in the shells themselves, against a superd that runs."""
import os
import pathlib
import subprocess

import pytest

import harness

END = "-- that is all --"
COMPLETIONS = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "completions"


@pytest.fixture
def shop(superd):
    superd.unit("web", 'exec = ["sleep", "100000"]\n')
    superd.unit("worker", 'exec = ["sleep", "100000"]\n')
    return superd.start()


def run(shop, shell, script, *arguments):
    """What the shell's script prints, in lines; superctl is the one under test."""
    environment = {"PATH": f"{harness.BIN}:{os.environ['PATH']}", "HOME": str(shop.base), "LC_ALL": "C.UTF-8",
                   "SUPERD_RUNTIME_DIR": str(shop.runtime), "TERM": "dumb", "E2E_MARK": shop.mark}
    result = subprocess.run([shell, *arguments, "-c", script], env=environment, text=True, timeout=harness.PATIENCE,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert result.stderr == "", result.stderr
    return result.stdout.splitlines()


def bash(shop, lines):
    script = f"source {COMPLETIONS}/superctl.bash\n"
    for line in lines:
        words = line.split(" ")
        given = " ".join(f"'{word}'" for word in words)
        script += f"""COMP_WORDS=({given}) COMP_CWORD={len(words) - 1} COMPREPLY=()
_superctl
printf '%s\\n' "${{COMPREPLY[@]}}" "{END}"
"""
    return offers(run(shop, "bash", script, "--norc", "--noprofile"))


def fish(shop, lines):
    script = f"source {COMPLETIONS}/superctl.fish\n" + "".join(f"complete -C '{line}'; echo '{END}'\n" for line in lines)
    return offers(one.split("\t")[0] for one in run(shop, "fish", script, "--no-config"))


# zsh completes for a person only: one sits at a pseudoterminal, and compadd, which is told what could
# be offered, writes down what of it fits.
ZSH = """zmodload zsh/zpty
zpty person "zsh -f -i"
offer() {{ zpty -w person "$1"; }}
offer 'PS1= PS2= RPS1= LISTMAX=0; setopt no_beep no_auto_list no_prompt_cr; stty -echo'
offer 'fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -D'
offer 'compadd() {{ local -a fits; builtin compadd -A fits "$@"; print -rl -- $fits >>|{out}; builtin compadd "$@" }}'
offer 'collect() {{ zle complete-word; print -r -- "{end}" >>|{out}; BUFFER=; }}'
offer 'zle -N collect; bindkey "^I" collect'
for line in {lines}; do zpty -n -w person "$line"$'\\t'; done
zpty -w person exit
while zpty -r person answer; do :; done
zpty -d person
"""


def zsh(shop, lines):
    out, functions = shop.base / "offered", shop.base / "functions"
    functions.mkdir()
    (functions / "_superctl").write_text((COMPLETIONS / "superctl.zsh").read_text())
    given = " ".join(f"'{line}'" for line in lines)
    run(shop, "zsh", ZSH.format(functions=functions, out=out, end=END, lines=given), "-f")
    return offers(out.read_text().splitlines())


def offers(lines):
    """For each line that was completed, what was offered."""
    found = [set()]
    for line in lines:
        if line == END:
            found.append(set())
        elif line:
            found[-1].add(line)
    return found[:-1]


@pytest.mark.parametrize("complete", [bash, fish, zsh])
def test_verbs_flags_choices_and_units_are_offered(shop, complete):
    wanted = {
        "superctl sto": {"stop"},
        "superctl stop w": {"web", "worker"},
        "superctl why we": {"web"},
        "superctl logs --fo": {"--follow"},
        "superctl logs --stream ": {"out", "err"},
        "superctl help wh": {"why"},
        "superctl version w": set(),
    }
    assert dict(zip(wanted, complete(shop, wanted))) == wanted


def test_names_are_those_of_the_superd_that_is_meant(shop):
    """In bash, which looks at the words before."""
    wanted = {
        f"superctl --runtime-dir {shop.runtime} stop w": {"web", "worker"},
        f"superctl --runtime-dir {shop.base} stop w": set(),
        "superctl --bus stop w": set(),  # No bus has this one.
    }
    assert dict(zip(wanted, bash(shop, wanted))) == wanted
