# SPDX-License-Identifier: Apache-2.0
"""Every rendered configuration is one that room-router accepts, and its names are those of Services."""
import os
import re

import fake_cluster
import made
import pytest
import rendering


@pytest.fixture
def files(tmp_path):
    """What the configurations refer to, in a place that can be written to."""
    key, token = tmp_path / "gossip.key", tmp_path / "token"
    for path in (key, token):
        path.write_text("6b" * 32 + "\n")
        path.chmod(0o600)
    return {"peers": {"tls": {"psk_file": str(key)}}}, {"admin": {"token_file": str(token)}}


def _distinct(tree, deep):
    """(folder, objects) of each different configuration among all overlays and combinations."""
    folders = [f"overlays/{name}" for name in rendering.OVERLAYS if name != "split/data"]
    folders += [made.overlay(tree, components, scaling) for components, scaling in made.rows(deep)]
    seen = {}
    for folder in folders:
        things = tree.render(folder)
        data = rendering.named(things, "ConfigMap", "router-config")["data"]
        env = fake_cluster.environment(things, "router-0")
        seen.setdefault((repr(sorted(data.items())), repr(sorted(env.items()))), (folder, things))
    return list(seen.values())


def test_check_accepts_all(request, tree, router_binary, tmp_path, files):
    key, token = files
    found = _distinct(tree, request.config.getoption("--deep"))
    assert len(found) >= 4  # plain, with a token, with bridges or [::], with a region
    for number, (folder, things) in enumerate(found):
        over = key | (token if "60-token.yaml" in rendering.named(
            things, "ConfigMap", "router-config")["data"] else {})
        place = fake_cluster.write_configuration(things, tmp_path / str(number), over)
        env = fake_cluster.environment(things, "router-0")
        done = fake_cluster.check(router_binary, place, env)
        assert done.returncode == 0 and done.stderr == f"{place}: valid\n", f"{folder}: {done.stderr}"


def test_check_says_what_is_missing(tree, router_binary, tmp_path):
    """Without the Secret and the pod's environment, by file, line and name."""
    things = tree.render("overlays/production")
    place = fake_cluster.write_configuration(things, tmp_path / "config")
    done = fake_cluster.check(router_binary, place, {"PATH": os.environ["PATH"]})
    assert done.returncode == 1
    assert re.search(r"10-room-router.yaml:\d+:\d+: peers.tls.psk_file: .*gossip.key", done.stderr)
    assert re.search(r"10-room-router.yaml:\d+:\d+: node.name: .*POD_NAME", done.stderr)


def test_files_are_mounted_where_the_configuration_says(tree):
    things = tree.render(made.overlay(tree, ["drain-hooks"]))
    text = "\n".join(rendering.named(things, "ConfigMap", "router-config")["data"].values())
    pod = rendering.named(things, "StatefulSet", "router")["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounted = {}
    for mount in pod["containers"][0]["volumeMounts"]:
        secret = volumes[mount["name"]].get("secret")
        if secret:
            data = rendering.named(things, "Secret", secret["secretName"])["data"]
            mounted |= {f"{mount['mountPath']}/{key}": secret for key in data}
    named = re.findall(r"(?:psk_file|token_file): ([^\s}]+)", text)
    assert len(named) == 2 and set(named) == set(mounted)
    # Not for others: the router says so of files that everybody may read.
    assert all(secret["defaultMode"] == 0o440 for secret in mounted.values())


def test_srv_names_are_services(tree):
    things = tree.render(made.overlay(tree, ["legacy-colibri-ws"]))
    env = fake_cluster.environment(things, "router-0")
    text = "\n".join(rendering.named(things, "ConfigMap", "router-config")["data"].values())
    names = re.findall(r'"(_[^"]+)"', text)
    assert len(names) == 3
    for name in names:
        name = re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", lambda m: env.get(m[1]) or m[2], name)
        port, protocol, service, namespace = re.fullmatch(
            r"_([^.]+)\._([^.]+)\.([^.]+)\.([^.]+)\.svc\.cluster\.local", name).groups()
        found = rendering.named(things, "Service", service)
        assert found["metadata"]["namespace"] == namespace == "jitsi"
        assert found["spec"]["clusterIP"] == "None" and found["spec"]["publishNotReadyAddresses"]
        assert (port, protocol.upper()) in [(item["name"], item.get("protocol", "TCP"))
                                            for item in found["spec"]["ports"]]


@pytest.mark.parametrize("component, port", [("prosody", 5280), ("jicofo", 8888)])
def test_checked_addresses_are_services(tree, component, port):
    things = tree.render("overlays/production")
    text = rendering.named(things, "ConfigMap", "router-config")["data"]["10-room-router.yaml"]
    assert f"http://{{shard}}-{component}.{{namespace}}.svc." in text
    for shard in ("shard-0", "shard-1"):
        service = rendering.named(things, "Service", f"{shard}-{component}")
        assert port in [item["port"] for item in service["spec"]["ports"]]


def test_drain_fits_into_the_grace(tree):
    """SIGTERM drains: drain.accept_for and drain.max are over before the kubelet kills."""
    pod = rendering.named(tree.render("overlays/production"), "StatefulSet", "router")
    assert pod["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 10 + 300 + 10
