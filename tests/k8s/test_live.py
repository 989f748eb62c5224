# SPDX-License-Identifier: Apache-2.0
"""Rendered manifests, running: two replicas with the configuration and environment that their pods would
have, before shards in Python, found by a DNS server that has the records a cluster would make.

Changed are only what docs/kubernetes.md says an overlay may change: a further file in the configuration
(paths, name servers, impatient checks) and BIND_ADDRESS."""
import json
import os
import re
import subprocess

import fake_cluster
import made
import pytest
import rendering
from harness.client import SWITCHING, RawClient, get
from harness.cluster import in_sync, table
from harness.installed import ROOT, need
from harness.knot import Knot
from harness.shard import RecordingShard
from harness.waiting import eventually

ROUTERS = ("router-0", "router-1")
HOOKS = rendering.K8S / "components" / "drain-hooks"
LOAD = rendering.K8S / "components" / "load-test" / "signalling.py"
ROOMS = [f"room-{number}" for number in range(24)]


def _shards(replica):
    """Name → what the replica says of it."""
    return {shard["name"]: shard for shard in json.loads(replica.admin("/api/v1/shards")[1])["shards"]}


class Cluster:
    def __init__(self, processes, tree):
        self.processes, self.tree = processes, tree
        self.folder = made.overlay(tree, ["drain-hooks"], shards=2)
        self.things = tree.render(self.folder)
        for thing in self.things:  # as the production overlay has it: two web pods a shard
            if thing["metadata"]["name"].endswith("-web"):
                thing["spec"]["replicas"] = 2
        self.pods = fake_cluster.Pods().apply(self.things, "router", "web", "prosody", "jicofo")
        self.servers = fake_cluster.start_pods(processes, self.pods)
        self.dns = processes.add(Knot(processes.directory, self.records(), origin="cluster.local."))
        self.dns.start()
        over = self._over(processes.directory)
        self.replicas = [processes.add(fake_cluster.Replica(
            processes.binary, processes.directory, self.things, self.pods, name, over))
            for name in ROUTERS]

    def records(self):
        return fake_cluster.records(self.things, self.pods)

    def _over(self, directory):
        self.token = directory / "token"
        key = directory / "gossip.key"
        self.token.write_text(made.SECRET)
        key.write_text("6b" * 32 + "\n")
        for path in (self.token, key):
            path.chmod(0o600)
        return {"admin": {"token_file": str(self.token)},
                "peers": {"tls": {"psk_file": str(key)}, "sync_timeout": "60s"},
                "shards": {"discovery": {"resolvers": [self.dns.address], "refresh": {"max": "1s"}},
                           "health": {"interval": "500ms", "timeout": "500ms", "rise": 1, "fall": 8,
                                      "dampening": "0s"}},
                "drain": {"accept_for": "0s", "max": "1s"}}

    def start(self):
        for replica in self.replicas:
            replica.process.start()
        for replica in self.replicas:
            replica.wait_ready(60)
        eventually(lambda: all(replica.metric("room_router_replica_links") == 1
                               for replica in self.replicas), "the replicas are linked")
        self.wait_up("shard-0", "shard-1")
        return self

    def wait_up(self, *names):
        for replica in self.replicas:
            eventually(lambda replica=replica: {name for name, shard in _shards(replica).items()
                                                if shard["state"] == "up"} == set(names),
                       f"{replica.name}: {names} are up, nothing else is there")

    def ask(self, replica, room):
        """Who answers for a room: the shard in the body, which the field has to name too."""
        with RawClient(replica.port, replica.host) as client:
            answer = client.request(get(f"/http-bind?room={room}", fields="Connection: close\r\n"))
        assert answer.status == 200 and answer.get("x-jitsi-shard") == answer.body.decode()
        return answer.body.decode()

    def forget(self):
        """No rooms: what drains is empty at once."""
        self.replicas[0].command("clear table jitsi-meet")
        eventually(lambda: not any(table(replica) for replica in self.replicas), "empty tables")

    def hook(self, name, shard, **more):
        """A script of components/drain-hooks, as the shard's prosody runs it."""
        env = {"PATH": os.environ["PATH"], "SHARD": shard, "TOKEN": str(self.token),
               "ROUTER_ADMIN": f"{self.replicas[0].host}:{self.replicas[0].admin_port}", **more}
        return subprocess.run(["bash", HOOKS / name], env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def cluster(module_processes, tree):
    need("knotd"), need("curl")
    taken = fake_cluster.taken_port()
    if taken:
        pytest.skip(f"another program listens on port {taken} of all addresses")
    return Cluster(module_processes, tree).start()


def test_shards_are_those_of_the_manifests(cluster):
    for replica in cluster.replicas:
        found = _shards(replica)
        assert sorted(found) == ["shard-0", "shard-1"]
        assert [len(shard["endpoints"]) for shard in found.values()] == [2, 2]


def test_prosody_and_jicofo_are_checked(cluster):
    """By the names of their Services, which the records lead to their pods."""
    for pod, path in (("shard-0-prosody-0", "/http-bind"), ("shard-1-prosody-0", "/http-bind"),
                      ("shard-0-jicofo-0", "/about/health"), ("shard-1-jicofo-0", "/about/health")):
        assert {request.target for request in cluster.servers[pod].seen()} == {path}


def test_rooms_keep_their_shard_on_both_replicas(cluster):
    first, second = cluster.replicas
    homes = {room: cluster.ask(first, room) for room in ROOMS}
    assert set(homes.values()) == {"shard-0", "shard-1"}
    assert {room: cluster.ask(second, room) for room in ROOMS} == homes
    eventually(lambda: in_sync(cluster.replicas), "equal tables")


def test_jicofo_that_is_busy_or_broken(cluster):
    """503: no new rooms, nothing moves; 500 is worse than that."""
    jicofo = cluster.servers["shard-1-jicofo-0"]
    healthy = jicofo.answer
    jicofo.answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    for replica in cluster.replicas:
        eventually(lambda replica=replica: _shards(replica)["shard-1"]["state"] != "up", "busy")
    assert {cluster.ask(cluster.replicas[0], f"busy-{number}") for number in range(8)} == {"shard-0"}
    jicofo.answer = healthy
    cluster.wait_up("shard-0", "shard-1")


def test_shard_drains_and_comes_back_by_the_hooks(cluster):
    """preStop of its prosody, then postStart of the pod that takes its place and its name."""
    first, second = cluster.replicas
    cluster.forget()
    drained = cluster.hook("drain", "shard-1", DRAIN_MAX="60")
    assert drained.returncode == 0 and not drained.stderr
    for replica in (first, second):
        eventually(lambda replica=replica: "shard-1: state=drain by=order" in replica.command("show drain"),
                   "in drain")
    assert {cluster.ask(second, f"drained-{number}") for number in range(8)} == {"shard-0"}
    prosody = f"{cluster.pods.addresses['shard-1-prosody-0']}:5280"
    assert cluster.hook("ready", "shard-1", PROSODY=prosody).returncode == 0
    for replica in (first, second):
        eventually(lambda replica=replica: "shard-1" not in replica.command("show drain"), "ready again")


def test_drain_hook_does_not_hold_up_a_pod_when_nobody_answers(cluster):
    done = cluster.hook("drain", "shard-1", DRAIN_MAX="1", ROUTER_ADMIN="127.0.0.1:1")
    assert done.returncode == 0 and done.stderr


def test_third_shard_comes_without_a_restart(cluster):
    pids = [replica.process.pid for replica in cluster.replicas]
    before = [replica.metric("room_router_config_generation") for replica in cluster.replicas]
    homes = {room: cluster.ask(cluster.replicas[0], room) for room in ROOMS}
    cluster.things = cluster.tree.render(made.overlay(cluster.tree, ["drain-hooks"], shards=3))
    cluster.pods.apply(cluster.things, "web", "prosody", "jicofo")
    cluster.servers = fake_cluster.start_pods(cluster.processes, cluster.pods, cluster.servers)
    cluster.dns.set(cluster.records())
    cluster.wait_up("shard-0", "shard-1", "shard-2")
    assert {room: cluster.ask(cluster.replicas[1], room) for room in ROOMS} == homes
    assert "shard-2" in {cluster.ask(cluster.replicas[0], f"later-{number}") for number in range(40)}
    eventually(lambda: "shard-2" in table(cluster.replicas[1]).values(), "known to the other one")
    assert [replica.process.pid for replica in cluster.replicas] == pids
    assert [replica.metric("room_router_config_generation") for replica in cluster.replicas] == before


def _documented():
    """What docs/kubernetes.md tells people to ask a replica."""
    text = (ROOT / "docs/kubernetes.md").read_text()
    lines = re.findall(r"^rr (?!\()([^#\n]+)", text, re.M)
    return [line.split() for line in lines + re.findall(r"room-router ctl ([^;\n\"]+); done", text)]


def test_documented_commands_work(cluster):
    commands = _documented()
    assert len(commands) >= 9
    for words in commands:
        cluster.forget()
        if "drain" not in words:
            cluster.ask(cluster.replicas[1], "standup")
            eventually(lambda: "standup" in table(cluster.replicas[0]), "the room is known")
        done = subprocess.run([cluster.replicas[0].binary, "ctl", "-s", cluster.replicas[0].socket_path,
                               *words], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        assert "standup" not in words or "standup" in done.stdout, done.stdout


def _load(*words):
    return subprocess.run(["/usr/bin/python3", LOAD, *words, "--seed=1"], capture_output=True, text=True,
                          timeout=120)


def _participants(connection, request):
    """Pages are answered, websockets opened and held."""
    if "/xmpp-websocket" not in request.target:
        connection.shard.answer_framed(connection, request)
        return
    connection.send(SWITCHING)
    connection.take_rest()


def test_load_job_finds_every_room_on_one_shard(cluster):
    for server in cluster.servers.values():
        server.handler = _participants
    done = _load(f"--target=http://{cluster.replicas[0].host}:{cluster.replicas[0].port}",
                 "--rooms=12", "--participants=3", "--per-second=200", "--hold=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search("joined 36, failed 0, rooms 12, shards [23], split 0", done.stdout), done.stdout


def test_load_job_fails_when_rooms_are_split(processes):
    """Before something that answers for another shard each time."""
    shard = processes.add(RecordingShard().start())

    def answer(connection, request):
        connection.shard.answer = (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Jitsi-Shard: shard-%d\r\n\r\n"
                                   % (len(shard.seen()) % 2))
        if "/xmpp-websocket" in request.target:
            connection.send(SWITCHING.replace(b"\r\n\r\n", b"\r\nX-Jitsi-Shard: other\r\n\r\n"))
            connection.take_rest()
        else:
            connection.shard.answer_framed(connection, request)
    shard.handler = answer
    done = _load(f"--target=http://127.0.0.1:{shard.port}", "--rooms=2", "--participants=2",
                 "--per-second=200", "--hold=0.2")
    assert done.returncode == 1 and "split 2" in done.stdout, done.stdout + done.stderr
