# SPDX-License-Identifier: Apache-2.0
"""Every object that any overlay or combination renders, against the schemas of the oldest and the latest
Kubernetes, and of the operators whose resources are used; unknown fields are mistakes."""
import copy
import json

import made
import pytest
import rendering
import schemas

SCOPED = ("Namespace", "DecoratorController")


@pytest.fixture(scope="module")
def objects(request, tree):
    """Each different one once."""
    folders = [f"overlays/{name}" for name in rendering.OVERLAYS]
    folders += [made.overlay(tree, components, scaling)
                for components, scaling in made.rows(request.config.getoption("--deep"))]
    folders.append("components/jvb-metacontroller/cluster")
    things = {}
    for folder in folders:
        for thing in tree.render(folder):
            things[json.dumps(thing, sort_keys=True)] = thing
    return list(things.values())


def test_all_are_valid(objects):
    assert len(objects) > 150
    assert schemas.mistakes(objects) == []


def test_all_kinds_of_custom_resources_are_there(objects):
    kinds = {thing["kind"] for thing in objects}
    assert {"Gateway", "HTTPRoute", "Certificate", "Issuer", "ScaledObject", "ExternalSecret",
            "DecoratorController"} <= kinds


def test_namespaces(objects):
    for thing in objects:
        assert thing["metadata"].get("namespace") == (None if thing["kind"] in SCOPED else "jitsi"), thing


def _typo(thing, kind):
    changed = copy.deepcopy(thing)
    if kind == "StatefulSet":
        changed["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    elif kind == "Service":
        changed["spec"]["ports"][0]["port"] = "http"
    else:
        changed["spec"]["surprise"] = True
    return changed


def test_mistakes_are_found(objects):
    """The schemas are strict; else the tests above say nothing."""
    kinds = ["StatefulSet", "Service", "HTTPRoute", "ScaledObject", "Certificate", "ExternalSecret",
             "DecoratorController"]
    changed = [_typo(next(thing for thing in objects if thing["kind"] == kind), kind) for kind in kinds]
    found = schemas.mistakes(changed, versions=["1.36"])
    assert [line.split()[1] for line in found] == kinds, found


def test_removed_versions_are_found():
    old = {"apiVersion": "autoscaling/v2beta2", "kind": "HorizontalPodAutoscaler",
           "metadata": {"name": "jvb"}, "spec": {}}
    assert len(schemas.mistakes([old])) == len(schemas.VERSIONS)
