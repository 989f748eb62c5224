# SPDX-License-Identifier: Apache-2.0
"""A real XMPP server as a shard: anonymous log-in, BOSH, websocket, MUC, stream management."""
import json
import pathlib
import urllib.request

from harness import process
from harness.ports import free_port

HOST = "meet.test"
MUC = f"muc.{HOST}"
MODULES = pathlib.Path(__file__).parents[1] / "e2e" / "prosody_modules"


class ProsodyShard:
    def __init__(self, name, directory, host="127.0.0.1", hibernation=60):
        """`hibernation`: seconds that a stream without connection can be resumed."""
        self.name, self.host, self.port = name, host, free_port(host)
        self.directory = pathlib.Path(directory) / name
        for part in ("data", "certs"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        self.config = self.directory / "prosody.cfg.lua"
        self.config.write_text(f"""
daemonize = false
run_as_root = true
pidfile = "{self.directory}/prosody.pid"
data_path = "{self.directory}/data"
plugin_paths = {{ "{MODULES}" }}
log = {{ info = "*console" }}
storage = "memory"
modules_enabled = {{ "disco", "bosh", "websocket", "smacks", "ping", "saslauth", "room_list" }}
modules_disabled = {{ "s2s", "offline", "posix" }}
c2s_ports = {{}}
c2s_direct_tls_ports = {{}}
s2s_ports = {{}}
https_ports = {{}}
http_ports = {{ {self.port} }}
http_interfaces = {{ "{host}" }}
http_default_host = "{HOST}"
http_paths = {{ bosh = "/http-bind", websocket = "/xmpp-websocket" }}
consider_bosh_secure = true
consider_websocket_secure = true
c2s_require_encryption = false
trusted_proxies = {{ "127.0.0.1" }}
smacks_hibernation_time = {hibernation}
bosh_max_inactivity = 60
limits = {{}}
VirtualHost "{HOST}"
  authentication = "resumable_anonymous"
Component "{MUC}" "muc"
  restrict_room_creation = false
  muc_room_locking = false
  muc_room_default_public = true
""")
        self.process = process.Process(name, ["prosody", "--config", self.config, "-F", "--root"],
                                       self.directory)

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: self.rooms() is not None, "lists its rooms", 40)
        return self

    def rooms(self):
        """Local room name → sorted occupant nicknames."""
        url = f"http://{self.host}:{self.port}/room_list"
        with urllib.request.urlopen(url, timeout=5) as answer:
            listed = json.loads(answer.read())
        return {room["name"]: sorted(room["occupants"]) for room in listed["rooms"]}

    def stop(self):
        self.process.stop(5)

    def kill(self):
        self.process.kill()
