# SPDX-License-Identifier: Apache-2.0
"""Who may talk to whom: the NetworkPolicies evaluated, pod by pod and port by port, against a table."""
import ipaddress

import made
import pytest
import rendering

OUTSIDE = {"monitoring": {"kubernetes.io/metadata.name": "monitoring"},
           "ingress-nginx": {"kubernetes.io/metadata.name": "ingress-nginx"},
           "elsewhere": {"kubernetes.io/metadata.name": "elsewhere"}}
INTERNET = "198.51.100.1"
PORTS = {"router": [8080, 9090, 7946], "web": [8000], "prosody": [5222, 5280], "jicofo": [8888],
         "jvb": [8080, (30300, "UDP")]}
FLOWS = {
    "router": {("router", 7946), ("web", 8000), ("prosody", 5280), ("jicofo", 8888)},
    "web": {("prosody", 5280)},
    "prosody": set(),
    "jicofo": {("prosody", 5222)},
    "jvb": {("prosody", 5222), ("jvb", (30300, "UDP"))},
    "monitoring": {("router", 9090), ("prosody", 5280), ("jicofo", 8888), ("jvb", 8080),
                   ("jvb", (30300, "UDP"))},
    "elsewhere": {("jvb", (30300, "UDP"))},
    INTERNET: {("jvb", (30300, "UDP"))},
}


class Network:
    def __init__(self, lint, things):
        self.matches = lint.matches
        self.policies = [thing["spec"] for thing in things if thing["kind"] == "NetworkPolicy"]
        self.pods = {}
        for thing in things:
            if thing["kind"] in ("StatefulSet", "Deployment"):
                pod = thing["spec"]["template"]
                component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
                self.pods.setdefault(component, pod)

    def _labels(self, end):
        return self.pods[end]["metadata"]["labels"] if end in self.pods else None

    def _names(self, end, number):
        """A port of a pod has a name, too, which policies may use."""
        ports = self.pods[end]["spec"]["containers"][0]["ports"] if end in self.pods else []
        return [number, *(port["name"] for port in ports if port["containerPort"] == number)]

    def _is(self, peer, end):
        if "ipBlock" in peer:  # pods have addresses of a private network
            address = INTERNET if end == INTERNET else "100.64.0.1"
            block = ipaddress.ip_network(peer["ipBlock"]["cidr"])
            return ipaddress.ip_address(address) in block
        labels = self._labels(end)
        inside = labels is not None
        if "namespaceSelector" in peer:
            there = {"kubernetes.io/metadata.name": "jitsi"} if inside else OUTSIDE.get(end)
            if there is None or not self.matches(peer["namespaceSelector"], there):
                return False
            return "podSelector" not in peer or inside and self.matches(peer["podSelector"], labels)
        return inside and self.matches(peer["podSelector"], labels)

    def _opens(self, rule, side, end, to, port):
        number, protocol = port if isinstance(port, tuple) else (port, "TCP")
        peers = rule.get(side)
        if peers is not None and not any(self._is(peer, end) for peer in peers):
            return False
        for item in rule.get("ports", []):
            if item.get("protocol", "TCP") != protocol:
                continue
            last = item.get("endPort", item["port"])
            if item["port"] in self._names(to, number) or (
                    isinstance(last, int) and item["port"] <= number <= last):
                return True
        return "ports" not in rule

    def allows(self, start, to, port):
        for end, other, direction, side in ((start, to, "Egress", "to"), (to, start, "Ingress", "from")):
            labels = self._labels(end)
            if labels is None:
                continue
            rules = [rule for policy in self.policies if direction in policy["policyTypes"]
                     and self.matches(policy["podSelector"], labels)
                     for rule in policy.get(direction.lower(), [])]
            if not any(self._opens(rule, side, other, to, port) for rule in rules):
                return False
        return True

    def flows(self, start):
        return {(to, port) for to, ports in PORTS.items() if to in self.pods for port in ports
                if self.allows(start, to, port)}


@pytest.mark.parametrize("start", FLOWS, ids=str)
def test_flows(tree, lint, start):
    network = Network(lint, tree.render(made.overlay(tree, [])))
    assert network.flows(start) == FLOWS[start]


@pytest.mark.parametrize("components, start, more", [
    (["ingress"], "ingress-nginx", {("router", 8080)}),
    (["ingress"], "elsewhere", set()),
    (["loadbalancer"], INTERNET, {("router", 8080)}),
    (["drain-hooks"], "prosody", {("router", 9090)}),
    (["legacy-colibri-ws"], "router", {("web", 80), ("jvb", 9090)})])
def test_components_open_what_they_need(tree, lint, components, start, more):
    network = Network(lint, tree.render(made.overlay(tree, components)))
    ports = {**PORTS, "web": [8000, 80], "jvb": [8080, 9090, (30300, "UDP")]}
    found = {(to, port) for to in ports for port in ports[to] if network.allows(start, to, port)}
    assert found - {("web", 8000)} == (FLOWS.get(start, FLOWS["elsewhere"]) | more) - {("web", 8000)}


def test_every_pod_is_denied_by_default(tree):
    policy = rendering.named(tree.render("overlays/production"), "NetworkPolicy", "default-deny")["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
