# SPDX-License-Identifier: Apache-2.0
"""What a cluster makes of rendered manifests, as far as the router sees it: pods with addresses on
loopback, the records its DNS has, the environment and files of the router's pods."""
import itertools
import os
import re
import socket
import subprocess

import rendering
import yaml
from harness import process
from harness.router import Router
from harness.shard import RecordingShard, identified

DOMAIN = "cluster.local"
NAMESPACE = "jitsi"
# A network of its own below 127.0.0.0/8: the manifests' ports are used as they are.
_SECOND, _THIRD = 64 + os.getpid() % 128, os.getpid() // 128 % 256


class Pods:
    """Name → address of the pods of some components; one that is there keeps its address."""

    def __init__(self):
        self.free = itertools.count(1)
        self.addresses, self.workloads = {}, {}

    def apply(self, things, *components):
        for thing in things:
            labels = thing["metadata"].get("labels", {})
            if thing["kind"] not in ("StatefulSet", "Deployment"):
                continue
            if labels.get("app.kubernetes.io/component") not in components:
                continue
            for number in range(thing["spec"].get("replicas", 1)):
                name = f"{thing['metadata']['name']}-{number}"
                self.workloads[name] = thing
                if name not in self.addresses:
                    self.addresses[name] = f"127.{_SECOND}.{_THIRD}.{next(self.free)}"
        return self

    def of(self, selector):
        return [name for name, thing in self.workloads.items()
                if selector.items() <= thing["spec"]["template"]["metadata"]["labels"].items()]

    def port(self, name, wanted):
        """The number of a container port by its name."""
        container = self.workloads[name]["spec"]["template"]["spec"]["containers"][0]
        return next(port["containerPort"] for port in container["ports"] if port["name"] == wanted)


def taken_port():
    """A port of the manifests that some other program has on all addresses, or None."""
    for port in (8080, 9090, 7946, 8000, 5280, 8888):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((f"127.{_SECOND}.{_THIRD}.254", port))
            except OSError:
                return port
    return None


def records(things, pods, ttl=1):
    """The lines of the cluster's zone, as CoreDNS makes them of Services."""
    lines = []
    for service in (thing for thing in things if thing["kind"] == "Service"):
        spec, name = service["spec"], service["metadata"]["name"]
        domain = f"{name}.{NAMESPACE}.svc.{DOMAIN}."
        found = pods.of(spec["selector"])
        if spec.get("clusterIP") != "None":
            lines += [f"{domain} {ttl} IN A {pods.addresses[pod]}" for pod in found[:1]]
            continue
        for pod in found:
            address = pods.addresses[pod]
            own = pods.workloads[pod]["spec"].get("serviceName") == name
            target = f"{pod if own else address.replace('.', '-')}.{domain}"
            lines.append(f"{target} {ttl} IN A {address}")
            lines += [f"_{port['name']}._{port.get('protocol', 'TCP').lower()}.{domain} {ttl} IN SRV 0 "
                      f"{100 // len(found)} {pods.port(pod, port['targetPort'])} {target}"
                      for port in spec["ports"]]
    return lines


def environment(things, pod):
    """Of a router's pod, from env: fields, keys of ConfigMaps and plain values."""
    fields = {"metadata.name": pod, "metadata.namespace": NAMESPACE}
    container = rendering.named(things, "StatefulSet", "router")["spec"]["template"]["spec"]["containers"][0]
    env = {}
    for item in container["env"]:
        source = item.get("valueFrom", {})
        if "fieldRef" in source:
            env[item["name"]] = fields[source["fieldRef"]["fieldPath"]]
        elif "configMapKeyRef" in source:
            ref = source["configMapKeyRef"]
            env[item["name"]] = rendering.named(things, "ConfigMap", ref["name"])["data"][ref["key"]]
        else:
            env[item["name"]] = item["value"]
    return env


def write_configuration(things, folder, over=None):
    """The files of router-config as its volume has them; `over` is merged over them, as 90-test.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rendering.named(things, "ConfigMap", "router-config")["data"].items():
        (folder / name).write_text(text)
    if over:
        (folder / "90-test.yaml").write_text(yaml.safe_dump(over))
    return folder


def check(binary, folder, env):
    """`room-router check` on a folder; nothing but `env` is in its environment."""
    return subprocess.run([binary, "check", "-c", folder], capture_output=True, text=True, env=env,
                          stdin=subprocess.DEVNULL, timeout=60)


class Replica(Router):
    """A pod of the StatefulSet router: rendered configuration, rendered environment, BIND_ADDRESS its own."""

    def __init__(self, binary, directory, things, pods, name, over):
        self.binary, self.name, self.host = binary, name, pods.addresses[name]
        self.directory = directory / name
        self.port, self.admin_port = pods.port(name, "http"), pods.port(name, "admin")
        self.socket_path = self.directory / "admin.sock"
        self.path = write_configuration(things, self.directory / "config", {
            **over, "admin": {**over.get("admin", {}), "sockets": [{"path": str(self.socket_path)}]}})
        env = environment(things, name) | {"BIND_ADDRESS": self.host}
        self.process = process.Process(name, [binary, "run", "-c", self.path], self.directory, env)


def start_pods(processes, pods, running=()):
    """A recording server for each pod of the shards that does not run yet, by name."""
    started = dict(running)
    for name in sorted(pods.workloads.keys() - started.keys()):
        labels = pods.workloads[name]["metadata"]["labels"]
        component = labels["app.kubernetes.io/component"]
        if component not in ("web", "prosody", "jicofo"):
            continue
        port = {"web": "http", "prosody": "http", "jicofo": "rest"}[component]
        server = RecordingShard(name, pods.addresses[name], pods.port(name, port)).start()
        server.answer = identified(re.match(r"shard-\d+", name)[0])
        started[name] = processes.add(server)
    return started
