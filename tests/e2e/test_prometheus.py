# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes replicas; rules and dashboards of k8s/monitoring ask it."""
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from harness.installed import ROOT, need
from harness.cluster import Cluster
from harness.pipeline import ask
from harness.prometheus import Prometheus, promtool
from harness.waiting import eventually

MONITORING = ROOT / "k8s" / "monitoring"
DASHBOARDS = sorted((MONITORING / "dashboards").glob("*.json"))
_NAME = re.compile(r"\b(?:room_router|haproxy|jitsi|prosody|container)_[a-zA-Z0-9_:]+")
# HAProxy's own name, which breaks a rule of Prometheus.
_FOREIGN = 'haproxy_process_failed_resolutions counter metrics should have "_total" suffix'


def _rules():
    return yaml.safe_load((MONITORING / "rules.yaml").read_text())["spec"]


def _alerts():
    return [rule for group in _rules()["groups"] for rule in group["rules"]]


def _panels():
    """(dashboard, panel, expression) with the choices at the top all open."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                expression = target["expr"].replace("$namespace", ".*").replace("$shard", ".*")
                yield path.stem, panel["title"], expression


def _named():
    """Every metric that rules, dashboards and autoscalers name."""
    texts = [rule["expr"] for rule in _alerts()] + [text for _, _, text in _panels()]
    adapter = yaml.safe_load((MONITORING / "adapter-rules.yaml").read_text())
    texts += [rule["seriesQuery"] for rule in adapter["rules"]]
    for path in DASHBOARDS:
        texts += [each["query"] for each in json.loads(path.read_text())["templating"]["list"]]
    return {name for text in texts for name in _NAME.findall(text)}


def _is_ours(expression):
    names = _NAME.findall(expression)
    return bool(names) and all(name.startswith("room_router_") for name in names)


@pytest.fixture(scope="module")
def replicas(module_processes):
    cluster = Cluster(module_processes, 2, module_processes.shards(2))
    cluster.replicas[1].config["admin"]["haproxy_metrics"] = True
    cluster.replicas[1].write()
    cluster.start()
    for replica in cluster.replicas:
        ask(replica, [f"{replica.name}-{number}" for number in range(50)])
    return cluster.replicas


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "spec.yaml").write_text(yaml.safe_dump(_rules()))
    shutil.copy(MONITORING / "rules_test.yaml", folder)
    return folder


@pytest.fixture(scope="module")
def prometheus(replicas, rules, module_processes, tmp_path_factory):
    server = Prometheus(need("prometheus"), tmp_path_factory.mktemp("prometheus"), replicas,
                        rules / "spec.yaml")
    module_processes.add(server).start()
    # Two scrapes of each, so that there are rates.
    eventually(lambda: len(server.query("count_over_time(room_router_ready[10m]) > 1")) == 2,
               "both replicas are scraped", 60)
    return server


@pytest.mark.parametrize("number", [0, 1], ids=["own names", "with HAProxy's"])
def test_promtool_finds_nothing_wrong_with_a_scrape(replicas, number):
    code, said = promtool(need("promtool"), "check", "metrics",
                          text=replicas[number].admin("/metrics")[1])
    wanted = [_FOREIGN] if number else []
    assert [line for line in said.splitlines() if line.strip()] == wanted
    assert bool(code) == bool(wanted)


def test_promtool_accepts_the_rules_and_what_they_do(rules):
    tool = need("promtool")
    code, said = promtool(tool, "check", "rules", "spec.yaml", folder=rules)
    assert code == 0, said
    code, said = promtool(tool, "test", "rules", "rules_test.yaml", folder=rules)
    assert code == 0, said


def test_every_alert_has_a_test_and_a_section():
    tested = {test["alertname"]
              for group in yaml.safe_load((MONITORING / "rules_test.yaml").read_text())["tests"]
              for test in group["alert_rule_test"] if test["exp_alerts"]}
    manual = (ROOT / "docs" / "alerts.md").read_text()
    names = {rule["alert"] for rule in _alerts()}
    assert names == tested
    assert names == set(re.findall(r"^## (\w+)$", manual, re.M))


def test_dashboards_are_what_their_script_writes():
    done = subprocess.run([sys.executable, MONITORING / "dashboards.py", "--check"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_every_metric_that_is_named_exists(replicas):
    emitted = set(re.findall(r"^# TYPE (\w+) ", replicas[0].admin("/metrics")[1], re.M))
    emitted |= {f"{name}_{part}" for name in emitted for part in ("bucket", "count", "sum")}
    lines = (MONITORING / "jitsi-metrics.txt").read_text().splitlines()
    known = {line.split()[0] for line in lines if line and not line.startswith("#")}
    named = _named()
    assert len(named) > 40
    assert sorted(name for name in named if name not in emitted | known) == []
    assert sorted(known - named) == [], "listed, but nothing names them"


def test_every_panel_about_the_router_has_data(prometheus):
    asked = [panel for panel in _panels() if _is_ours(panel[2])]
    assert len(asked) > 25
    for dashboard, title, expression in asked:
        eventually(lambda: prometheus.query(expression), f"{dashboard}: {title}: {expression}")
    for _, _, expression in _panels():
        prometheus.query(expression)  # raises when it is no expression


def test_every_alert_evaluates_and_none_fires(prometheus):
    def evaluated():
        found = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        return found if all(rule["health"] == "ok" for rule in found) else None

    found = eventually(evaluated, "all rules have been evaluated", 60)
    assert {rule["name"] for rule in found} == {rule["alert"] for rule in _alerts()}
    firing = [alert["labels"] for alert in prometheus.api("alerts")["alerts"]
              if alert["state"] == "firing"]
    assert firing == []


def test_what_haproxy_called_it_goes_on(prometheus, replicas):
    both = {f"{each.host}:{each.admin_port}" for each in replicas}
    named = f"{replicas[1].host}:{replicas[1].admin_port}"
    assert {labels["instance"] for labels, _ in prometheus.query("room_router_ready")} == both
    up = prometheus.query('haproxy_server_status{proxy="jitsi-meet",state="UP"} == 1')
    assert {(labels["instance"], labels["server"]) for labels, _ in up} == {
        (named, "shard-0"), (named, "shard-1")}
    requests = prometheus.query("sum(haproxy_frontend_http_requests_total)")
    assert requests[0][1] >= 50
