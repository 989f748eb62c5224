# SPDX-License-Identifier: Apache-2.0
"""kube-score finds nothing in the overlays but what is meant to be so. Deep: it is compiled once."""
import json
import re
import subprocess

import pytest
import rendering

KUBE_SCORE = "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"
# Check → why it does not count here.
WAIVED = {
    "container-image-pull-policy": "tags name a version, which is not built again",
    "container-security-context-user-group-id": "images are made for user 1000, and checked as non-root",
    "statefulset-has-host-podantiaffinity": "topologySpreadConstraints do it, without Pending pods",
    "deployment-has-host-podantiaffinity": "one replica",
    "deployment-replicas": "jicofo: two would take conferences from each other",
    "deployment-strategy": "jicofo: Recreate, never two at a time",
}
# Check → objects for which it does not count, and why.
MEANT = {
    "container-resources": (r".*", r"CPU limit is not set"),  # throttling delays signalling and media
    "statefulset-has-servicename": (r"StatefulSet shard-\d-prosody", r""),  # nobody asks for its pod by name
    "service-type": (r"Service shard-\d-jvb-\d", r""),  # media comes to the nodes
    "service-targets-pod": (r"Service shard-\d-jvb-\d", r""),  # selects a pod by the name it will have
    "networkpolicy-targets-pod": (r"NetworkPolicy (\w+|acme-solver)", r""),  # pods of the other cluster, of cert-manager
}


def _findings(done):
    for thing in json.loads(done.stdout):
        name = f"{thing['type_meta']['kind']} {thing['object_meta']['name']}"
        for check in thing["checks"]:
            for comment in check.get("comments") or []:
                if check["grade"] < 10 and not check["skipped"]:
                    yield check["check"]["id"], name, f"{comment['summary']} {comment['path']}"


def _meant(check, name, text):
    names, summary = MEANT.get(check, ("", "never"))
    return check in WAIVED or re.fullmatch(names, name) and re.search(summary, text)


@pytest.mark.deep
@pytest.mark.parametrize("overlay", rendering.OVERLAYS)
def test_nothing_that_is_not_meant(tree, overlay):
    tool = rendering.go_tool("kube-score", KUBE_SCORE)
    tree.render(f"overlays/{overlay}")
    done = subprocess.run([tool, "score", "--kubernetes-version", "v1.33", "-o", "json", "-"], text=True,
                          input=tree.rendered[f"overlays/{overlay}"], capture_output=True, timeout=120)
    found = list(_findings(done))
    assert found  # it did look: some of what is waived is there
    assert [finding for finding in found if not _meant(*finding)] == []
