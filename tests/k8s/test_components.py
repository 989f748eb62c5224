# SPDX-License-Identifier: Apache-2.0
"""What single components change, beyond being valid."""
import made
import pytest
import rendering

ENFORCE = "pod-security.kubernetes.io/enforce"


def _pod(things, kind, name):
    return rendering.named(things, kind, name)["spec"]["template"]["spec"]


def _media(things):
    return [thing for thing in things
            if thing["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "jvb-media"]


def _env(container):
    return {item["name"]: item.get("value") for item in container["env"]}


@pytest.mark.parametrize("component, level, services", [
    ("", "restricted", "NodePort"), ("jvb-loadbalancer", "restricted", "LoadBalancer"),
    ("jvb-hostport", "privileged", None), ("jvb-hostnetwork", "privileged", None),
    ("jvb-metacontroller", "restricted", None)])
def test_one_way_to_the_bridges(tree, lint, component, level, services):
    things = tree.render(made.overlay(tree, [component] if component else []))
    assert {thing["spec"]["type"] for thing in _media(things)} == ({services} if services else set())
    assert rendering.named(things, "Namespace", "jitsi")["metadata"]["labels"][ENFORCE] == level
    strange = {thing["metadata"]["name"] for thing in things
               if thing["kind"] in lint.WORKLOADS and lint.restricted(thing)}
    assert strange == ({"shard-0-jvb", "shard-1-jvb"} if level == "privileged" else set())


@pytest.mark.parametrize("component", ["jvb-hostport", "jvb-hostnetwork"])
def test_bridges_on_their_nodes(tree, component):
    pod = _pod(tree.render(made.overlay(tree, [component])), "StatefulSet", "shard-1-jvb")
    ports = {port["name"]: port for port in pod["containers"][0]["ports"]}
    assert ports["media"]["containerPort"] == 10000 and _env(pod["containers"][0])["JVB_PORT"] == "10000"
    assert pod.get("hostNetwork", False) == (component == "jvb-hostnetwork")


def test_rest_port_of_bridges_is_not_on_the_node(tree):
    """It can shut a bridge down, and NetworkPolicies don't hold there."""
    things = tree.render(made.overlay(tree, ["jvb-hostnetwork"]))
    config = rendering.named(things, "ConfigMap", "jvb-config")["data"]
    assert "private.host = 127.0.0.1" in config["network.conf"]
    assert 'include "network.conf"' in config["custom-jvb.conf"]


def test_scaling_has_the_last_word_on_replicas(tree, lint):
    for scaling in ("hpa-keda", "hpa-adapter", "hpa-network", "hpa-cpu"):
        things = tree.render(made.overlay(tree, [], scaling))
        scalers = lint.of_kind(things, "HorizontalPodAutoscaler", "ScaledObject")
        assert sorted(thing["spec"]["scaleTargetRef"]["name"] for thing in scalers) == [
            "shard-0-jvb", "shard-1-jvb"]
        assert not any("replicas" in rendering.named(things, "StatefulSet", f"shard-{n}-jvb")["spec"]
                       for n in range(2))


def test_keda_asks_for_its_own_shard(tree):
    things = tree.render(made.overlay(tree, [], "hpa-keda"))
    for shard in range(2):
        scaler = rendering.named(things, "ScaledObject", f"shard-{shard}-jvb")
        query = scaler["spec"]["triggers"][0]["metadata"]["query"]
        assert f'shard="shard-{shard}"' in query and 'namespace="jitsi"' in query


def test_authentication_and_turn(tree):
    things = tree.render(made.overlay(tree, ["auth-jwt", "turn"]))
    env = rendering.named(things, "ConfigMap", "jitsi-env")["data"]
    assert (env["ENABLE_AUTH"], env["AUTH_TYPE"], env["TURN_HOST"]) == ("1", "jwt", "turn.example.com")
    names = [item["name"] for item in _pod(things, "StatefulSet", "shard-0-prosody")["containers"][0]["env"]]
    assert {"JWT_APP_SECRET", "TURN_CREDENTIALS"} <= set(names)
    plain = rendering.named(tree.render("overlays/production"), "ConfigMap", "jitsi-env")["data"]
    assert not {"ENABLE_AUTH", "TURN_HOST"} & plain.keys()


def test_secrets_go_to_those_who_need_them(tree):
    """Bridges and jicofo have a password each, web none; all of it only prosody."""
    things = tree.render("overlays/production")
    for kind, name, keys in (("StatefulSet", "shard-0-web", set()),
                             ("StatefulSet", "shard-0-jvb", {"JVB_AUTH_PASSWORD"}),
                             ("Deployment", "shard-0-jicofo", {"JICOFO_AUTH_PASSWORD"})):
        container = _pod(things, kind, name)["containers"][0]
        assert not any("secretRef" in source for source in container["envFrom"])
        assert {item["name"] for item in container["env"]
                if "secretKeyRef" in item.get("valueFrom", {})} == keys


def test_any_setting_of_the_images_passes_through(tree):
    """By the name it has in docker-jitsi-meet's .env, to all containers of all shards."""
    folder = made.overlay(tree, [], shards=3)
    path = tree.path / folder / "jitsi.env"
    path.write_text(path.read_text() + "ENABLE_LOBBY=0\nRESOLUTION=480\n")
    tree.rendered.pop(folder, None)
    things = tree.render(folder)
    env = rendering.named(things, "ConfigMap", "jitsi-env")["data"]
    assert (env["ENABLE_LOBBY"], env["RESOLUTION"], env["DISABLE_HTTPS"]) == ("0", "480", "1")
    for thing in things:
        if thing["kind"] in ("StatefulSet", "Deployment") and "shard" in thing["metadata"]["labels"]:
            sources = thing["spec"]["template"]["spec"]["containers"][0]["envFrom"]
            assert {"configMapRef": {"name": "jitsi-env"}} in sources


def test_shards_are_told_their_name(tree):
    """Clients compare the three names: of the page, of prosody and of the router."""
    things = tree.render("overlays/production")
    web = _pod(things, "StatefulSet", "shard-1-web")["containers"][0]
    prosody = _pod(things, "StatefulSet", "shard-1-prosody")["containers"][0]
    for container in (web, prosody):
        shard = next(item for item in container["env"] if item["name"] == "SHARD")
        assert shard["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['shard']"
    assert _env(web)["DEPLOYMENTINFO_SHARD"] == "$(SHARD)"
    assert _env(prosody)["XMPP_CONFIGURATION"].startswith('shard_name="$(SHARD)"')
    labels = rendering.named(things, "StatefulSet", "shard-1-web")["spec"]["template"]["metadata"]["labels"]
    assert labels["shard"] == "shard-1"


def test_shard_in_a_zone(tree):
    things = tree.render("overlays/gcp-us-west1")
    for shard, zone in (("shard-0", "us-west1-a"), ("shard-1", "us-west1-b")):
        for kind, part in (("StatefulSet", "web"), ("StatefulSet", "prosody"), ("Deployment", "jicofo"),
                           ("StatefulSet", "jvb")):
            selector = _pod(things, kind, f"{shard}-{part}")["nodeSelector"]
            assert selector == {"topology.kubernetes.io/zone": zone}


def test_one_prosody_and_one_jicofo(tree):
    """Never two at a time, not in an update either."""
    things = tree.render("overlays/production")
    assert rendering.named(things, "StatefulSet", "shard-0-prosody")["spec"]["replicas"] == 1
    jicofo = rendering.named(things, "Deployment", "shard-0-jicofo")["spec"]
    assert (jicofo["replicas"], jicofo["strategy"]) == (1, {"type": "Recreate"})


def test_split_clusters(tree):
    control, data = tree.render("overlays/split/control"), tree.render("overlays/split/data")

    def workloads(things):
        return {thing["metadata"]["name"] for thing in things
                if thing["kind"] in ("StatefulSet", "Deployment")}
    assert workloads(data) == {"shard-0-jvb", "shard-1-jvb"}
    assert workloads(control) == {"router", *(f"shard-{n}-{part}" for n in range(2)
                                              for part in ("web", "prosody", "jicofo"))}
    jvb = _pod(data, "StatefulSet", "shard-1-jvb")["containers"][0]
    assert _env(jvb)["XMPP_SERVER"] == "$(SHARD).$(XMPP_SERVERS_DOMAIN)"
    service = rendering.named(control, "Service", "shard-1-xmpp")["spec"]
    assert service["type"] == "LoadBalancer" and service["selector"]["shard"] == "shard-1"


def test_edge_waits_for_websockets(tree):
    ingress = rendering.named(tree.render("overlays/production"), "Ingress", "router")
    notes = ingress["metadata"]["annotations"]
    assert all(int(notes[f"nginx.ingress.kubernetes.io/proxy-{side}-timeout"]) >= 3600
               for side in ("read", "send"))
    assert not any("snippet" in key or "affinity" in key for key in notes)
    route = rendering.named(tree.render("overlays/gcp-us-west1"), "HTTPRoute", "router")
    assert route["spec"]["rules"][0]["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    policy = rendering.named(tree.render("overlays/gcp-us-west1"), "GCPBackendPolicy", "router")
    assert policy["spec"]["default"]["timeoutSec"] >= 3600


def test_certificates_can_be_made(tree):
    """In spite of default-deny: the solver's pods, which cert-manager makes, are reached."""
    policy = rendering.named(tree.render("overlays/production"), "NetworkPolicy", "acme-solver")["spec"]
    assert policy["podSelector"]["matchLabels"] == {"acme.cert-manager.io/http01-solver": "true"}
    certificate = rendering.named(tree.render("overlays/production"), "Certificate", "meet")["spec"]
    ingress = rendering.named(tree.render("overlays/production"), "Ingress", "router")["spec"]
    assert certificate["secretName"] == ingress["tls"][0]["secretName"]
    assert certificate["dnsNames"] == ingress["tls"][0]["hosts"]


def test_change_of_the_environment_restarts_nothing(tree):
    """Names of ConfigMaps and Secrets stay, so shards are restarted one by one, after their drain."""
    for thing in tree.render("overlays/production"):
        if thing["kind"] in ("ConfigMap", "Secret"):
            assert thing["metadata"]["name"] in ("jitsi-env", "web-config", "jvb-config", "router-config",
                                                 "jitsi-secrets", "router-gossip")
