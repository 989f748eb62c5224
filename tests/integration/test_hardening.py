# SPDX-License-Identifier: Apache-2.0
"""What a running router gave up, and that its work goes on: as another user, in the sandbox."""
import grp
import json
import os
import pathlib
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile

import pytest

from harness.authority import Authority
from harness.client import fetch
from harness.dns import SRV_NAME, ScriptedDns, records
from harness.installed import need
from harness.ports import free_port
from harness.processes import Processes
from harness.waiting import eventually

USER = "nobody"


@pytest.fixture
def folder(router_binary):
    """Where every user may go, but only its owner may write."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="room-router-hardening-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def placed(router_binary, folder):
    group = Processes(router_binary, folder)
    yield group
    group.close()


@pytest.fixture
def other(placed):
    """The user a router of `_router` becomes."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    entry = pwd.getpwnam(USER)
    return entry.pw_uid, entry.pw_gid


def _router(placed, shards, config=None, owner=None):
    """With the access log in a file; its folder belongs to `owner`."""
    router = placed.unstarted_router(shards, config)
    router.log_path = router.directory / "access.log"
    router.config["logging"]["access"] = {"output": str(router.log_path)}
    router.write()
    if owner is not None:
        os.chown(router.directory, *owner)
    return router


def _become(placed, shards, other, config=None):
    return _router(placed, shards, {"process": {"user": USER}} | (config or {}), other)


def _events(router, name):
    events = [json.loads(line) for line in router.process.text().splitlines()
              if line.startswith("{")]
    return [event for event in events if event["event"] == name]


def _sandbox(router):
    (event,) = _events(router, "sandbox")
    return event


def _tasks(router):
    """The status of every thread, field by field."""
    for path in pathlib.Path(f"/proc/{router.process.pid}/task").glob("*/status"):
        yield dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)


def _core_limit(router):
    text = pathlib.Path(f"/proc/{router.process.pid}/limits").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("Max core file size")]
    return line.split()[4:6]


def _low_port():
    """Below 1024, where only root may listen."""
    for port in range(1023, 500, -1):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    return pytest.skip("no port below 1024 is free")


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# -- the user

def test_root_becomes_the_user_before_it_serves(placed, other):
    router = _become(placed, [placed.shard()], other)
    router.port = _low_port()
    router.config["listeners"][0]["address"] = f"127.0.0.1:{router.port}"
    router.write()
    router.start()
    assert fetch(router.port, "/http-bind?room=r").status == 200
    user, group = (" ".join([str(each)] * 4).split() for each in other)
    tasks = list(_tasks(router))
    assert len(tasks) > 2
    for task in tasks:
        assert (task["Uid"].split(), task["Gid"].split()) == (user, group)
        assert task["Groups"].split() == []
        assert {int(task[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
        assert task["NoNewPrivs"] == "1"
    assert not _events(router, "running_as_root") and not _events(router, "not_readable")


def test_what_it_made_is_the_users(placed, other):
    router = _become(placed, [placed.shard()], other).start()
    assert fetch(router.port, "/http-bind?room=r").status == 200
    eventually(lambda: router.log_path.stat().st_size, "the access log")
    for path in (router.socket_path, router.log_path):
        assert (path.stat().st_uid, path.stat().st_gid) == other
    assert stat.S_IMODE(router.socket_path.stat().st_mode) == 0o600


def test_the_group_may_be_another(placed, other):
    group = grp.getgrnam("daemon").gr_gid
    router = _router(placed, [placed.shard()], {"process": {"user": USER, "group": "daemon"}},
                     (other[0], group)).start()
    assert {task["Gid"].split()[1] for task in _tasks(router)} == {str(group)}


def test_haproxys_call_at_a_port_of_roots(placed, other):
    """That port is listened on later, when the shards are known."""
    port = _low_port()
    router = _become(placed, [placed.shard()], other, {"peers": {"haproxy": {
        "listen": f"127.0.0.1:{port}", "peers": [{"name": "old", "address": f"127.0.0.1:{free_port()}"}]}}})
    router.start(wait_ready=False)
    eventually(lambda: _listens(port), "somebody listens")
    assert not _events(router, "haproxy_peers_failed")


def test_files_a_reload_could_not_read_are_told_at_the_start(placed, other, tmp_path):
    need("openssl")
    certificate, key = Authority(tmp_path).sign("meet.test")
    shard = placed.shard()
    router = _become(placed, [shard], other)
    shutil.copy(certificate, router.directory / "c.pem")
    shutil.copy(key, router.directory / "k.pem")
    router.config["listeners"][0]["tls"] = {"certificate": "c.pem", "key": "k.pem"}
    router.write()
    router.start()
    (event,) = _events(router, "not_readable")
    assert event["file"] == str(router.directory / "k.pem") and event["level"] == "warning"
    router.reload()
    eventually(lambda: _events(router, "reload_refused"), "the reload says so too")
    assert "listeners[0].tls.key" in _events(router, "reload_refused")[0]["mistake"]


def test_a_folder_that_is_not_the_users_is_refused(placed, other):
    router = _router(placed, [placed.shard()], {"process": {"user": USER}})
    router.process.start()
    assert router.process.wait(30) == 1
    assert "admin socket" in router.process.text() and "Permission denied" in router.process.text()


def test_root_is_warned_of_staying_root(placed):
    if os.geteuid() != 0:
        pytest.skip("this test does not run as root")
    router = _router(placed, [placed.shard()]).start()
    (event,) = _events(router, "running_as_root")
    assert event["level"] == "warning" and "process.user" in event["detail"]


def test_who_is_not_root_stays_who_it_is(placed, other):
    wishes = {USER: 0, "daemon": 1}
    for index, (user, warnings) in enumerate(wishes.items()):
        router = placed.unstarted_router([placed.shard(f"shard-{index}")],
                                         {"process": {"user": user}}, name=f"router-{index}")
        os.chown(router.directory, *other)
        router.process.command = ["setpriv", f"--reuid={USER}", f"--regid={other[1]}",
                                  "--clear-groups", *router.process.command]
        router.start()
        assert len(_events(router, "process_user_ignored")) == warnings
        assert not _events(router, "running_as_root")


def test_nobody_there_is_a_mistake_with_its_place(router_binary, tmp_path):
    path = tmp_path / "room-router.yaml"
    path.write_text("process:\n  user: no-such-user\n"
                    "shards: {static: [{name: a, address: 127.0.0.1:1}]}\n")
    done = subprocess.run([router_binary, "check", "-c", path], capture_output=True, text=True,
                          timeout=20)
    assert done.returncode == 1
    assert f'{path}:2:9: process.user: this system has no user "no-such-user"' in done.stderr


# -- the sandbox

def test_every_thread_is_in_the_sandbox(placed):
    router = _router(placed, [placed.shard()]).start()
    report = _sandbox(router)
    if report["syscall_filter"] != "on":
        pytest.skip(f"no filter here: {report['syscall_filter']}")
    tasks = list(_tasks(router))
    assert len(tasks) > 2
    assert {(task["NoNewPrivs"], task["Seccomp"]) for task in tasks} == {("1", "2")}
    assert _core_limit(router) == ["0", "0"]


def test_it_can_be_off(placed):
    router = _router(placed, [placed.shard()], {"process": {"sandbox": "off"}}).start()
    assert fetch(router.port, "/http-bind?room=r").status == 200
    own = dict(line.split(":\t", 1) for line in pathlib.Path("/proc/self/status").read_text()
               .splitlines() if ":\t" in line)
    for task in _tasks(router):
        assert task["Seccomp"] == own["Seccomp"] and task["NoNewPrivs"] == own["NoNewPrivs"]
    assert _sandbox(router)["detail"].startswith("off")


def test_changes_of_it_need_a_restart(placed):
    router = _router(placed, [placed.shard()]).start()
    router.config["process"] = {"sandbox": "off"}
    router.write()
    router.reload()
    eventually(lambda: _events(router, "reload_needs_restart"), "the reload says so")
    assert _events(router, "reload_needs_restart")[0]["setting"] == "process"


def _served(router, authority):
    context = authority.client()
    with socket.create_connection(("127.0.0.1", router.port), timeout=15) as plain:
        with context.wrap_socket(plain, server_hostname="meet.test") as client:
            client.sendall(b"GET /http-bind?room=r HTTP/1.1\r\nHost: meet.test\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            return client.getpeercert()["serialNumber"]


def test_all_its_work_goes_on(placed, other, tmp_path):
    """DNS, certificates replaced with their folder, a log rotated, admin, drain: all within."""
    need("openssl")
    authority = Authority(tmp_path)
    shards = placed.shards(2)
    dns = placed.add(ScriptedDns(records(shards[:1])).start())
    router = _become(placed, [], other, {
        "shards": {"discovery": {"srv": [SRV_NAME], "resolvers": [dns.address]}},
        "drain": {"accept_for": "100ms"}})
    _install(router, authority.sign("meet.test"), other)
    router.config["listeners"][0]["tls"] = {"certificate": "tls/tls.crt", "key": "tls/tls.key"}
    del router.config["shards"]["static"]
    router.write()
    router.start()
    assert _served(router, authority) == "01"
    _install(router, authority.sign("meet.test"), other)
    eventually(lambda: _served(router, authority) == "02", "the new certificate")
    dns.set(records(shards))
    eventually(lambda: "shard-1" in router.command("show servers state"), "the new shard")
    router.log_path.rename(router.log_path.with_suffix(".1"))
    router.reload()
    eventually(router.log_path.exists, "the log made anew")
    _served(router, authority)
    eventually(lambda: "http-bind" in router.log_path.read_text(), "a line in the new log")
    assert router.metric("room_router_open_descriptors") > 10
    assert router.metric("room_router_resident_memory_bytes") > 0
    assert not _events(router, "reload_refused") and not _events(router, "access_log_not_reopened")
    router.drain()
    assert router.process.wait(30) == 0
    assert not router.socket_path.exists()


def _install(router, pair, owner):
    """As a deployment does that replaces the folder."""
    fresh, place = router.directory / "tls.new", router.directory / "tls"
    fresh.mkdir()
    for path, name in zip(pair, ("tls.crt", "tls.key")):
        shutil.copy(path, fresh / name)
        os.chown(fresh / name, *owner)
    if place.exists():
        shutil.rmtree(place)
    fresh.rename(place)
    router.reload() if router.process.alive() else None


def test_a_log_that_cannot_be_made_anew_is_told(placed, other):
    router = _become(placed, [placed.shard()], other).start()
    router.log_path.rename(router.log_path.with_suffix(".1"))
    os.chown(router.directory, 0, 0)
    router.reload()
    eventually(lambda: _events(router, "access_log_not_reopened"), "the log says so")
    assert fetch(router.port, "/http-bind?room=r").status == 200
    eventually(lambda: "http-bind" in router.log_path.with_suffix(".1").read_text(),
               "the old file goes on")
