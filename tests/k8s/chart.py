# SPDX-License-Identifier: Apache-2.0
"""Rendering the Helm chart, and which of its values are which components of the kustomizations."""
import copy
import shutil
import subprocess

import rendering
import yaml
from harness.router import merged

CHART = rendering.K8S / "helm" / "room-router"
HELM = "helm.sh/helm/v4/cmd/helm@v4.2.4"

SECRETS = {"secrets": {"jitsi": {"existingSecret": "jitsi-secrets"},
                       "gossip": {"existingSecret": "router-gossip"}}}
_FILES = {path.name: path.read_text() for path in (rendering.K8S / "components/custom-files").iterdir()}
_OWN_FILES = {"web": ("custom-config.js", "custom-interface_config.js", "custom-nginx.conf", "plugin.head.html"),
              "prosodyPlugins": ("mod_example.lua",), "jvb": ("extra-jvb.conf",)}
COMPONENTS = {  # as the components' examples have it
    "ingress": {"edge": {"type": "ingress"}},
    "gateway": {"edge": {"type": "gateway"}},
    "loadbalancer": {"edge": {"type": "loadBalancer"}},
    "jvb-loadbalancer": {"jvb": {"expose": "loadBalancer", "addresses": {
        f"shard-{shard}-jvb-{bridge}": f"203.0.113.{10 * shard + bridge}"
        for shard in range(2) for bridge in range(2)}}},
    "jvb-hostport": {"jvb": {"expose": "hostPort"}},
    "jvb-hostnetwork": {"jvb": {"expose": "hostNetwork"}},
    "jvb-metacontroller": {"jvb": {"expose": "metacontroller"}},
    "cert-manager": {"certificate": {"enabled": True, "email": "ops@example.com"}},
    "auth-jwt": {"auth": {"jwt": {"enabled": True}}},
    "turn": {"turn": {"enabled": True, "host": "turn.example.com"}},
    "custom-files": {"customFiles": {part: {name: _FILES[name] for name in names}
                                     for part, names in _OWN_FILES.items()}},
    "drain-hooks": {"drainHooks": True, "secrets": {"adminToken": {"existingSecret": "router-admin-token"}}},
    "zone-spread": {"zoneSpread": True},
    "load-test": {"loadTest": True},
    "legacy-colibri-ws": {"legacyColibriWs": True},
    "external-secrets": {"secrets": {"external": {"enabled": True}}},
    "dual-stack": {"dualStack": True},
    "hpa-keda": {"autoscaling": {"by": "keda"}},
    "hpa-adapter": {"autoscaling": {"by": "adapter"}},
    "hpa-network": {"autoscaling": {"by": "network"}},
    "hpa-cpu": {"autoscaling": {"by": "cpu"}},
}
OF_HELM = ("helm.sh/chart", "app.kubernetes.io/instance", "app.kubernetes.io/managed-by",
           "app.kubernetes.io/version")


def available():
    return shutil.which("helm") or any((rendering.CACHE).glob(f"helm-{HELM.rpartition('@')[2]}/helm"))


def values_of(components, *more):
    result = SECRETS
    for change in [*(COMPONENTS[name] for name in components if name), *more]:
        result = merged(result, change)
    return result


class Helm:
    def __init__(self, directory):
        self.path = shutil.which("helm") or rendering.go_tool("helm", HELM)
        self.directory, self.number = directory, 0

    def run(self, *words):
        return subprocess.run([self.path, *map(str, words)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)

    def values(self, values):
        self.number += 1
        path = self.directory / f"values-{self.number}.yaml"
        path.write_text(yaml.safe_dump(values))
        return path

    def template(self, values, chart=CHART):
        """The finished process."""
        return self.run("template", "meet", chart, "--namespace", "jitsi", "-f", self.values(values))

    def render(self, values, chart=CHART):
        """The objects, hooks included."""
        done = self.template(values, chart)
        assert done.returncode == 0, done.stderr
        return [thing for thing in yaml.safe_load_all(done.stdout) if thing]

    def refusal(self, values):
        """The message of a chart that is not rendered."""
        done = self.template(values)
        assert done.returncode != 0, "was rendered"
        return done.stderr


def hook(thing):
    return "helm.sh/hook" in thing["metadata"].get("annotations", {})


def comparable(things):
    """Name → object: without Helm's labels and hooks, and what a chart leaves to others, the namespace and
    its Secrets. YAML in ConfigMaps counts as YAML."""
    found = {}
    for thing in copy.deepcopy(things):
        if thing["kind"] in ("Namespace", "Secret") or hook(thing):
            continue
        labels = thing["metadata"].get("labels", {})
        left = {key: value for key, value in labels.items() if key not in OF_HELM}
        thing["metadata"].pop("labels", None)
        if left:
            thing["metadata"]["labels"] = left
        name = f"{thing['kind']} {thing['metadata']['name']}"
        assert name not in found, f"{name} is there twice"
        found[name] = thing
    return found
