# SPDX-License-Identifier: Apache-2.0
"""One router replica: writes its YAML, starts it, waits for readiness, reloads, drains, kills."""
import copy
import json
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import yaml

from harness import process, runtime_api
from harness.ports import free_port
from harness.waiting import eventually

_DEFAULTS = {
    "version": 1,
    "node": {"threads": 2},
    "trusted_proxies": ["127.0.0.1/32"],
    "shards": {"health": {"interval": "250ms", "timeout": "250ms", "rise": 1, "fall": 2,
                          "soft_down_grace": "300ms", "dampening": "0s"}},
    "limits": {"pipelined_requests": 60_000},  # for harness.pipeline
    "drain": {"accept_for": "1s", "max": "30s"},
    "logging": {"level": "debug"},
}


def merged(base, change):
    """`change` laid over `base`, maps key by key."""
    result = copy.deepcopy(base)
    for key, value in (change or {}).items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def static_shards(shards):
    """The `shards.static` list for RecordingShards or anything with name, host and port."""
    return [{"name": shard.name, "address": f"{shard.host}:{shard.port}"} for shard in shards]


class Router:
    """`machine`: a namespace of harness.network it runs in, else it is on loopback."""

    def __init__(self, binary, directory, name="router-0", config=None, shards=(), machine=None):
        self.binary, self.name = binary, name
        self.host = machine.host if machine else "127.0.0.1"
        self.directory = pathlib.Path(directory) / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.path = self.directory / "room-router.yaml"
        self.socket_path = self.directory / "admin.sock"
        own = {
            "node": {"name": name},
            "listeners": [{"address": f"{self.host}:{self.port}"}],
            "admin": {"http": f"{self.host}:{self.admin_port}",
                      "sockets": [{"path": str(self.socket_path)}]},
            "shards": {"static": static_shards(shards)},
        }
        self.config = merged(merged(_DEFAULTS, own), config or {})
        self.write()
        self.process = process.Process(name, [*(machine.prefix if machine else ()),
                                               binary, "run", "-c", self.path], self.directory)

    def write(self, text=None):
        self.path.write_text(text if text is not None
                             else yaml.safe_dump(self.config, sort_keys=False))

    def start(self, wait_ready=True, deadline=30):
        self.process.start()
        if wait_ready:
            self.wait_ready(deadline)
        else:
            self.process.wait_until(lambda: self.admin("/healthz")[0] == 200, "healthy", deadline)
        return self

    def wait_ready(self, deadline=30):
        self.process.wait_until(lambda: self.ready() == 200, "ready", deadline)

    # -- admin
    def admin(self, path):
        """Status and body of a GET on the admin port."""
        try:
            with urllib.request.urlopen(f"http://{self.host}:{self.admin_port}{path}",
                                        timeout=5) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def ready(self):
        return self.admin("/readyz")[0]

    def metric(self, name, **labels):
        """Sum of the series of `name` whose labels include `labels`; 0 when there is none."""
        total = 0.0
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith("#") or not line.startswith(name):
                continue
            series, _, value = line.rpartition(" ")
            if series.split("{")[0] != name:
                continue
            if all(f'{key}="{want}"' in series for key, want in labels.items()):
                total += float(value)
        return total

    def command(self, text):
        """What the admin socket answers to one command."""
        return runtime_api.ask(self.socket_path, text)

    def access_log(self):
        """The access log's lines, parsed."""
        entries = []
        for line in self.process.text().splitlines():
            if line.startswith("{"):
                try:
                    entries.append(json.loads(line))
                except ValueError:
                    continue
        return entries

    # -- orders
    def reload(self):
        self.process.signal(signal.SIGHUP)

    def drain(self):
        self.process.signal(signal.SIGTERM)

    def stop(self):
        """Drains without waiting for tunnels: a second SIGTERM stops now."""
        if not self.process.alive():
            return self.process.child.returncode if self.process.child else None
        self.process.signal(signal.SIGTERM)
        try:
            return self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            return self.process.stop()

    def kill(self):
        self.process.kill()

    def restart(self, wait_ready=True):
        """Kills without warning and starts again on the same ports."""
        self.kill()
        eventually(lambda: not self.process.alive(), f"{self.name} is gone")
        return self.start(wait_ready)

    def located(self, *urls):
        """`room-router locate` on this replica's configuration."""
        done = subprocess.run([str(self.binary), "locate", "-c", str(self.path), *urls],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        return done.stdout
