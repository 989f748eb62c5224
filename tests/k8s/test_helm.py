# SPDX-License-Identifier: Apache-2.0
"""The chart gives what the kustomizations give, refuses what cannot work, and says why."""
import itertools
import json
import os
import re
import shutil
import subprocess

import chart
import fake_cluster
import made
import pytest
import rendering
import schemas
import yaml
from chart import SECRETS, comparable, values_of
from harness.installed import need
from harness.router import merged

# Building Helm takes minutes: the deep run does, and later plain runs use it.
pytestmark = [] if chart.available() else [pytest.mark.deep]

EXAMPLES = rendering.K8S / "helm" / "examples"
EVERYTHING = {
    "shards": 12, "jvb": {"maxReplicas": 4}, "monitoring": {"by": "operator"},
    "shardOverrides": {"7": {"zone": "b", "tag": "stable-1", "web": {"replicas": 3}, "jvb": {"replicas": 4, "tolerations": [
        {"key": "media", "operator": "Exists"}]}}},
    "images": {"jitsi": {"names": {"jvb": "registry.example.com/jvb:own-1"}},
               "pullSecrets": [{"name": "registry"}]},
    "router": {"podAnnotations": {"a": "b"}, "nodeSelector": {"pool": "edge"}}}


@pytest.fixture(scope="module")
def helm(tmp_path_factory):
    return chart.Helm(tmp_path_factory.mktemp("helm"))


def _differences(one, other, path):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from _differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (mine, its) in enumerate(zip(one, other)):
            yield from _differences(mine, its, f"{path}[{index}]")
    elif one != other:
        yield f"{path}: kustomize {one!r}, helm {other!r}"


def _equal(kustomized, charted):
    found = list(_differences(comparable(kustomized), comparable(charted), ""))
    assert not found, "\n".join(found)


# -- the same as the kustomizations

def _example(name):
    return yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())


@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_overlay(tree, helm, overlay):
    _equal(tree.render(f"overlays/{overlay}"), helm.render(_example(overlay.replace("/", "-"))))


def test_every_example_is_an_overlay():
    assert {path.stem for path in EXAMPLES.iterdir()} == {name.replace("/", "-") for name in rendering.OVERLAYS}


@made.each_row
def test_components(tree, helm, row):
    components, scaling = row
    things = tree.render(made.overlay(tree, components, scaling))
    # The tests' overlays have the environment of the development one.
    own = {"router": {"replicas": 2}, "environment": {
        **_example("development")["environment"], "PUBLIC_URL": "http://localhost:8080"}}
    if "external-secrets" in components:
        own["secrets"] = {"external": {"more": {
            made.KEYS[name]: "jitsi/more" for name in components if name in made.KEYS}}}
    issuer = [thing for thing in things if thing["kind"] == "Issuer"]
    values = values_of([*components, scaling], own)
    if issuer and not {"ingress", "gateway"} & set(components):
        assert "certificate.enabled needs edge.type" in helm.refusal(values)
        components = [name for name in components if name != "cert-manager"]
        things = tree.render(made.overlay(tree, components, scaling))
        values = values_of([*components, scaling], own)
    made_by_helm = helm.render(values)
    if issuer and "gateway" in components:
        things, made_by_helm = ([thing for thing in side if thing["kind"] != "Issuer"]
                                for side in (things, made_by_helm))
    _equal(things, made_by_helm)


def _plain(tree, name, components):
    """The folder of an overlay that has nothing but these."""
    folder = tree.path / "overlays" / name
    shutil.copytree(tree.path / "overlays/production", folder)
    whole = yaml.safe_load((folder / "kustomization.yaml").read_text())
    whole |= {"components": components, "patches": [], "configMapGenerator": [], "images": []}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    return f"overlays/{name}"


def test_defaults(tree, helm):
    _equal(tree.render(_plain(tree, "helm-defaults", [])), helm.render(SECRETS))


def test_beside_haproxy(tree, helm):
    _equal(tree.render(_plain(tree, "helm-haproxy", ["../../migrate"])),
           helm.render(merged(SECRETS, {"haproxy": {"enabled": True}})))


def test_monitoring(tree, helm):
    folder = _plain(tree, "helm-monitoring", [])
    path = tree.path / folder / "kustomization.yaml"
    whole = yaml.safe_load(path.read_text())
    whole["resources"].append("../../monitoring")
    path.write_text(yaml.safe_dump(whole))
    _equal(tree.render(folder), helm.render(merged(SECRETS, {"monitoring": {"by": "operator"}})))


def test_monitoring_by_annotations(tree, helm):
    _equal(tree.render(_plain(tree, "helm-annotations", ["../../monitoring/scrape-annotations"])),
           helm.render(merged(SECRETS, {"monitoring": {"by": "annotations"}})))


# -- values

def test_one_more_shard_changes_nothing_else(helm):
    two, three = (comparable(helm.render(merged(SECRETS, {"shards": shards}))) for shards in (2, 3))
    assert {name: three[name] for name in two} == two
    added = three.keys() - two.keys()
    assert added and all("shard-2" in name for name in added)


def test_rendered_objects_have_no_mistake(helm, lint):
    """What has no kustomization to compare with: many shards, overrides, own files."""
    things = helm.render(merged(SECRETS, EVERYTHING))
    made_before = [{"kind": "Secret", "apiVersion": "v1", "metadata": {"name": name},
                    "stringData": {key: "a" * 24 for key in keys}} for name, keys in {
                        "jitsi-secrets": ["JICOFO_AUTH_PASSWORD", "JVB_AUTH_PASSWORD"],
                        "router-gossip": ["gossip.key"]}.items()]
    namespace = {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "jitsi", "labels": {
        "pod-security.kubernetes.io/enforce": "restricted"}}}
    own = [thing for thing in things if not chart.hook(thing)]
    assert lint.check([namespace, *made_before, *own]) == []
    web, jvb = (rendering.named(own, "StatefulSet", f"shard-7-{name}")["spec"] for name in ("web", "jvb"))
    assert (web["replicas"], jvb["replicas"]) == (3, 4)
    pod = jvb["template"]["spec"]
    assert pod["nodeSelector"] == {"topology.kubernetes.io/zone": "b"}
    assert pod["tolerations"] and pod["imagePullSecrets"] == [{"name": "registry"}]
    assert pod["containers"][0]["image"] == "registry.example.com/jvb:own-1"
    jicofo = rendering.named(own, "Deployment", "shard-7-jicofo")["spec"]["template"]["spec"]
    assert jicofo["containers"][0]["image"] == "ghcr.io/jitsi/jicofo:stable-1"
    other = rendering.named(own, "StatefulSet", "shard-8-jvb")["spec"]
    assert other["replicas"] == 2 and "nodeSelector" not in other["template"]["spec"]
    router = rendering.named(own, "StatefulSet", "router")["spec"]["template"]
    assert router["metadata"]["annotations"] == {"a": "b"}
    assert router["spec"]["nodeSelector"] == {"pool": "edge"}


def test_all_objects_are_valid(helm):
    """Hooks too, which the kustomizations don't have."""
    things = helm.render(merged(SECRETS, EVERYTHING)) + helm.render(_example("gcp-us-west1"))
    assert any(chart.hook(thing) for thing in things)
    assert schemas.mistakes(things) == []


def test_names_of_ones_own(helm):
    values = {"secrets": {"jitsi": {"existingSecret": "mine"}, "gossip": {"existingSecret": "keys"}},
              "publicUrl": "https://jitsi.example.net", "edge": {
                  "type": "ingress", "className": "traefik", "namespace": "traefik", "tlsSecret": "own-tls",
                  "annotations": {"own": "one", "nginx.ingress.kubernetes.io/proxy-connect-timeout": "9"}},
              "certificate": {"enabled": True, "email": "me@example.net"}, "monitoring": {"namespace": "prom"}}
    done = helm.template(values)
    assert done.returncode == 0, done.stderr
    for left in ("meet.example.com", "meet-tls", "jitsi-secrets", "secretName: router-gossip",
                 "ingress-nginx", "metadata.name: monitoring", "ops@example.com"):
        assert left not in done.stdout, left
    things = list(yaml.safe_load_all(done.stdout))
    ingress = rendering.named(things, "Ingress", "router")
    assert ingress["spec"]["ingressClassName"] == "traefik"
    assert ingress["spec"]["rules"][0]["host"] == "jitsi.example.net"
    assert ingress["metadata"]["annotations"]["own"] == "one"
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-connect-timeout"] == "9"
    solver, = rendering.named(things, "Issuer", "letsencrypt")["spec"]["acme"]["solvers"]
    assert solver == {"http01": {"ingress": {"ingressClassName": "traefik"}}}


def test_numbers_in_the_environment_stay_whole(helm):
    things = helm.render(merged(SECRETS, {"environment": {"A": 1000000, "B": 1.5, "C": True, "D": "007"}}))
    data = rendering.named(things, "ConfigMap", "jitsi-env")["data"]
    assert [data[key] for key in "ABCD"] == ["1000000", "1.5", "true", "007"]


# -- the router's configuration

def _configurations():
    yield "plain", {}
    yield "components", values_of(["drain-hooks", "legacy-colibri-ws", "dual-stack"])
    yield "region", _example("gcp-us-west1")
    yield "own", {"router": {"config": {"logging": {"level": "debug"}, "stick_table": {"size": 1000000}}}}


@pytest.mark.parametrize("name, values", _configurations(), ids=[name for name, _ in _configurations()])
def test_check_accepts(helm, router_binary, tmp_path, name, values):
    things = helm.render(merged(SECRETS, values))
    for path in (tmp_path / "gossip.key", tmp_path / "token"):
        path.write_text("6b" * 32 + "\n")
        path.chmod(0o600)
    over = {"peers": {"tls": {"psk_file": str(tmp_path / "gossip.key")}}}
    if "60-token.yaml" in rendering.named(things, "ConfigMap", "router-config")["data"]:
        over["admin"] = {"token_file": str(tmp_path / "token")}
    folder = fake_cluster.write_configuration(things, tmp_path / "config", over)
    done = fake_cluster.check(router_binary, folder, fake_cluster.environment(things, "router-0"))
    assert done.returncode == 0, done.stderr


# -- what is refused

@pytest.mark.parametrize("values, said", [
    ({"shards": 0}, r"at '/shards': minimum: got 0, want 1"),
    ({"shards": "three"}, r"at '/shards': got string, want integer"),
    ({"shrads": 3}, r"additional properties 'shrads' not allowed"),
    ({"router": {"replica": 3}}, r"at '/router': additional properties 'replica' not allowed"),
    ({"shardOverrides": {"one": {}}}, r"at '/shardOverrides'.*'one' not allowed"),
    ({"shardOverrides": {"2": {}}}, r"shardOverrides\.2: there is no shard-2; shards is 2"),
    ({"shardOverrides": {"1": {"jvb": {"replicas": 11}}}}, r"shardOverrides\.1\.jvb\.replicas: 11 is more than"),
    ({"shards": 26}, r"need the ports 30300 to 32809, but NodePorts are 30000 to 32767"),
    ({"jvb": {"basePort": 29999}}, r"need the ports 29999 to 30108, but NodePorts"),
    ({"jvb": {"maxReplicas": 101}}, r"a shard has 100 ports.*collide"),
    ({"jvb": {"replicas": 11}}, r"jvb\.replicas: 11 is more than jvb\.maxReplicas, 10"),
    ({"jvb": {"expose": "nodeport"}}, r"at '/jvb/expose': value must be one of 'nodePort'"),
    ({"autoscaling": {"minReplicas": 11}}, r"autoscaling\.minReplicas: 11 is more than"),
    ({"images": {"router": {"tag": "latest"}}}, r"at '/images/router/tag'"),
    ({"secrets": {"jitsi": {"existingSecret": ""}}}, r"secrets\.jitsi\.existingSecret is not set.*no default"),
    ({"secrets": {"gossip": {"existingSecret": ""}}}, r"secrets\.gossip\.existingSecret is not set"),
    ({"drainHooks": True}, r"secrets\.adminToken\.existingSecret is not set"),
    ({"certificate": {"enabled": True}, "edge": {"type": "ingress"}}, r"certificate\.email is not set"),
    ({"certificate": {"enabled": True, "email": "a@example.com"}}, r"edge\.type ingress or gateway"),
    ({"secrets": {"external": {"enabled": True}}, "auth": {"jwt": {"enabled": True}}},
     r"secrets\.external\.more\.JWT_APP_SECRET is not set"),
    ({"turn": {"enabled": True}}, r"turn\.host is not set"),
    ({"router": {"enabled": False}, "edge": {"type": "ingress"}}, r"edge\.type needs the router"),
    ({"split": {"role": "data"}, "haproxy": {"enabled": True}}, r"haproxy\.enabled needs the router"),
    ({"extraObjects": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "router"}}]},
     r"the chart has a Service/router of its own"),
    ({"publicUrl": "meet.example.com"}, r"at '/publicUrl'"),
    ({"secrets": {"jitsi": {"existingSecret": "a}, x: {"}}}, r"at '/secrets/jitsi/existingSecret'"),
    ({"edge": {"tlsSecret": "a: b"}}, r"at '/edge/tlsSecret'"),
])
def test_refused(helm, values, said):
    message = helm.refusal(merged(SECRETS, values))
    assert re.search(said, message, re.S), message


def test_host_ports_need_no_node_ports(helm):
    helm.render(merged(SECRETS, {"shards": 26, "jvb": {"expose": "hostPort", "maxReplicas": 2}}))


def test_an_unknown_kustomization_is_refused(helm, tmp_path):
    """So no component can come to lack something in the chart without anybody knowing."""
    copy = tmp_path / "k8s"
    subprocess.run(["cp", "-R", rendering.K8S, copy], check=True)
    path = copy / "components/zone-spread/kustomization.yaml"
    path.write_text(path.read_text() + "replacements: []\n")
    done = helm.template(values_of(["zone-spread"]), copy / "helm/room-router")
    assert done.returncode != 0
    assert "components/zone-spread/kustomization.yaml: the chart cannot read replacements" in done.stderr


# -- the chart

@pytest.mark.parametrize("values", [SECRETS, values_of(["ingress", "cert-manager", "drain-hooks", "hpa-keda"])],
                         ids=["defaults", "more"])
def test_lint(helm, values):
    done = helm.run("lint", "--strict", chart.CHART, "-f", helm.values(values))
    assert done.returncode == 0, done.stdout + done.stderr


def test_package_has_what_is_linked(helm, tmp_path):
    done = helm.run("package", chart.CHART, "--destination", tmp_path)
    assert done.returncode == 0, done.stderr
    packed, = tmp_path.glob("room-router-*.tgz")
    values = values_of(["gateway", "dual-stack", "hpa-keda"])
    assert helm.render(values, packed) == helm.render(values)


def test_versions_are_the_routers(router_binary):
    about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    shown = subprocess.run([router_binary, "version"], capture_output=True, text=True, timeout=60).stdout
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
    assert about["appVersion"] == shown.split()[1] == values["images"]["router"]["tag"]


def test_every_component_has_a_value():
    rendered = {name for components, scaling in made.ROWS for name in (*components, scaling)} - {""}
    assert rendered <= chart.COMPONENTS.keys()


def _paths(node, path=()):
    for key, value in node.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from _paths(value, (*path, key))


def test_schema_knows_every_value():
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
    for path in _paths(values):
        node = schema
        for key in path:
            while "$ref" in node:
                node = schema["$defs"][node["$ref"].rpartition("/")[2]]
            assert node.get("additionalProperties") is False, path
            assert key in node["properties"], f"{path} is not in values.schema.json"
            node = node["properties"][key]


def test_values_are_documented():
    done = subprocess.run([rendering.K8S / "helm/document", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_of_helm_is_admitted_and_reaches_the_router(helm, lint):
    hooks = [thing for thing in helm.render(SECRETS) if chart.hook(thing)]
    pod = rendering.named(hooks, "Pod", "rooms-test")
    assert lint.restricted({"kind": "Job", "metadata": pod["metadata"],
                            "spec": {"template": {"metadata": pod["metadata"], "spec": pod["spec"]}}}) == []
    labels = pod["metadata"]["labels"]
    out = rendering.named(hooks, "NetworkPolicy", "rooms-test")["spec"]
    into = rendering.named(hooks, "NetworkPolicy", "router-from-rooms-test")["spec"]
    assert lint.matches(out["podSelector"], labels)
    assert lint.matches(into["ingress"][0]["from"][0]["podSelector"], labels)
    assert not [thing for thing in helm.render(merged(SECRETS, {"split": {"role": "data"}}))
                if chart.hook(thing)]


def _run_of_helm(helm, port):
    """The test pod's script, with a router on loopback."""
    need("curl")
    hooks = [thing for thing in helm.render(SECRETS) if chart.hook(thing)]
    spec = rendering.named(hooks, "Pod", "rooms-test")["spec"]["containers"][0]
    variable, = spec["env"]
    return subprocess.run([*spec["command"], *spec["args"]], capture_output=True, text=True, timeout=120,
                          env={"PATH": os.environ["PATH"], variable["name"]: f"http://127.0.0.1:{port}"})


def test_of_helm_passes_before_a_router(helm, processes):
    router = processes.router(processes.shards(2))
    done = _run_of_helm(helm, router.port)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^helm-test-\w+: shard-[01]$", done.stdout, re.M)) == 6


def test_of_helm_fails_when_rooms_move(helm, processes):
    numbers = itertools.count()

    def answer(connection, request):
        connection.send(b"HTTP/1.1 200 OK\r\nX-Jitsi-Shard: shard-%d\r\nContent-Length: 0\r\n\r\n" % next(numbers))

    server = processes.shard()
    server.handler = answer
    assert _run_of_helm(helm, server.port).returncode != 0


@pytest.mark.parametrize("components, level", [
    ([], "restricted"), (["jvb-hostport"], "privileged"), (["legacy-colibri-ws"], "baseline")])
def test_notes_say_what_is_left_to_do(helm, components, level):
    done = helm.run("install", "meet", chart.CHART, "--namespace", "jitsi", "--dry-run=client",
                    "-f", helm.values(values_of(components)))
    assert done.returncode == 0, done.stderr
    notes = done.stdout.partition("NOTES:")[2]
    assert f"pod-security.kubernetes.io/enforce={level}" in notes
    assert "helm test meet" in notes and "port-forward" in notes


def test_values_named_in_the_text_exist():
    text = (rendering.ROOT / "docs/kubernetes.md").read_text().partition("## With Helm")[2].partition("\n## ")[0]
    text += (chart.CHART / "README.md").read_text()
    values = {".".join(path) for path in _paths(yaml.safe_load((chart.CHART / "values.yaml").read_text()))}
    named = {name for name in re.findall(r"`([a-z]\w+\.[a-z]\w+)`", text)
             if not name.endswith((".yaml", ".env"))}
    assert len(named) > 3 and named <= values
