# SPDX-License-Identifier: Apache-2.0
"""k8s/migrate: replicas and HAProxy pods find each other, and both accept their configurations."""
import os
import re
import subprocess

import fake_cluster
import pytest
import yaml
from harness import runtime_api
from harness.client import RawClient, fetch, get
from harness.cluster import table
from harness.installed import ROOT
from harness.ports import free_port
from harness.process import Process
from harness.proxies import homes as in_table_of
from harness.router import static_shards
from harness.waiting import eventually

MIGRATE = ROOT / "k8s/migrate"
HAPROXYS = ("haproxy-0", "haproxy-1")  # each with a Service of its own
GLOBAL = """global
  stats socket unix@admin.sock level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 90s
resolvers kube-dns
  nameserver dns 127.0.0.1:53
frontend http_in
  bind 127.0.0.1:{port}
  default_backend jitsi-meet
"""


@pytest.fixture(scope="module")
def objects(kustomize, tmp_path_factory):
    """Kind and name → object, of the base with the component."""
    overlay = tmp_path_factory.mktemp("overlay")
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": "jitsi",
        "resources": [os.path.relpath(ROOT / "k8s/base" / name, overlay) for name in ("namespace", "router")],
        "components": [os.path.relpath(MIGRATE, overlay)]}))
    done = subprocess.run([*kustomize, overlay], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(done.stdout)}


@pytest.fixture(scope="module")
def services(objects):
    """Name → Service, HAProxys' included; `_environment` makes of them what a pod sees."""
    own = {name: item for (kind, name), item in objects.items() if kind == "Service"}
    return own | {name: None for name in HAPROXYS}


@pytest.fixture(scope="module")
def environment(services):
    links = {f"{name.upper().replace('-', '_')}_SERVICE_HOST": f"10.96.0.{number}"
             for number, name in enumerate(sorted(services), 1)}
    return links | {"POD_NAME": "router-0", "POD_NAMESPACE": "jitsi", "PATH": os.environ["PATH"]}


@pytest.fixture
def configuration(objects, tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (tmp_path / "gossip.key").write_text("ab" * 32 + "\n")
    for name, text in objects["ConfigMap", "router-config"]["data"].items():
        (folder / name).write_text(text.replace("/etc/room-router-gossip/", f"{tmp_path}/"))
    return folder


def _snippet():
    return re.search(r"```haproxy\n(.*?)```", (MIGRATE / "README.md").read_text(), re.S)[1]


def _check(router, folder, environment):
    return subprocess.run([router, "check", "--print", "-c", folder], env=environment, text=True,
                          capture_output=True, timeout=60)


def test_the_router_accepts_its_configuration(router_binary, configuration, environment):
    done = _check(router_binary, configuration, environment)
    assert done.returncode == 0, done.stderr
    peers = yaml.safe_load(done.stdout.partition("\n")[2])["peers"]
    assert peers["haproxy"]["local_name"] == "router-0"
    assert {peer["name"]: peer["address"] for peer in peers["haproxy"]["peers"]} == {
        name: f"{environment[name.upper().replace('-', '_') + '_SERVICE_HOST']}:1024" for name in HAPROXYS}
    assert peers["discovery"]["srv"] and peers["listen"], "replicas still gossip"


def test_a_haproxy_without_service_is_a_clear_mistake(router_binary, configuration, environment):
    without = {key: value for key, value in environment.items() if key != "HAPROXY_1_SERVICE_HOST"}
    done = _check(router_binary, configuration, without)
    assert done.returncode == 1
    assert re.search(r"60-haproxy\.yaml:\d+:\d+: .*HAPROXY_1_SERVICE_HOST", done.stderr), done.stderr


def test_haproxy_accepts_the_changes(haproxy_binary, environment, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(GLOBAL.format(port=8080) + _snippet())
    done = subprocess.run([haproxy_binary, "-L", "haproxy-0", "-c", "-f", path], env=environment,
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_both_sides_name_the_same_members_and_table(objects, services):
    members = dict(re.findall(r'^  peer (\S+) "\$\{(\w+)\}:1024"$', _snippet(), re.M))
    replicas = objects["StatefulSet", "router"]["spec"]["replicas"]
    assert set(members) == {*HAPROXYS, *(f"router-{number}" for number in range(replicas))}
    links = {f"{name.upper().replace('-', '_')}_SERVICE_HOST": name for name in services}
    for member, variable in members.items():
        name = links[variable]
        if name in HAPROXYS:
            assert name == member
        else:
            assert services[name]["spec"]["selector"] == {"statefulset.kubernetes.io/pod-name": member}
    own = yaml.safe_load((MIGRATE / "60-haproxy.yaml").read_text())["stick_table"]
    table = re.search(r"stick-table type string len (\d+) size \w+ expire (\w+)", _snippet())
    assert f"backend {own['name']}\n" in _snippet()
    assert (str(own["display_bytes"]), own["expire"]) == table.groups()
    haproxy = yaml.safe_load((MIGRATE / "60-haproxy.yaml").read_text())["peers"]["haproxy"]
    assert "srvkey addr" in _snippet() and haproxy["server_key"] == "address"


def test_peers_reach_the_replicas(objects, services):
    pod = objects["StatefulSet", "router"]["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is True
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    own = [item for name, item in services.items() if re.fullmatch(r"router-\d+-peer", name)]
    assert len(own) == objects["StatefulSet", "router"]["spec"]["replicas"]
    for service in own:
        assert service["spec"]["publishNotReadyAddresses"] is True
        assert service["spec"].get("clusterIP") is None, "a fixed address is what it is for"
        port, = service["spec"]["ports"]
        assert ports[port["targetPort"]] == port["port"] == 1024
    policy = objects["NetworkPolicy", "router-haproxy"]["spec"]
    assert policy["ingress"][0]["ports"] == [{"port": "haproxy-peers", "protocol": "TCP"}]


# -- running

class Proxy:
    """A HAProxy with the snippet of README.md; the servers stand for what DNS would say."""

    def __init__(self, binary, directory, name, servers, environment):
        self.directory, self.port = directory / name, free_port()
        self.directory.mkdir()
        self.keys = {server.name: f"{server.host}:{server.port}" for server in servers}
        text = re.sub(r"  server-template .*\n", "", _snippet()) + "".join(
            f"  server shard{number} {server.host}:{server.port}\n" for number, server in enumerate(servers))
        (self.directory / "haproxy.cfg").write_text(GLOBAL.format(port=self.port) + text)
        self.process = Process(name, ["env", "-C", self.directory, binary, "-db", "-L", name, "-f", "haproxy.cfg"],
                               self.directory, environment)

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: fetch(self.port, "/").status == 200, "answers")
        return self

    def command(self, text):
        return runtime_api.ask(self.directory / "admin.sock", text)

    def stop(self):
        self.process.stop(2)


@pytest.fixture
def members(objects, environment, haproxy_binary, processes, tmp_path):
    """Two HAProxys and three replicas that are the pods of the manifests, before two shards."""
    if taken := fake_cluster.taken_port():
        pytest.skip(f"another program listens on port {taken} of all addresses")
    things, servers = list(objects.values()), processes.shards(2)
    pods = fake_cluster.Pods().apply(things, "router")
    addresses = pods.addresses | {name: f"{pods.addresses['router-0'].rpartition('.')[0]}.{number}"
                                  for number, name in enumerate(HAPROXYS, 201)}
    links = {key: addresses[member] for member, key in
             re.findall(r'^  peer (\S+) "\$\{(\w+)\}:1024"$', _snippet(), re.M)}
    key = tmp_path / "gossip.key"
    key.write_text("6b" * 32 + "\n")
    key.chmod(0o600)
    over = {"shards": {"discovery": {"srv": []}, "static": static_shards(servers),
                       "health": {"checks": [{"type": "tcp"}]}},
            "peers": {"tls": {"psk_file": str(key)}, "discovery": {"srv": [], "static": [
                f"{address}:7946" for address in pods.addresses.values()]}}}
    proxies = [processes.add(Proxy(haproxy_binary, tmp_path, name, servers, links)).start()
               for name in HAPROXYS]
    replicas = []
    for name in sorted(pods.addresses):
        replica = processes.add(fake_cluster.Replica(processes.binary, tmp_path, things, pods, name, over))
        replica.process.env |= links
        replicas.append(replica)
    for replica in replicas:
        replica.process.start()
    for replica in replicas:
        replica.wait_ready(60)
    return proxies, replicas


def _answered_by(port, room, host="127.0.0.1"):
    with RawClient(port, host) as client:
        answer = client.request(get(f"/http-bind?room={room}", fields="Connection: close\r\n"))
    assert answer.status == 200
    return answer.body.decode()


def test_one_table(members):
    """Rooms that came through either stay where they are through all the others."""
    proxies, replicas = members
    homes = {}
    for number in range(8):
        homes[f"old-{number}"] = _answered_by(proxies[number % 2].port, f"old-{number}")
        replica = replicas[number % 3]
        homes[f"new-{number}"] = _answered_by(replica.port, f"new-{number}", replica.host)
    assert set(homes.values()) == {"shard-0", "shard-1"}
    for replica in replicas:
        eventually(lambda replica=replica: table(replica) == homes, f"{replica.name} has all rooms")
    for proxy in proxies:
        named = {room: proxy.keys[home] for room, home in homes.items()}
        eventually(lambda proxy=proxy, named=named: in_table_of(proxy) == named, "HAProxy has all rooms")
    for room, home in homes.items():
        assert {_answered_by(proxy.port, room) for proxy in proxies} | {
            _answered_by(replica.port, room, replica.host) for replica in replicas} == {home}


def test_haproxy_pods_are_admitted(objects):
    labels = objects["Namespace", "jitsi"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "baseline"
    assert labels["pod-security.kubernetes.io/warn"] == "restricted"
