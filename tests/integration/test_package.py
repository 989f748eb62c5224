# SPDX-License-Identifier: Apache-2.0
"""The Debian package of the build folder: what is in it, what its unit allows, how it installs."""
import os
import re
import subprocess

import pytest

from harness.installed import ROOT, need
from harness.client import fetch
from harness.dns import SRV_NAME, ScriptedDns, records
from harness.package import make
from harness.package import run as _run
from harness.waiting import eventually

CONFIGURATION = "/etc/room-router/room-router.yaml"
UNIT = "/lib/systemd/system/room-router.service"
DOCUMENTS = "/usr/share/doc/room-router"
FILES = {
    "/usr/bin/room-router": "-rwxr-xr-x",
    CONFIGURATION: "-rw-r--r--",
    UNIT: "-rw-r--r--",
    **{f"{DOCUMENTS}/{name}": "-rw-r--r--"
       for name in ("README.md", "CHANGELOG.md", "LICENSE", "copyright")},
    **{f"{DOCUMENTS}/docs/{path.name}": "-rw-r--r--" for path in (ROOT / "docs").glob("*.md")},
    **{f"/usr/share/{path}": "-rw-r--r--" for path in (
        "man/man1/room-router.1", "man/man1/room-router-ctl.1", "man/man5/room-router.yaml.5",
        "bash-completion/completions/room-router", "zsh/vendor-completions/_room-router",
        "fish/vendor_completions.d/room-router.fish")},
}


@pytest.fixture(scope="module")
def package(router_binary, tmp_path_factory):
    return make(router_binary, tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def extracted(package):
    folder = package.parent / "extracted"
    _run("dpkg-deb", "--raw-extract", package, folder)
    return folder


@pytest.fixture(scope="module")
def unit(extracted):
    """Setting → values of the packaged unit."""
    settings = {}
    for line in (extracted / UNIT[1:]).read_text().splitlines():
        if found := re.fullmatch(r"(\w+)=(.*)", line):
            settings.setdefault(found[1], []).append(found[2])
    return settings


# -- what is in it

def test_contents(package):
    found = {}
    for line in _run("dpkg-deb", "--contents", package).splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        assert owner == "root/root", line
        if mode.startswith("d"):
            assert mode == "drwxr-xr-x", line
        else:
            found[path.removeprefix(".")] = mode
    assert found == FILES


def test_control(package, extracted):
    def field(name):
        return _run("dpkg-deb", "--field", package, name).strip()

    version = _run(extracted / "usr/bin/room-router", "version").split()[1]
    assert package.name == f"room-router_{version}_{field('Architecture')}.deb"
    assert field("Package") == "room-router" and field("Version") == version
    assert field("Section") == "net"
    assert re.fullmatch(r"[^<>]+ <[^@]+@[^@]+>", field("Maintainer"))
    summary, *description = field("Description").splitlines()
    assert len(summary) < 80 and len(description) > 3
    assert all(line.startswith(" ") and len(line) <= 80 for line in description)


def test_dependencies(package):
    """Whatever the libraries' versions are called, each is there and nothing else."""
    depends = {name.split()[0] for name in
               _run("dpkg-deb", "--field", package, "Depends").strip().split(", ")}
    wanted = ["adduser", "libc-ares", "libc6", "libfmt", "libgcc-s1", "libprotobuf", "libspdlog",
               "libssl", "libstdc++", "libutf8proc", "libxxhash", "libyaml-cpp"]
    assert len(depends) == len(wanted), depends
    assert all(name.startswith(want) for name, want in zip(sorted(depends), wanted)), depends


def test_only_the_configuration_is_the_operators(extracted):
    assert (extracted / "DEBIAN/conffiles").read_text().split() == [CONFIGURATION]
    assert [path for path in FILES if path.startswith("/etc/")] == [CONFIGURATION]


@pytest.mark.parametrize("script", ["postinst", "prerm", "postrm"])
def test_maintainer_scripts(extracted, script):
    path = extracted / "DEBIAN" / script
    assert path.stat().st_mode & 0o777 == 0o755
    _run("sh", "-n", path)


def test_packaged_configuration_is_valid(extracted):
    path = extracted / CONFIGURATION[1:]
    shown = _run(extracted / "usr/bin/room-router", "check", "-c", path, env={})
    assert shown == f"{path}: valid\n"


# -- what its unit says

def test_unit_is_valid(extracted, tmp_path):
    need("systemd-analyze")
    text = (extracted / UNIT[1:]).read_text()
    copy = tmp_path / "room-router.service"
    copy.write_text(text.replace("/usr/bin/room-router", f"{extracted}/usr/bin/room-router"))
    assert _run("systemd-analyze", "verify", copy) == ""


def test_unit_exposes_little(extracted):
    """The figure of systemd's own review, times ten; the network it serves is most of it."""
    tool = need("systemd-analyze")
    done = subprocess.run([tool, "security", "--offline=true", "--threshold=16", extracted / UNIT[1:]],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_systemd_is_more_patient_than_a_drain(extracted, unit):
    shown = _run(extracted / "usr/bin/room-router", "check", "--print", "-c",
                 extracted / CONFIGURATION[1:])
    drain = shown.partition("\ndrain:")[2]
    longest = re.search(r"max: \"?(\d+)(s|m)", drain)
    seconds = int(longest[1]) * {"s": 1, "m": 60}[longest[2]]
    assert int(unit["TimeoutStopSec"][0].removesuffix("s")) > seconds


def _allowed_calls(groups):
    """The system calls in systemd's groups, those of lines with ~ taken away."""
    members, group = {}, None
    for line in _run("systemd-analyze", "syscall-filter").splitlines():
        word = line.strip()
        if line.startswith("@"):
            group = members.setdefault(word, [])
        elif group is not None and word and not word.startswith("#"):
            group.append(word)

    def expand(name):
        return {name} if name not in members else set().union(*map(expand, members[name]))

    words = [(word.lstrip("~"), group.startswith("~")) for group in groups for word in group.split()]
    refused = set().union(*(expand(word) for word, minus in words if minus))
    return set().union(*(expand(word) for word, minus in words if not minus)) - refused


@pytest.fixture(scope="module")
def traced(extracted, module_processes):
    """Every system call of the packaged router's life: DNS, traffic, reload, metrics, drain."""
    tracer, directory = need("strace"), module_processes.directory
    if subprocess.run([tracer, "-o", os.devnull, "true"], stdin=subprocess.DEVNULL,
                      capture_output=True).returncode != 0:
        pytest.skip("strace may not trace here")
    trace = directory / "trace"
    shards = module_processes.shards(2)
    dns = module_processes.add(ScriptedDns(records(shards)).start())
    router = module_processes.unstarted_router(config={"shards": {"discovery": {
        "srv": [SRV_NAME], "resolvers": [dns.address]}}, "drain": {"accept_for": "100ms"}})
    router.process.command = [tracer, "-D", "-f", "-o", str(trace),
                              str(extracted / "usr/bin/room-router"), *router.process.command[1:]]
    router.start(deadline=60)
    assert fetch(router.port, "/http-bind?room=r").status == 200
    assert router.admin("/metrics")[0] == 200
    assert "Name:" in router.command("show info")
    router.reload()
    eventually(lambda: '"reloaded"' in router.process.text(), "reloaded")
    router.drain()
    assert router.process.wait(60) == 0
    eventually(lambda: re.search(r"\+\+\+ exited with 0 \+\+\+\n\Z", trace.read_text()),
               "the trace is complete")
    return trace.read_text()


def test_unit_allows_every_system_call(traced, unit):
    need("systemd-analyze")
    made = set(re.findall(r"^\d+ +(\w+)\(", traced, re.M))
    assert {"execve", "accept", "accept4"} & made and "epoll_wait" in made
    allowed = _allowed_calls(unit["SystemCallFilter"])
    assert "read" in allowed and not made - allowed


def test_unit_allows_every_socket(traced, unit):
    made = set(re.findall(r"\bsocket(?:pair)?\((AF_\w+)", traced))
    assert "AF_INET" in made and made <= set(unit["RestrictAddressFamilies"][0].split())


def test_no_memory_is_writable_and_executable(traced, unit):
    assert unit["MemoryDenyWriteExecute"] == ["yes"]
    assert not re.findall(r"mmap\(.*PROT_WRITE\|PROT_EXEC.*|mprotect\(.*PROT_EXEC.*", traced)


# -- how it installs

STEPS = """
set -eu
mount -t tmpfs none "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" none "$1/root" &&
mount --rbind /dev "$1/root/dev" && mount --rbind /proc "$1/root/proc" || { echo CANNOT; exit 0; }
cp "$2" "$1/root/room-router.deb"
exec chroot "$1/root" sh -eu -c '
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
  link=/etc/systemd/system/multi-user.target.wants/room-router.service
  enabled() { if [ -L "$link" ]; then echo "$1: enabled"; else echo "$1: not enabled"; fi; }
  dpkg --purge room-router 2>&1 || true
  dpkg --install /room-router.deb
  enabled installed
  id -un room-router
  room-router check -c /etc/room-router/room-router.yaml
  echo "# changed" >> /etc/room-router/room-router.yaml
  dpkg --install /room-router.deb
  enabled upgraded
  mkdir -p "${link%/*}" && ln -s /lib/systemd/system/room-router.service "$link"
  dpkg --install /room-router.deb
  enabled "upgraded again"
  echo "kept: $(tail -n 1 /etc/room-router/room-router.yaml)"
  mkdir -p /var/log/room-router
  dpkg --remove room-router
  ls -d /etc/room-router/room-router.yaml /var/log/room-router
  dpkg --purge room-router
  enabled purged
  ls -d /etc/room-router /var/log/room-router 2>/dev/null || echo "all gone"
'
"""


def test_install_upgrade_remove_purge(package, tmp_path):
    """On a copy of this machine that only the test sees; nothing of the machine changes."""
    if os.geteuid() != 0:
        pytest.skip("only root can install packages")
    private = [need("unshare"), "--mount", "--propagation", "private"]
    if subprocess.run([*private, "true"], capture_output=True).returncode != 0:
        pytest.skip("mounts are not allowed here")
    need("adduser")
    shown = _run(*private, "bash", "-c", STEPS, "steps", tmp_path, package)
    if "CANNOT" in shown:
        pytest.skip("an overlay of / can't be mounted here")
    for line in ("installed: not enabled", "room-router", f"{CONFIGURATION}: valid",
                 "upgraded: not enabled", "upgraded again: enabled", "kept: # changed",
                 "/var/log/room-router", "purged: not enabled", "all gone"):
        assert line in shown.splitlines(), f"{line!r} is missing:\n{shown}"
