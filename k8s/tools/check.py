#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Finds in rendered manifests what the API server would refuse, or would accept and then not work:

    kubectl kustomize k8s/overlays/production | k8s/tools/check.py

A line for each mistake, and exit status 1 if there is one. Schemas are not its business (use kubectl
apply --dry-run=server). Needs Debian's python3-yaml."""
import base64
import collections
import re
import sys

import yaml

NODE_PORTS = range(30000, 32768)
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
CAPABILITIES = ("NET_BIND_SERVICE",)
PRIVILEGED = "pod-security.kubernetes.io/enforce"


def name(thing):
    return f"{thing['kind']} {thing['metadata']['name']}"


def of_kind(things, *kinds):
    return [thing for thing in things if thing["kind"] in kinds]


def by_name(things, kind):
    return {thing["metadata"]["name"]: thing for thing in of_kind(things, kind)}


def pod_of(thing):
    return thing["spec"]["template"]["spec"]


def containers(thing):
    pod = pod_of(thing)
    return pod.get("initContainers", []) + pod["containers"]


def matches(selector, labels):
    """A label selector; None selects nothing, {} everything."""
    if selector is None:
        return False
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        here = labels.get(rule["key"]) in rule.get("values", [])
        if rule["operator"] == "In" and not here or rule["operator"] == "NotIn" and here:
            return False
    return True


def pod_labels(thing):
    return thing["spec"]["template"]["metadata"].get("labels", {})


def names_once(things):
    """The same object twice: the later one would win."""
    keys = collections.Counter((thing["apiVersion"].split("/")[0], thing["metadata"].get("namespace"),
                                name(thing)) for thing in things)
    return [f"{key[2]}: {count} times" for key, count in keys.items() if count > 1]


def node_ports(things):
    """In range, and one Service each."""
    problems, taken = [], {}
    for service in of_kind(things, "Service"):
        for port in service["spec"].get("ports", []):
            number = port.get("nodePort")
            if number is None:
                continue
            if number not in NODE_PORTS:
                problems.append(f"{name(service)}: nodePort {number} is outside {NODE_PORTS[0]} to "
                                f"{NODE_PORTS[-1]}; the API server refuses it")
            key = (number, port.get("protocol", "TCP"))
            if key in taken:
                problems.append(f"{name(service)}: nodePort {number} is that of {taken[key]} as well; "
                                "give this shard another number")
            taken.setdefault(key, name(service))
    return problems


def media_ports(things):
    """What a Service of a bridge forwards to is where that bridge listens."""
    problems = []
    base = int(by_name(things, "ConfigMap").get("jitsi-env", {}).get("data", {})
               .get("JVB_BASE_PORT", 30300))
    for service in of_kind(things, "Service"):
        pod = (service["spec"].get("selector") or {}).get("statefulset.kubernetes.io/pod-name", "")
        match = re.fullmatch(r"shard-(\d+)-jvb-(\d+)", pod)
        if not match:
            continue
        wanted = base + 100 * int(match[1]) + int(match[2])
        for port in service["spec"]["ports"]:
            if {port["port"], port["targetPort"], port.get("nodePort", wanted)} != {wanted}:
                problems.append(f"{name(service)}: {pod} listens on and advertises {wanted}, not "
                                f"{port['targetPort']}; is JVB_BASE_PORT that of tools/per_shard.py?")
    return problems


def selectors(things):
    """Workloads select their own pods; Services and policies select somebody's."""
    problems, workloads = [], of_kind(things, *WORKLOADS)
    pods = [pod_labels(thing) for thing in workloads]
    for thing in workloads:
        own = thing["spec"].get("selector")
        if own is not None and not matches(own, pod_labels(thing)):
            problems.append(f"{name(thing)}: its selector does not match its pods")
    for service in of_kind(things, "Service"):
        wanted = dict(service["spec"].get("selector") or {})
        pod = wanted.pop("statefulset.kubernetes.io/pod-name", None)
        there = [thing for thing in workloads if matches({"matchLabels": wanted}, pod_labels(thing))]
        if pod:
            there = [t for t in there if re.fullmatch(re.escape(t["metadata"]["name"]) + r"-\d+", pod)]
        if wanted or pod:
            problems += [] if there else [f"{name(service)}: selects no pod"]
            problems += service_ports(service, there)
    for thing in of_kind(things, "PodDisruptionBudget"):
        if not any(matches(thing["spec"]["selector"], labels) for labels in pods):
            problems.append(f"{name(thing)}: selects no pod")
    return problems


def service_ports(service, workloads):
    """A named target port is one of the pods' ports."""
    return [f"{name(service)}: {name(thing)} has no port named {port['targetPort']}"
            for port in service["spec"].get("ports", []) for thing in workloads
            if isinstance(port.get("targetPort"), str)
            and port["targetPort"] not in [found.get("name") for container in containers(thing)
                                           for found in container.get("ports", [])]]


def scale_targets(things):
    problems = []
    for thing in of_kind(things, "HorizontalPodAutoscaler", "ScaledObject"):
        target = thing["spec"]["scaleTargetRef"]
        found = by_name(things, target["kind"]).get(target["name"])
        if found is None:
            problems.append(f"{name(thing)}: there is no {target['kind']} {target['name']}")
        elif "replicas" in found["spec"]:
            problems.append(f"{name(found)}: replicas would undo what {name(thing)} does")
    return problems


def references(things):
    """ConfigMaps, Secrets and their keys that pods cannot start without."""
    stores = {"configMap": by_name(things, "ConfigMap"), "secret": by_name(things, "Secret")}
    promised = {thing["spec"]["target"]["name"]: {item["secretKey"] for item in thing["spec"]["data"]}
                for thing in of_kind(things, "ExternalSecret")}
    problems = []

    def need(thing, kind, wanted, keys=()):
        if kind == "secret" and wanted in promised:
            there = dict.fromkeys(promised[wanted], "?")
        elif wanted in stores[kind]:
            store = stores[kind][wanted]
            there = {**store.get("data", {}), **store.get("stringData", {})}
        else:
            problems.append(f"{name(thing)}: there is no {kind} {wanted}")
            return
        for key in keys:
            if not there.get(key):
                problems.append(f"{name(thing)}: the {kind} {wanted} has no {key}, or an empty one")

    for thing in of_kind(things, *WORKLOADS):
        for kind, wanted, keys in wanted_by(thing):
            need(thing, kind, wanted, keys)
    return problems


def wanted_by(thing):
    """(configMap or secret, name, keys) of everything that is not optional."""
    for container in containers(thing):
        for source in container.get("envFrom", []):
            for kind in ("configMap", "secret"):
                ref = source.get(kind + "Ref")
                if ref and not ref.get("optional"):
                    yield kind, ref["name"], ()
        for item in container.get("env", []):
            for kind in ("configMap", "secret"):
                ref = item.get("valueFrom", {}).get(kind + "KeyRef")
                if ref and not ref.get("optional"):
                    yield kind, ref["name"], (ref["key"],)
    for volume in pod_of(thing).get("volumes", []):
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for kind, key in (("configMap", "name"), ("secret", "secretName")):
                ref = source.get(kind)
                if ref and not ref.get("optional"):
                    keys = [item["key"] for item in ref.get("items", [])]
                    yield kind, ref.get(key) or ref["name"], keys


def variables(things):
    """Every $(NAME) in a container is defined before it is used."""
    problems, configs = [], by_name(things, "ConfigMap")
    for thing in of_kind(things, *WORKLOADS):
        for container in containers(thing):
            known = set()
            for source in container.get("envFrom", []):
                known |= set(configs.get(source.get("configMapRef", {}).get("name"), {}).get("data", {}))
            for item in container.get("env", []):
                problems += [f"{name(thing)}: {item['name']} uses $({used}), which is not defined before it"
                             for used in re.findall(r"(?<!\$)\$\(([A-Za-z_]\w*)\)", item.get("value", ""))
                             if used not in known]
                known.add(item["name"])
            for text in container.get("command", []) + container.get("args", []):
                problems += [f"{name(thing)}: its command uses $({used}), which is not defined"
                             for used in re.findall(r"(?<!\$)\$\(([A-Za-z_]\w*)\)", text)
                             if used not in known]
    return problems


def images(things):
    return [f"{name(thing)}: image {container['image']} has no version"
            for thing in of_kind(things, *WORKLOADS) for container in containers(thing)
            if not re.search(r"@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$", container["image"])]


def low_ports(things):
    return [f"{name(thing)}: port {port['containerPort']} needs a privilege"
            for thing in of_kind(things, *WORKLOADS) for container in containers(thing)
            for port in container.get("ports", []) if port["containerPort"] < 1024]


def restricted(thing):
    """What the restricted Pod Security Standard has against the pods of a workload."""
    pod, problems = pod_of(thing), []
    outer = pod.get("securityContext", {})
    problems += [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    problems += [f"volume {volume['name']}" for volume in pod.get("volumes", [])
                 if not {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "projected",
                         "persistentVolumeClaim", "secret"} & set(volume)]
    for container in containers(thing):
        inner = container.get("securityContext", {})
        both = {**outer, **inner}
        drops = inner.get("capabilities", {})
        found = {
            "privileged": inner.get("privileged"),
            "allowPrivilegeEscalation": inner.get("allowPrivilegeEscalation") is not False,
            "runAsNonRoot": both.get("runAsNonRoot") is not True,
            "runAsUser 0": both.get("runAsUser") == 0,
            "seccompProfile": both.get("seccompProfile", {}).get("type")
            not in ("RuntimeDefault", "Localhost"),
            "capabilities": "ALL" not in drops.get("drop", [])
            or set(drops.get("add", [])) - set(CAPABILITIES),
            "hostPort": any(port.get("hostPort") for port in container.get("ports", [])),
            "host of a probe": any(hosts(container))}
        problems += [what for what, wrong in found.items() if wrong]
    return problems


def hosts(container):
    hooks = list(container.get("lifecycle", {}).values())
    probes = [container.get(kind + "Probe", {}) for kind in ("startup", "liveness", "readiness")]
    return [action.get("host") for probe in probes + hooks
            for action in (probe.get("httpGet", {}), probe.get("tcpSocket", {}))]


def pod_security(things):
    """Restricted, unless the namespace says another level."""
    levels = {thing["metadata"]["name"]: thing["metadata"].get("labels", {}).get(PRIVILEGED)
              for thing in of_kind(things, "Namespace")}
    return [f"{name(thing)}: not restricted: {', '.join(found)}" for thing in of_kind(things, *WORKLOADS)
            if levels.get(thing["metadata"].get("namespace"), "restricted") == "restricted"
            and (found := restricted(thing))]


def weak_secrets(things):
    problems = []
    for secret in of_kind(things, "Secret"):
        for key, value in secret.get("data", {}).items():
            if re.search("PASSWORD|SECRET|CREDENTIALS|token|key", key):
                size = len(base64.b64decode(value).strip())
                if size < 16:
                    problems.append(f"{name(secret)}: {key} has {size} characters; 16 or more, please")
    return problems


CHECKS = (names_once, node_ports, media_ports, selectors, scale_targets, references, variables, images,
          low_ports, pod_security, weak_secrets)


def check(things):
    """All mistakes, a line each."""
    return [problem for look in CHECKS for problem in look(things)]


def main():
    things = [thing for thing in yaml.safe_load_all(sys.stdin) if thing]
    if not things:
        print("nothing on standard input", file=sys.stderr)
        return 1
    problems = check(things)
    print("\n".join(problems) or f"{len(things)} objects, no mistake found",
          file=sys.stderr if problems else sys.stdout)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
