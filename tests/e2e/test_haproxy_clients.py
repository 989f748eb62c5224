# SPDX-License-Identifier: Apache-2.0
"""Programs written for HAProxy, as they come with Debian, look at a router and steer it."""
import re
import subprocess
import urllib.request

import pytest

from harness.installed import need
from harness import process
from harness.client import RawClient, get
from harness.ports import free_port
from harness.waiting import eventually

REQUESTS = 5


@pytest.fixture(scope="module")
def router(module_processes):
    shards = module_processes.shards(2)
    router = module_processes.router(shards, {"logging": {"access": {"format": "httplog"}}})
    with RawClient(router.port) as client:
        for number in range(REQUESTS):
            assert client.request(get(f"/http-bind?room=room{number}")).status == 200
    return router


class Screen:
    """A program in a terminal of its own."""

    def __init__(self, tmux, directory, *command):
        self.tmux = [tmux, "-S", str(directory / "tmux.sock"), "-f", "/dev/null"]
        self._run("new-session", "-d", "-s", "screen", "-x", "180", "-y", "50", *map(str, command))

    def _run(self, *words):
        done = subprocess.run([*self.tmux, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def text(self):
        return self._run("capture-pane", "-p", "-t", "screen")

    def type(self, *keys):
        self._run("send-keys", "-t", "screen", *keys)

    def wait_for(self, *patterns):
        def shown():
            text = self.text()
            missing = [pattern for pattern in patterns if not re.search(pattern, text, re.M)]
            assert not missing, f"{missing} not in:\n{text}"
            return text
        return eventually(shown, f"the screen shows {patterns}", deadline=60, interval=0.2)

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], capture_output=True, timeout=60)


@pytest.fixture
def hatop(router, tmp_path):
    screen = Screen(need("tmux"), tmp_path, need("hatop"), "-s", router.socket_path)
    yield screen
    screen.close()


def _weight(router):
    return router.command("get weight jitsi-meet/shard-0").strip()


def _status(router):
    lines = router.command("show stat jitsi-meet 4 -1").splitlines()
    columns = lines[0][2:].split(",")
    rows = [dict(zip(columns, line.split(","))) for line in lines[1:] if line]
    return next(row["status"] for row in rows if row["svname"] == "shard-0")


def test_hatop_shows_every_shard_on_every_page(hatop):
    hatop.wait_for(r"room-router", r"shard-0 +.*UP", r"shard-1 +.*UP", r"BACKEND")
    for page, heading in (("2", "BIN"), ("3", "1xx"), ("4", "ECONN|CONN"), ("1", "W STATUS")):
        hatop.type(page)
        hatop.wait_for(heading, "shard-0", "shard-1")


def test_hatop_takes_shards_out_and_changes_weights(router, hatop):
    lines = hatop.wait_for(r"^ *shard-0 +.*UP").splitlines()
    rows = [line.strip() for line in lines]
    first = next(index for index, row in enumerate(rows) if row.startswith(">>>"))
    chosen = next(index for index, row in enumerate(rows) if row.startswith("shard-0"))
    hatop.type(*["Down"] * (chosen - first))
    hatop.wait_for(r"\[#\d+/#1\]")  # the row that keys are for: proxy and server
    for key, weight in (("F7", 101), ("F8", 111), ("F4", 100)):
        hatop.type(key)
        eventually(lambda: _weight(router) == f"{weight} (initial 100)", f"{key} was obeyed")
        hatop.wait_for(rf"shard-0 +{weight} ")  # what the next key reckons with
    hatop.type("F10")
    eventually(lambda: _status(router) == "MAINT", "F10 takes shard-0 out")
    hatop.wait_for(r"shard-0 +.*MAINT")
    hatop.type("F9")
    eventually(lambda: _status(router) == "UP", "F9 brings shard-0 back")


@pytest.mark.parametrize("source", ["socket", "http"])
def test_the_exporter_for_prometheus_reads_all_rows(router, tmp_path, source):
    uri = {"socket": f"unix:{router.socket_path}",
           "http": f"http://127.0.0.1:{router.admin_port}/stats;csv"}[source]
    port = free_port()
    exporter = process.Process("exporter", [
        need("prometheus-haproxy-exporter"), f"--haproxy.scrape-uri={uri}",
        f"--web.listen-address=127.0.0.1:{port}"], tmp_path)
    exporter.start()
    try:
        def scrape():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
                return answer.read().decode()
        metrics = eventually(scrape, "the exporter answers")
        assert "\nhaproxy_up 1\n" in metrics
        assert "haproxy_exporter_csv_parse_failures_total 0" in metrics
        for shard in ("shard-0", "shard-1"):
            assert f'haproxy_server_up{{backend="jitsi-meet",server="{shard}"}} 1' in metrics
        responses = re.search(r'haproxy_frontend_http_responses_total\{code="2xx",'
                              r'frontend="room-router"\} (\d+)', metrics)
        assert int(responses[1]) >= REQUESTS
    finally:
        exporter.stop()
        process.running.remove(exporter)


def test_halog_counts_the_requests_of_the_log(router):
    lines = [line for line in router.process.text().splitlines() if " jitsi-meet/shard-" in line]
    assert len(lines) >= REQUESTS
    done = subprocess.run([need("halog"), "-s", "-4", "-srv"], input="\n".join(lines) + "\n",
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("jitsi-meet/")]
    assert sum(int(row[2]) for row in rows) == len(lines), done.stdout
