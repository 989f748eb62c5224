# SPDX-License-Identifier: Apache-2.0
"""k8s/monitoring with an overlay: what is scraped exists, both ways; what is said twice is equal."""
import shutil

import pytest
import rendering
import schemas
import yaml

SCRAPED = {"router": 9090, "prosody": 5280, "jicofo": 8888, "jvb": 8080}


@pytest.fixture(scope="module")
def objects(tree):
    folder = tree.path / "overlays" / "monitored"
    shutil.copytree(tree.path / "overlays" / "production", folder)
    path = folder / "kustomization.yaml"
    whole = yaml.safe_load(path.read_text())
    whole["resources"].append("../../monitoring")
    whole["components"].append("../../monitoring/scrape-annotations")
    path.write_text(yaml.safe_dump(whole))
    return tree.render("overlays/monitored")


def _templates(objects, component):
    """Pod templates of a component."""
    found = [thing["spec"]["template"] for thing in objects
             if thing["kind"] in ("StatefulSet", "Deployment")]
    found = [template for template in found
             if template["metadata"]["labels"]["app.kubernetes.io/component"] == component]
    assert found, component
    return found


def _ports(template):
    return {port["name"]: port["containerPort"]
            for container in template["spec"]["containers"] for port in container.get("ports", [])}


def test_all_objects_are_valid(objects):
    ours = [thing for thing in objects if thing["kind"] in ("PodMonitor", "PrometheusRule")]
    assert len(ours) == len(SCRAPED) + 1
    assert schemas.mistakes(ours) == []


def test_pod_monitors_find_pods_and_ports(objects):
    monitors = {thing["metadata"]["name"]: thing["spec"] for thing in objects
                if thing["kind"] == "PodMonitor"}
    assert set(monitors) == set(SCRAPED)
    for name, spec in monitors.items():
        wanted = spec["selector"]["matchLabels"]
        for template in _templates(objects, name):
            labels = template["metadata"]["labels"]
            assert wanted.items() <= labels.items()
            assert set(spec.get("podTargetLabels", [])) <= set(labels)
            for endpoint in spec["podMetricsEndpoints"]:
                assert _ports(template)[endpoint["port"]] == SCRAPED[name]


def test_annotations_name_the_same_ports(objects):
    for name, port in SCRAPED.items():
        for template in _templates(objects, name):
            annotations = template["metadata"]["annotations"]
            assert annotations["prometheus.io/scrape"] == "true"
            assert annotations["prometheus.io/port"] == str(port)
            assert annotations["prometheus.io/path"] == "/metrics"


def test_dashboards_are_found_by_grafana(objects):
    found = [thing for thing in objects if thing["kind"] == "ConfigMap"
             and thing["metadata"].get("labels", {}).get("grafana_dashboard") == "1"]
    assert [set(thing["data"]) for thing in found] == [{"router.json", "shards.json", "jvb.json"}]


def test_the_adapter_of_ops_has_the_same_rules():
    rules = yaml.safe_load((rendering.K8S / "monitoring" / "adapter-rules.yaml").read_text())
    values = yaml.safe_load((rendering.K8S / "ops" / "prometheus-adapter.yaml").read_text())
    assert values["rules"]["custom"] == rules["rules"]
