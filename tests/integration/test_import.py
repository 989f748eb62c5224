# SPDX-License-Identifier: Apache-2.0
"""HAProxy configurations as people run them, imported and run: rooms stick, headers are as before.

The configurations of tests/config/haproxy, with addresses of this machine. HAProxy itself says that
they are configurations, and answers beside the router.
"""
import os
import re
import subprocess

import pytest
import yaml

from harness.installed import ROOT, need
from harness.client import fetch
from harness.ports import free_port
from harness.proxies import Haproxy, homes
from harness.router import merged
from harness.waiting import eventually

FOLDER = ROOT / "tests" / "config" / "haproxy"
NAMES = sorted(path.stem for path in FOLDER.glob("*.cfg"))
ROOMS = [f"standup{number}" for number in range(20)]
POD = {"HOSTNAME": "edge-0", "MY_POD_IP": "127.0.0.1",
       "OTHER_HOSTNAME": "edge-1", "OTHER_IP": "127.0.0.2"}


def _rewritten(name, *changes):
    text = (FOLDER / f"{name}.cfg").read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.M)
        assert count, f"{name}.cfg has no {pattern}"
    return text


def _room_router(binary, *words, text=None, env=None):
    return subprocess.run([str(binary), *map(str, words)], input=text, capture_output=True,
                          text=True, timeout=60, env={**os.environ, **(env or {})})


def _imported(binary, text):
    done = _room_router(binary, "import-haproxy", "-", text=text)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def _address(shard):
    return f"{shard.host}:{shard.port}"


class Pair:
    """A HAProxy and a router with what was imported from its configuration, before one shard set."""

    def __init__(self, processes, haproxy_binary, shards):
        self.processes, self.shards = processes, shards
        self.haproxy = Haproxy(processes.directory, shards, binary=haproxy_binary)
        self.router = processes.unstarted_router(shards)

    def start(self, text):
        """`text` with "PORT" where its clients come."""
        own = {key: self.router.config[key] for key in ("node", "listeners", "admin", "drain")}
        imported = _imported(self.router.binary, text.replace("PORT", str(self.router.port)))
        self.router.config = merged(merged(imported, own), {
            "shards": {"health": {"interval": "250ms", "rise": 1}}})
        self.router.write()
        self.router.start()
        self.haproxy.config = text.replace("PORT", str(self.haproxy.port))
        self.processes.add(self.haproxy.start())
        eventually(lambda: fetch(self.haproxy.port, "/").status == 200, "HAProxy has shards")
        return imported

    def ask(self, target):
        """What HAProxy's and the router's shard saw, and what their clients got."""
        seen = []
        for proxy in (self.haproxy, self.router):
            marks = [shard.mark() for shard in self.shards]
            answer = fetch(proxy.port, target)
            requests = [request for shard, mark in zip(self.shards, marks)
                        for request in shard.seen(mark) if request.target == target]
            seen.append((answer, requests[0] if requests else None))
        return seen


def _homes(port, rooms=ROOMS, more=""):
    answers = {room: fetch(port, f"/http-bind?room={room}{more}") for room in rooms}
    assert all(answer.status == 200 for answer in answers.values())
    return {room: answer.body.decode() for room, answer in answers.items()}


@pytest.fixture
def etc(tmp_path):
    """What the configurations expect below /etc/haproxy."""
    folder = tmp_path / "etc"
    (folder / "errors").mkdir(parents=True)
    (folder / "errors" / "503.http").write_text("HTTP/1.0 503 x\r\nCache-Control: no-cache\r\n\r\nx")
    (folder / "banned.lst").write_text("/spam\n")
    (folder / "tenants.map").write_text("acme 5142\n")
    pem = folder / "meet.pem"
    subprocess.run([need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=meet.test", "-keyout", folder / "key", "-out", pem],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL)
    pem.write_text(pem.read_text() + (folder / "key").read_text())
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_haproxy_takes_them(name, etc, tmp_path, haproxy_binary):
    text = (FOLDER / f"{name}.cfg").read_text()
    path = tmp_path / "haproxy.cfg"
    path.write_text(text.replace("/etc/haproxy", str(etc)))
    done = subprocess.run([haproxy_binary, "-c", "-f", path], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, **POD})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_check_accepts_what_is_printed(name, router_binary, tmp_path):
    done = _room_router(router_binary, "import-haproxy", FOLDER / f"{name}.cfg")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "room-router.yaml"
    path.write_text(done.stdout)
    checked = _room_router(router_binary, "check", "-c", path, env=POD)
    assert checked.returncode == 0, checked.stderr


def test_minimal(processes, haproxy_binary):
    pair = Pair(processes, haproxy_binary, processes.shards(2))
    text = _rewritten("minimal", (r"bind :8080", "bind 127.0.0.1:PORT"),
                      (r"127\.0\.0\.1:9001", _address(pair.shards[0])),
                      (r"127\.0\.0\.1:9002", _address(pair.shards[1])))
    pair.start(text)
    first = _homes(pair.router.port)
    assert set(first.values()) == {"shard-0", "shard-1"}
    assert _homes(pair.router.port) == first
    for answer, request in pair.ask("/http-bind?room=standup"):
        assert answer.status == 200
        assert not request.all("room")


def test_one_machine(processes, haproxy_binary, etc):
    shards = [processes.shard(f"shard{number}") for number in range(3)]
    pair = Pair(processes, haproxy_binary, shards)
    text = _rewritten("compose", (r"^ *(user|group|maxconn) .*\n", ""), (r" *stats socket .*\n", ""),
                      (r"bind 127\.0\.0\.1:8000-8001", "bind 127.0.0.1:PORT"),
                      (r"^ *bind :::8443 .*\n", ""), (r"127\.0\.0\.1:8404", f"127.0.0.1:{free_port()}"),
                      (r"10\.0\.1\.10:80", _address(shards[0])),
                      (r"10\.0\.1\.11:80", _address(shards[1])),
                      (r"10\.0\.1\.12:80", _address(shards[2])), (r" port 8888", ""),
                      (r".* redirect scheme .*\n", ""), (r"/etc/haproxy", str(etc)))
    imported = pair.start(text)
    assert imported["shards"]["health"]["checks"][0]["url"] == "http://{address}/about/health"
    first = _homes(pair.router.port)
    assert set(first.values()) == {"shard0", "shard1"}, "the backup takes no rooms"
    assert _homes(pair.router.port) == first
    for answer, request in pair.ask("/http-bind?room=standup"):
        assert request.one("x-room") == "standup"
        assert answer.get("x-jitsi-shard") == answer.body.decode()
        assert answer.get("strict-transport-security") == "max-age=63072000; includeSubDomains"
        assert answer.get("server") is None
    assert [answer.status for answer, _ in pair.ask("/http-bind?room=spam")] == [403, 403]


def test_releases(processes, haproxy_binary, etc):
    names = ["shard-51", "shard-52", "shard-61", "shard-62"]
    shards = [processes.shard(name) for name in names]
    pair = Pair(processes, haproxy_binary, shards)
    servers = [(rf"(server {shard.name}) \S+ .*?( backup)?$", rf"\1 {_address(shard)} check\2")
               for shard in shards]
    text = _rewritten("releases", (r"^ *(stats socket|maxconn) .*\n", ""), (r"bind .*", "bind 127.0.0.1:PORT"),
                      (r"10\.1\.0\.2:1024", f"127.0.0.1:{free_port()}"),
                      (r"10\.1\.0\.3:1024", f"127.0.0.1:{free_port()}"),
                      (r"peers edge srvkey", "srvkey"), (r"/etc/haproxy", str(etc)), *servers)
    pair.start(text)
    assert set(_homes(pair.router.port).values()) == {"shard-61"}, "the live release, no backup"
    pinned = [f"old{number}" for number in range(5)]
    assert set(_homes(pair.router.port, pinned, "&release=5142").values()) == {"shard-51"}
    assert set(_homes(pair.router.port, pinned).values()) == {"shard-51"}, "they stay"
    for answer, request in pair.ask("/http-bind?room=Standup"):
        assert request.one("x-room") == "standup"
        assert request.one("x-proxy-region") == "eu-west"
        assert answer.get("x-proxy-host") == "edge-a"


def test_pods_share_their_rooms_with_the_haproxy_beside(processes, haproxy_binary):
    shards = processes.shards(3)
    pair = Pair(processes, haproxy_binary, shards)
    ports = free_port(), free_port()
    text = _rewritten("kubernetes", (r" *stats socket .*\n", ""), (r"bind \*:80$", "bind 127.0.0.1:PORT"),
                      (r"bind \*:9090", f"bind 127.0.0.1:{free_port()}"),
                      (r"MY_POD_IP\}:1024", f"MY_POD_IP}}:{ports[0]}"),
                      (r"OTHER_IP\}:1024", f"OTHER_IP}}:{ports[1]}"),
                      (r"^  server-template.*", "\n".join(
                          f"  server {shard.name} {_address(shard)} check" for shard in shards)))
    # The other pod has the same file, and its own names and address in the place of these.
    own = {**POD, "OTHER_IP": "127.0.0.1"}
    other = dict(zip(("HOSTNAME", "OTHER_HOSTNAME"), ("edge-1", "edge-0")))
    swapped = text.replace(str(ports[0]), "OWN").replace(str(ports[1]), str(ports[0])).replace(
        "OWN", str(ports[1]))
    imported = _imported(pair.router.binary, text.replace("PORT", str(pair.router.port)))
    assert imported["peers"]["haproxy"]["local_name"] == "${HOSTNAME}"
    base = {key: pair.router.config[key] for key in ("listeners", "admin", "drain")}
    pair.router.config = merged(merged(imported, base), {"logging": {"level": "debug"}})
    pair.router.write()
    pair.router.process.env.update(own)
    pair.haproxy.config = swapped.replace("PORT", str(pair.haproxy.port)).replace(
        "global\n", f"global\n  stats socket {pair.haproxy.socket_path} level admin\n", 1)
    pair.haproxy.command_line = ["env", *(f"{k}={v}" for k, v in {**own, **other}.items()),
                                 *pair.haproxy.command_line, "-L", "edge-1"]
    processes.add(pair.haproxy.start())
    pair.router.start()
    theirs = _homes(pair.haproxy.port)
    eventually(lambda: homes(pair.router).items() >= theirs.items(), "the router has learned them")
    assert _homes(pair.router.port) == theirs
    ours = _homes(pair.router.port, [f"new{number}" for number in range(10)])
    eventually(lambda: homes(pair.haproxy).items() >= ours.items(), "HAProxy has learned ours")
    assert _homes(pair.haproxy.port, ours) == ours


def test_a_folder_and_standard_input(router_binary, tmp_path):
    lines = (FOLDER / "minimal.cfg").read_text().partition("listen")
    (tmp_path / "10-defaults.cfg").write_text(lines[0])
    (tmp_path / "20-meet.cfg").write_text(lines[1] + lines[2])
    (tmp_path / "notes.txt").write_text("not HAProxy's")
    by_folder = _room_router(router_binary, "import-haproxy", tmp_path)
    by_input = _room_router(router_binary, "import-haproxy", "-", text="".join(lines))
    assert by_folder.returncode == by_input.returncode == 0
    assert yaml.safe_load(by_folder.stdout) == yaml.safe_load(by_input.stdout)
    assert "# 20-meet.cfg:" in by_folder.stdout


@pytest.mark.parametrize("text, message", [
    ("backend b\n  server s \"x\n", "stdin:2:12: "),
    ("global\n.if feature(X)\n.endif\n", "stdin:2:1: \".if\""),
    ("\0\1\2", "stdin: holds NUL bytes"),
    ("", "has no backend with servers"),
])
def test_mistakes_are_told(router_binary, text, message):
    done = _room_router(router_binary, "import-haproxy", "-", text=text)
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr


def test_files_that_cannot_be_read(router_binary, tmp_path):
    done = _room_router(router_binary, "import-haproxy", tmp_path, tmp_path / "none.cfg")
    assert done.returncode == 1
    assert "the directory has no *.cfg file" in done.stderr and "none.cfg: " in done.stderr
    assert _room_router(router_binary, "import-haproxy").returncode == 2
