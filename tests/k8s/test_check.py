# SPDX-License-Identifier: Apache-2.0
"""k8s/tools/check.py finds each mistake it is for, and the message says where."""
import copy
import subprocess

import pytest
import rendering
import yaml


@pytest.fixture(scope="module")
def good(tree):
    return tree.render("overlays/production")


def _container(things, kind, name):
    return rendering.named(things, kind, name)["spec"]["template"]["spec"]["containers"][0]


def out_of_range(things):
    port = rendering.named(things, "Service", "shard-0-jvb-3")["spec"]["ports"][0]
    port.update(port=33003, targetPort=33003, nodePort=33003)
    return "Service shard-0-jvb-3: nodePort 33003 is outside 30000 to 32767"


def colliding(things):
    port = rendering.named(things, "Service", "shard-1-jvb-0")["spec"]["ports"][0]
    port.update(port=30300, targetPort=30300, nodePort=30300)
    return "Service shard-1-jvb-0: nodePort 30300 is that of Service shard-0-jvb-0 as well"


def other_base(things):
    rendering.named(things, "ConfigMap", "jitsi-env")["data"]["JVB_BASE_PORT"] = "31000"
    return "Service shard-0-jvb-0: shard-0-jvb-0 listens on and advertises 31000, not 30300"


def twice(things):
    things.append(copy.deepcopy(rendering.named(things, "Service", "web")))
    return "Service web: 2 times"


def no_such_pod(things):
    rendering.named(things, "Service", "shard-0-prosody")["spec"]["selector"]["shard"] = "shard-7"
    return "Service shard-0-prosody: selects no pod"


def no_such_bridge(things):
    selector = rendering.named(things, "Service", "shard-0-jvb-0")["spec"]["selector"]
    selector["statefulset.kubernetes.io/pod-name"] = "shard-1-jvb-0"
    return "Service shard-0-jvb-0: selects no pod"


def no_such_port(things):
    rendering.named(things, "Service", "router")["spec"]["ports"][0]["targetPort"] = "https"
    return "Service router: StatefulSet router has no port named https"


def own_pods(things):
    spec = rendering.named(things, "StatefulSet", "router")["spec"]
    spec["selector"]["matchLabels"]["app.kubernetes.io/component"] = "proxy"
    return "StatefulSet router: its selector does not match its pods"


def unguarded(things):
    labels = rendering.named(things, "PodDisruptionBudget", "shard-0-jvb")["spec"]["selector"]
    labels["matchLabels"]["shard"] = "shard-9"
    return "PodDisruptionBudget shard-0-jvb: selects no pod"


def no_secret(things):
    things.remove(rendering.named(things, "Secret", "router-gossip"))
    return "StatefulSet router: there is no secret router-gossip"


def no_key(things):
    del rendering.named(things, "Secret", "jitsi-secrets")["data"]["JVB_AUTH_PASSWORD"]
    return "StatefulSet shard-0-jvb: the secret jitsi-secrets has no JVB_AUTH_PASSWORD, or an empty one"


def empty_key(things):
    rendering.named(things, "Secret", "jitsi-secrets")["data"]["JICOFO_AUTH_PASSWORD"] = ""
    return "Deployment shard-0-jicofo: the secret jitsi-secrets has no JICOFO_AUTH_PASSWORD, or an"


def weak(things):
    rendering.named(things, "Secret", "jitsi-secrets")["data"]["JVB_AUTH_PASSWORD"] = "aGVsbG8="
    return "Secret jitsi-secrets: JVB_AUTH_PASSWORD has 5 characters"


def no_config(things):
    things.remove(rendering.named(things, "ConfigMap", "web-config"))
    return "StatefulSet shard-0-web: there is no configMap web-config"


def undefined(things):
    env = _container(things, "StatefulSet", "shard-0-web")["env"]
    env.append({"name": "LATE", "value": "$(LATER)"})
    env.append({"name": "LATER", "value": "x"})
    return "StatefulSet shard-0-web: LATE uses $(LATER), which is not defined before it"


def floating(things):
    _container(things, "StatefulSet", "router")["image"] = "room-router:latest"
    return "StatefulSet router: image room-router:latest has no version"


def unnamed_version(things):
    _container(things, "StatefulSet", "router")["image"] = "registry.example.com:5000/room-router"
    return "StatefulSet router: image registry.example.com:5000/room-router has no version"


def privileged_port(things):
    _container(things, "StatefulSet", "shard-0-web")["ports"][0]["containerPort"] = 80
    return "StatefulSet shard-0-web: port 80 needs a privilege"


def scaled_twice(things):
    things.append({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                   "metadata": {"name": "jvb", "namespace": "jitsi"},
                   "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "shard-0-jvb"}}})
    return "StatefulSet shard-0-jvb: replicas would undo what HorizontalPodAutoscaler jvb does"


def scaled_nothing(things):
    things.append({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                   "metadata": {"name": "jvb", "namespace": "jitsi"},
                   "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "jvb"}}})
    return "HorizontalPodAutoscaler jvb: there is no StatefulSet jvb"


MISTAKES = [out_of_range, colliding, other_base, twice, no_such_pod, no_such_bridge, no_such_port, own_pods,
            unguarded, no_secret, no_key, empty_key, weak, no_config, undefined, floating, unnamed_version,
            privileged_port, scaled_twice, scaled_nothing]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_mistake_is_found(lint, good, mistake):
    things = copy.deepcopy(good)
    expected = mistake(things)
    found = lint.check(things)
    assert any(line.startswith(expected) for line in found), found


@pytest.mark.parametrize("where, value", [
    ("pod.hostNetwork", True), ("pod.hostPID", True), ("pod.securityContext.runAsNonRoot", False),
    ("pod.securityContext.runAsUser", 0), ("pod.securityContext.seccompProfile", {"type": "Unconfined"}),
    ("container.securityContext.privileged", True),
    ("container.securityContext.allowPrivilegeEscalation", True),
    ("container.securityContext.capabilities", {"drop": ["NET_RAW"]}),
    ("container.securityContext.capabilities", {"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    ("container.livenessProbe.httpGet.host", "127.0.0.1"),
    ("pod.volumes", [{"name": "run", "hostPath": {"path": "/run"}}]),
    ("container.ports", [{"containerPort": 8080, "hostPort": 8080}])])
def test_pods_are_restricted(lint, good, where, value):
    thing = copy.deepcopy(rendering.named(good, "StatefulSet", "router"))
    assert lint.restricted(thing) == []
    place = {"pod": thing["spec"]["template"]["spec"]}
    place["container"] = place["pod"]["containers"][0]
    *path, last = where.split(".")
    for step in path:
        place = place[step]
    place[last] = value
    assert len(lint.restricted(thing)) == 1


def test_command_line(tree, good):
    tool = rendering.K8S / "tools" / "check.py"

    def run(things):
        return subprocess.run(["/usr/bin/python3", tool], input=yaml.safe_dump_all(things), text=True,
                              capture_output=True, timeout=60)
    fine = run(good)
    assert fine.returncode == 0 and fine.stdout == f"{len(good)} objects, no mistake found\n"
    broken = copy.deepcopy(good)
    expected = colliding(broken)
    bad = run(broken)
    assert bad.returncode == 1 and bad.stderr.startswith(expected) and not bad.stdout
    assert run([]).returncode == 1
