# SPDX-License-Identifier: Apache-2.0
"""A Prometheus server that scrapes routers, and promtool."""
import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

import yaml

from harness.ports import free_port
from harness.process import Process


def promtool(tool, *words, text=None, folder=None):
    """Exit code and what it said."""
    done = subprocess.run([tool, *map(str, words)], input=text, capture_output=True, text=True,
                          cwd=folder, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Prometheus:
    """`rules`: a file of rule groups. Every target has the label namespace="jitsi"."""

    def __init__(self, binary, directory, routers, rules):
        self.port = free_port()
        self.directory = pathlib.Path(directory)
        config = self.directory / "prometheus.yml"
        config.write_text(yaml.safe_dump({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s",
                       "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": [{
                "job_name": "router", "honor_labels": True,
                "static_configs": [{"targets": [f"{each.host}:{each.admin_port}"
                                                for each in routers],
                                    "labels": {"namespace": "jitsi"}}]}]}))
        self.process = Process("prometheus", [
            binary, f"--config.file={config}", f"--storage.tsdb.path={self.directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], self.directory)

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: self._get("/-/ready") is not None, "ready", 60)
        return self

    def stop(self):
        self.process.stop()

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return answer.read()

    def api(self, path, **parameters):
        """The `data` of an answer; urllib's HTTPError when the server refuses the question."""
        answer = json.loads(self._get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """The samples that it has now: labels and value."""
        return [(each["metric"], float(each["value"][1]))
                for each in self.api("query", query=expression)["result"]]
