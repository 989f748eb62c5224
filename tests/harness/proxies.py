# SPDX-License-Identifier: Apache-2.0
"""HAProxy and nginx in the router's place: what people run today, for comparison only."""
import pathlib
import re
import socket

from harness import process, runtime_api
from harness.ports import free_port

HOMES = re.compile(r" key=(.*?) use=.* server_key=(\S+)")


def _accepts(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


class _Proxy:
    def __init__(self, name, directory):
        self.name = name
        self.directory = pathlib.Path(directory) / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None

    def _start(self, command):
        self.process = process.Process(self.name, command, self.directory)
        self.process.start()
        self.process.wait_until(lambda: _accepts(self.port), "accepts connections")
        return self

    def stop(self):
        self.process.stop(2)


class Haproxy(_Proxy):
    """The usual stick configuration: `stick on` the room, stored by the response.

    `peers`: with whom it shares its table, itself included: name → port.
    """

    def __init__(self, directory, shards, timeout="5s", name="haproxy", binary="haproxy",
                 peers=None, expire="1d"):
        super().__init__(name, directory)
        self.command_line = [binary, "-db", *(["-L", name] if peers else [])]
        self.socket_path = self.directory / "admin.sock"
        sharing = " peers mypeers" if peers else ""
        servers = "\n".join(f"  server {s.name} {s.host}:{s.port}" for s in shards)
        self.config = f"""global
  maxconn 4000
  stats socket {self.socket_path} level admin
defaults
  mode http
  option http-keep-alive
  option forwardfor
  retries 3
  timeout connect {timeout}
  timeout client {timeout}
  timeout server {timeout}
  timeout http-request {timeout}
frontend http_in
  bind 127.0.0.1:{self.port}
  default_backend jitsi-meet
backend jitsi-meet
  balance roundrobin
  http-reuse safe
  http-request set-header Room %[urlp(room)]
  acl room_found urlp(room) -m found
  stick-table type string len 128 size 200k expire {expire}{sharing}
  stick on hdr(Room) if room_found
{servers}
"""
        if peers:
            self.config += "peers mypeers\n" + "".join(
                f"  peer {peer} 127.0.0.1:{port}\n" for peer, port in peers.items())

    def start(self):
        path = self.directory / "haproxy.cfg"
        path.write_text(self.config)
        return self._start([*self.command_line, "-f", path])

    def command(self, text):
        """What the stats socket answers to one command."""
        return runtime_api.ask(self.socket_path, text)

    def kill(self):
        self.process.kill()


class PeersSection:
    """A `peers` section: its members' names and where they listen."""

    def __init__(self, *names):
        self.ports = {name: free_port() for name in names}

    def address(self, name):
        return f"127.0.0.1:{self.ports[name]}"

    def router_config(self, name, expire="1d"):
        """What a replica needs in its configuration to be the member `name`."""
        peers = [{"name": peer, "address": self.address(peer)} for peer in self.ports]
        return {"stick_table": {"expire": expire, "display_bytes": 128},
                "room_key": {"tenant": {"from_path": False}},
                "peers": {"haproxy": {"listen": self.address(name), "local_name": name,
                                      "peers": peers}}}


def homes(proxy, table="jitsi-meet"):
    """Which shard each entry names: room → server key, of a HAProxy's or a router's table."""
    lines = proxy.command(f"show table {table}").splitlines()
    return dict(found.groups() for found in map(HOMES.search, lines) if found)


class Nginx(_Proxy):
    """A plain reverse proxy with the room as hash key."""

    def __init__(self, directory, shards, timeout="5s"):
        super().__init__("nginx", directory)
        servers = " ".join(f"server {s.host}:{s.port};" for s in shards)
        self.config = f"""daemon off; master_process off; worker_processes 1;
pid {self.directory}/nginx.pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_header_timeout {timeout}; keepalive_timeout 60s;
  client_body_temp_path {self.directory}/body; proxy_temp_path {self.directory}/proxy;
  fastcgi_temp_path {self.directory}/f; uwsgi_temp_path {self.directory}/u;
  scgi_temp_path {self.directory}/s;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream shards {{ hash $arg_room consistent; {servers} keepalive 16; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{
      proxy_pass http://shards; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_buffering off; proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_read_timeout {timeout};
    }}
  }}
}}
"""

    def start(self):
        path = self.directory / "nginx.conf"
        path.write_text(self.config)
        return self._start(["nginx", "-e", "stderr", "-p", self.directory, "-c", path])
