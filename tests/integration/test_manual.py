# SPDX-License-Identifier: Apache-2.0
"""The manual pages say what the command says, and shells complete with what the router says."""
import re
import subprocess

import pytest

from harness.installed import ROOT, need

PAGES = sorted((ROOT / "docs" / "man").iterdir())
COMPLETION = ROOT / "router" / "cli" / "completion"
COMMANDS = ("run", "check", "demo", "locate", "ctl", "import-haproxy")


def _output(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, timeout=60,
                          capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_have_no_mistakes(page):
    mandoc = need("mandoc")
    assert _output(mandoc, "-T", "lint", "-W", "warning", page) == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_names_every_option(router_binary, command):
    page = (ROOT / "docs/man/room-router.1").read_text().replace("\\-", "-")
    if command == "ctl":
        page += (ROOT / "docs/man/room-router-ctl.1").read_text().replace("\\-", "-")
    assert f".It Cm {command}" in page
    listed = _output(router_binary, command, "--help").split("Options:")[1]
    options = re.findall(r"^  -.*?--([a-z-]+)", listed, re.M)
    assert "help" in options
    for option in options:
        assert re.search(rf"-{option}\b", page), f"--{option} of {command} is not in the manual"


def _bash(router, *words):
    """What bash offers for the last word."""
    typed = " ".join(f"'{word}'" for word in words)
    script = f"""
        . '{COMPLETION}/room-router.bash'
        COMP_WORDS=('{router}' {typed}); COMP_CWORD={len(words)}
        _room_router 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return _output(need("bash"), "-c", script).split()


def test_bash_completes_commands_shards_and_files(processes, router_binary, tmp_path):
    (tmp_path / "haproxy.cfg").touch()
    router = processes.router(processes.shards())
    socket = router.socket_path
    assert _bash(router_binary, "chec") == ["check"]
    assert "--print" in _bash(router_binary, "check", "--")
    assert _bash(router_binary, "import-haproxy", f"{tmp_path}/ha") == [f"{tmp_path}/haproxy.cfg"]
    assert {"drain", "show", "pin"} <= set(_bash(router_binary, "ctl", "-s", socket, ""))
    shards = [shard["name"] for shard in router.config["shards"]["static"]]
    assert _bash(router_binary, "ctl", "-s", socket, "drain", "sh") == shards
    assert _bash(router_binary, "ctl", "-s", str(tmp_path / "nobody.sock"), "") == []


@pytest.mark.parametrize("shell, file", [("zsh", "_room-router"), ("fish", "room-router.fish")])
def test_other_shells_can_read_theirs(shell, file):
    _output(need(shell), "-n", COMPLETION / file)
