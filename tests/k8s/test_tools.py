# SPDX-License-Identifier: Apache-2.0
"""k8s/tools/secrets, and the hook that makes Services for metacontroller."""
import json
import os
import re
import shutil
import threading
import urllib.error
import urllib.request

import pytest
import rendering

HOOK = rendering.K8S / "components" / "jvb-metacontroller" / "hook.py"


@pytest.fixture
def overlay(tree, tmp_path):
    """A copy of one without secrets, for tools/secrets to work on."""
    folder = tmp_path / "overlay"
    shutil.copytree(tree.path / "overlays/development", folder, ignore=shutil.ignore_patterns("secrets"))
    return folder


def _secrets(tree, *words):
    return tree.run("tools/secrets", *words)


def _keys(overlay):
    return (overlay / "secrets/gossip.key").read_text().split()


def test_secrets_are_made_once(tree, overlay):
    assert _secrets(tree, overlay).returncode == 0
    env = (overlay / "secrets/jitsi.env").read_text()
    found = dict(re.findall(r"^(\w+)=(\w{48})$", env, re.M))
    assert found.keys() == {"JICOFO_AUTH_PASSWORD", "JVB_AUTH_PASSWORD"} and len(set(found.values())) == 2
    assert len(_keys(overlay)) == 1 and re.fullmatch(r"[0-9a-f]{64}", _keys(overlay)[0])
    before = env, _keys(overlay)
    assert _secrets(tree, overlay).returncode == 0
    assert ((overlay / "secrets/jitsi.env").read_text(), _keys(overlay)) == before
    for path in (overlay / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0


def test_empty_password_is_filled_in(tree, overlay):
    (overlay / "secrets").mkdir()
    (overlay / "secrets/jitsi.env").write_text("JVB_AUTH_PASSWORD=\nJWT_APP_SECRET=mine\n")
    assert _secrets(tree, overlay).returncode == 0
    lines = (overlay / "secrets/jitsi.env").read_text().splitlines()
    assert "JWT_APP_SECRET=mine" in lines
    assert [bool(line.partition("=")[2]) for line in lines if "PASSWORD" in line].count(True) == 2


def test_gossip_key_changes_in_three_steps(tree, overlay):
    """As peers.tls.psk_file wants it: the first key is used, both are accepted."""
    assert _secrets(tree, overlay).returncode == 0
    (old,) = _keys(overlay)
    assert _secrets(tree, overlay, "--gossip-key", "add").returncode == 0
    assert _keys(overlay)[0] == old and len(_keys(overlay)) == 2
    new = _keys(overlay)[1]
    assert _secrets(tree, overlay, "--gossip-key", "use").returncode == 0
    assert _keys(overlay) == [new, old]
    assert _secrets(tree, overlay, "--gossip-key", "drop").returncode == 0
    assert _keys(overlay) == [new]


@pytest.mark.parametrize("words, said", [
    (["--gossip-key", "use"], "has 1 keys; the steps are add, use, drop"),
    (["--gossip-key", "drop"], "has 1 keys"),
    (["--gossip-key", "turn"], "k8s/tools/secrets OVERLAY"),
    (["--other"], "k8s/tools/secrets OVERLAY")])
def test_wrong_steps_change_nothing(tree, overlay, words, said):
    assert _secrets(tree, overlay).returncode == 0
    before = _keys(overlay)
    done = _secrets(tree, overlay, *words)
    assert done.returncode != 0 and said in done.stderr
    assert _keys(overlay) == before


def test_folder_that_is_no_overlay(tree, tmp_path):
    done = _secrets(tree, tmp_path)
    assert done.returncode == 1 and "has no kustomization.yaml" in done.stderr
    assert os.listdir(tmp_path) == []


def _parent(name, replicas):
    return {"metadata": {"name": name, "namespace": "jitsi"}, "spec": {"replicas": replicas}}


def test_hook_makes_what_the_tool_writes(tree):
    """Metacontroller's Services are those of jvb-nodeport, as many as there are bridges."""
    hook, written = rendering.module(HOOK), tree.render("overlays/development")
    made = hook.services(_parent("shard-1-jvb", 3))
    assert [service["metadata"]["name"] for service in made] == [f"shard-1-jvb-{n}" for n in range(3)]
    for service in made:
        there = rendering.named(written, "Service", service["metadata"]["name"])
        there["spec"]["selector"].pop("shard")
        assert service == there


@pytest.mark.parametrize("name, replicas, count", [
    ("shard-0-jvb", 0, 0), ("shard-0-jvb", 300, 100), ("shard-24-jvb", 99, 68), ("shard-30-jvb", 2, 0),
    ("postgres", 3, 0)])
def test_hook_makes_no_impossible_services(lint, name, replicas, count):
    made = rendering.module(HOOK).services(_parent(name, replicas))
    assert len(made) == count and lint.node_ports(made) == []


@pytest.fixture
def asked():
    """The hook as a server; a function that posts to it."""
    hook = rendering.module(HOOK)
    server = hook.http.server.ThreadingHTTPServer(("127.0.0.1", 0), hook.Hook)
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def post(body):
        request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}/sync", data=body)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
    yield post
    server.shutdown()
    server.server_close()


def test_hook_answers_metacontroller(asked):
    question = {"controller": {}, "object": _parent("shard-0-jvb", 2), "attachments": {},
                "finalizing": False}
    answer = asked(json.dumps(question).encode())
    assert [item["kind"] for item in answer["attachments"]] == ["Service", "Service"]
    question["finalizing"] = True
    assert asked(json.dumps(question).encode()) == {"attachments": []}


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"object": 1}'])
def test_hook_refuses_nonsense(asked, body):
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(body)
    assert refused.value.code == 400
