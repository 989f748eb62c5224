# SPDX-License-Identifier: Apache-2.0
"""HAProxy and nginx in the router's place: what people run today, for comparison only."""
import pathlib
import socket

from harness import process
from harness.ports import free_port


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
    """The usual stick configuration: `stick on` the room, stored by the response."""

    def __init__(self, directory, shards, timeout="5s"):
        super().__init__("haproxy", directory)
        servers = "\n".join(f"  server {s.name} {s.host}:{s.port}" for s in shards)
        self.config = f"""global
  maxconn 4000
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
  stick-table type string len 128 size 20k expire 1d
  stick on hdr(Room) if room_found
{servers}
"""

    def start(self):
        path = self.directory / "haproxy.cfg"
        path.write_text(self.config)
        return self._start(["haproxy", "-db", "-f", path])


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
