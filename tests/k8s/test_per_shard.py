# SPDX-License-Identifier: Apache-2.0
"""What has a shard's number in it: written by the tool, and the ports that bridges take themselves."""
import os
import re
import subprocess

import pytest
import rendering
import yaml

TOOL = rendering.K8S / "tools" / "per_shard.py"


def _run(*words, tool=TOOL):
    return subprocess.run(["/usr/bin/python3", tool, *words], capture_output=True, text=True, timeout=60)


def test_committed_files_are_what_the_tool_writes():
    done = _run("--check")
    assert done.returncode == 0, done.stderr


def test_drift_is_found(tree):
    path = tree.path / "components/jvb-nodeport/3/services.yaml"
    kept = path.read_text()
    path.write_text(kept.replace("nodePort: 30604", "nodePort: 30605"))
    done = _run("--check", tool=tree.path / "tools" / "per_shard.py")
    path.write_text(kept)
    assert done.returncode == 1 and "components/jvb-nodeport/3/services.yaml" in done.stderr


def test_ports_follow_the_shard(per_shard):
    assert list(per_shard.ports(0, 3)) == [30300, 30301, 30302]
    assert list(per_shard.ports(1, 1)) == [30400]
    assert list(per_shard.ports(24, 68))[-1] == 32767


@pytest.mark.parametrize("words, said", [
    (["25"], "shard-25 would need the ports 32800 to 32809, outside the API server's 30000 to 32767"),
    (["24", "--bridges", "69"], "shard-24 would need the ports 32700 to 32768"),
    (["0", "--base", "29990"], "shard-0 would need the ports 29990 to 29999"),
    (["0", "--bridges", "101"], "more would take the ports of shard-1"),
    (["0", "--bridges", "0"], "a shard has 100 ports, so 1 to 100 bridges")])
def test_impossible_ports_are_refused(tree, words, said):
    done = _run(*words, tool=tree.path / "tools" / "per_shard.py")
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr


def test_further_shard(tree, lint):
    """A number that is not committed, and more bridges than the default."""
    tool = tree.path / "tools" / "per_shard.py"
    assert _run("12", "--bridges", "24", tool=tool).returncode == 0
    things = tree.render("components/jvb-nodeport/12")
    ports = sorted(thing["spec"]["ports"][0]["nodePort"] for thing in things)
    assert ports == list(range(31500, 31524)) and lint.node_ports(things) == []


def test_all_ports_of_all_shards_differ(lint):
    things = [thing for path in sorted((rendering.K8S / "components/jvb-nodeport").glob("*/services.yaml"))
              for thing in yaml.safe_load_all(path.read_text())]
    for thing in things:  # names get the shard's prefix in an overlay
        pod = thing["spec"]["selector"]["statefulset.kubernetes.io/pod-name"]
        thing["metadata"]["name"] = pod
    assert len(things) == 100 and lint.node_ports(things) == lint.media_ports(things) == []


def _entry(tree, tmp_path, pod, **env):
    """What the bridge's own start makes of a pod's name: its JVB_PORT and JVB_ADVERTISE_IPS."""
    things = tree.render("overlays/production")
    jvb = rendering.named(things, "StatefulSet", "shard-0-jvb")["spec"]["template"]["spec"]["containers"][0]
    assert jvb["command"] == ["bash", "-ec"]
    (script,) = jvb["args"]
    script = script.replace("exec /init", "env").replace("/addresses/", f"{tmp_path}/")
    shard = re.match(r"shard-\d+", pod)[0]
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, timeout=20,
                          env={"PATH": os.environ["PATH"], "POD_NAME": pod, "SHARD": shard,
                               "HOST_IP": "198.51.100.7", "JVB_BASE_PORT": "30300", **env})
    assert done.returncode == 0, done.stderr
    made = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return made["JVB_PORT"], made["JVB_ADVERTISE_IPS"]


def test_bridges_listen_where_their_service_leads(tree, tmp_path):
    for thing in tree.render("overlays/production"):
        pod = (thing["spec"].get("selector", {}) if thing["kind"] == "Service" else {}).get(
            "statefulset.kubernetes.io/pod-name")
        if pod and pod.endswith(("-0", "-9")):
            port = str(thing["spec"]["ports"][0]["nodePort"])
            assert _entry(tree, tmp_path, pod) == (port, "198.51.100.7")
    assert _entry(tree, tmp_path, "shard-12-jvb-7")[0] == "31507"


def test_bridge_with_a_port_or_an_address_of_its_own(tree, tmp_path):
    (tmp_path / "shard-1-jvb-0").write_text("203.0.113.10")  # as a ConfigMap has it: no line feed
    assert _entry(tree, tmp_path, "shard-1-jvb-0") == ("30400", "203.0.113.10")
    assert _entry(tree, tmp_path, "shard-0-jvb-0", JVB_PORT="10000")[0] == "10000"
    assert _entry(tree, tmp_path, "shard-0-jvb-0", JVB_ADVERTISE_IPS="127.0.0.1")[1] == "127.0.0.1"


def test_bridges_may_finish_before_they_are_killed(tree):
    """preStop takes graceful-shutdown-max-duration and shutting-down-delay at most."""
    things = tree.render("overlays/production")
    text = rendering.named(things, "ConfigMap", "jvb-config")["data"]["custom-jvb.conf"]
    minutes = {key: int(number) for key, number in re.findall(r"([\w-]+) = (\d+) minutes?", text)}
    longest = 60 * (minutes["graceful-shutdown-max-duration"] + minutes["shutting-down-delay"])
    jvb = rendering.named(things, "StatefulSet", "shard-0-jvb")["spec"]["template"]["spec"]
    assert longest + 60 <= jvb["terminationGracePeriodSeconds"]
    command = jvb["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert command == ["/usr/share/jitsi-videobridge/graceful_shutdown.sh"]
