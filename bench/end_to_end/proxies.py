# SPDX-License-Identifier: Apache-2.0
"""The proxies compared: their configuration, starting and stopping them.

Every proxy has one thread, listens on two loopback ports, one with TLS and the same certificate for
all, and forwards to the same three shards.
"""

import dataclasses
import http.client
import os
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import time

SHARDS = 3
MAX_CONNECTIONS = 9000  # a tunnel takes two descriptors

HAPROXY_BASE = """\
global
  nbthread 1
  maxconn {max_connections}
  {global_extra}
defaults
  mode http
  retries 3
  timeout connect 5s
  timeout client 60s
  timeout server 90s
  timeout tunnel 1h
  {defaults_extra}
frontend http_in
  bind 127.0.0.1:{port}
  bind 127.0.0.1:{tls_port} ssl crt {certificate}
  maxconn {max_connections}
  option forwardfor
  default_backend jitsi-meet
backend jitsi-meet
  http-reuse always
  http-request set-header Room %[urlp(room)]
  {routing}
"""

HAPROXY_STICK = """balance roundrobin
  acl room_found urlp(room) -m found
  stick-table type string len 128 size 200k expire 1d
  stick on hdr(Room) if room_found"""

HAPROXY_HASH = """balance url_param room
  hash-type consistent"""

NGINX = """\
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream shards {{
    hash $arg_room consistent;
    {servers}
    keepalive 2000;
    keepalive_requests 100000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    listen 127.0.0.1:{tls_port} ssl backlog=4096;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    location / {{
      proxy_pass http://shards;
      proxy_http_version 1.1;
      proxy_read_timeout 1h;
      proxy_set_header Host $host;
      proxy_set_header Room $arg_room;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }}
  }}
}}
"""

ROUTER = """\
version: 1
node: {{name: bench, threads: 1}}
listeners:
- address: "127.0.0.1:{port}"
- address: "127.0.0.1:{tls_port}"
  tls: {{certificate: {certificate}, key: {certificate}}}
admin:
  http: "127.0.0.1:{admin_port}"
  sockets: [{{path: "{folder}/admin.sock", mode: "0600", level: admin}}]
shards:
  static:
{servers}
logging:
  level: info
  access: {{{access}}}
"""


class StartError(Exception):
    """A proxy did not start; the text says which, and what it printed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A proxy that can be compared: how the table calls it and how its files are written."""

    label: str
    program: str  # haproxy | nginx | room-router
    variant: str = ""
    workloads: tuple = ()  # empty = all


KINDS = {
    "haproxy": Kind("HAProxy", "haproxy", "stick"),
    "haproxy-b": Kind("HAProxy again (A/A)", "haproxy", "stick"),
    "haproxy-hash": Kind("HAProxy hash", "haproxy", "hash"),
    "haproxy-log": Kind("HAProxy, access log", "haproxy", "log"),
    "haproxy-splice": Kind("HAProxy splice", "haproxy", "splice", ("down", "up")),
    "nginx": Kind("nginx", "nginx"),
    "room-router": Kind("room-router", "room-router", "off"),
    "room-router-log": Kind("room-router, access log", "room-router", "json"),
}


class Proxy:
    """One running proxy. `prefix` goes before its command: chrt, taskset, valgrind …"""

    def __init__(self, name, folder, programs, backend_ports):
        self.name = name
        self.kind = KINDS[name]
        self.folder = os.path.join(folder, name)
        self.program = programs[self.kind.program]
        if not self.program:
            raise StartError(f"{self.kind.program} is not there: install it, or name the router")
        self.backend_ports = backend_ports
        self.port, self.tls_port = free_port(), free_port()
        self.process = None
        self.in_valgrind = False
        self.output_path = os.path.join(self.folder, "output.log")
        self.certificate = os.path.join(folder, "tls.pem")

    @property
    def pid(self):
        return self.process.pid

    def start(self, prefix=(), timeout_s=15):
        os.makedirs(self.folder, exist_ok=True)
        self.in_valgrind = "valgrind" in prefix
        make_certificate(self.certificate)
        with open(self.output_path, "ab") as output:
            self.process = subprocess.Popen(
                [*prefix, *self._command()], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, preexec_fn=raise_descriptor_limit)
        self._wait_until_it_routes(timeout_s)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT if self.kind.program == "haproxy"
                                 else signal.SIGTERM)
        try:
            # A draining router waits for what clients still hold; the benchmark does not.
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _command(self):
        writer = {"haproxy": self._haproxy, "nginx": self._nginx, "room-router": self._router}
        text, suffix, arguments = writer[self.kind.program]()
        path = os.path.join(self.folder, "proxy" + suffix)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return [self.program, *[argument.format(path=path) for argument in arguments]]

    def _haproxy(self):
        variant = self.kind.variant
        routing = [HAPROXY_HASH if variant == "hash" else HAPROXY_STICK]
        routing += [f"  server shard-{i} 127.0.0.1:{port}"
                    for i, port in enumerate(self.backend_ports)]
        text = HAPROXY_BASE.format(
            port=self.port, tls_port=self.tls_port, certificate=self.certificate, max_connections=MAX_CONNECTIONS, routing="\n".join(routing),
            global_extra={"log": "log stdout format raw local0 info",
                          "splice": "maxpipes 500"}.get(variant, ""),
            defaults_extra={"log": "log global\n  option httplog",
                            # splice-auto of 2.6 did not splice these tunnels (strace).
                            "splice": "option splice-request\n  "
                                      "option splice-response"}.get(variant, ""))
        return text, ".cfg", ["-db", "-f", "{path}"]

    def _nginx(self):
        servers = "\n    ".join(f"server 127.0.0.1:{port} max_fails=0;"
                                for port in self.backend_ports)
        text = NGINX.format(port=self.port, tls_port=self.tls_port, certificate=self.certificate,
                            folder=self.folder, servers=servers)
        return text, ".conf", ["-p", self.folder, "-c", "{path}"]

    def _router(self):
        servers = "\n".join(f'    - {{name: shard-{i}, address: "127.0.0.1:{port}"}}'
                            for i, port in enumerate(self.backend_ports))
        access = 'format: "off"'
        if self.kind.variant == "json":
            access = f'format: json, output: "{self.folder}/access.log"'
        text = ROUTER.format(port=self.port, tls_port=self.tls_port,
                             certificate=self.certificate, admin_port=free_port(), folder=self.folder,
                             servers=servers, access=access)
        # Valgrind makes code at run time; memory and system calls are hidden from other users.
        if self.in_valgrind or os.geteuid() != 0:
            text += 'process: {sandbox: "off"}\n'
        return text, ".yaml", ["run", "-c", "{path}"]

    def _wait_until_it_routes(self, timeout_s):
        """Until a request comes back from a shard as it should have arrived there."""
        deadline = time.monotonic() + timeout_s
        wrong = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                wrong = f"it ended with status {self.process.returncode}"
                break
            wrong = self._check_head(self._connect()) or self._check_head(self._connect_tls())
            if not wrong:
                return
            time.sleep(0.1)
        self.stop()
        raise StartError(f"{self.name} does not route: {wrong}\n{self._last_output()}")

    def _connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)

    def _connect_tls(self):
        context = ssl.create_default_context(cafile=self.certificate)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return http.client.HTTPSConnection("127.0.0.1", self.tls_port, timeout=5, context=context)

    @staticmethod
    def _check_head(connection):
        try:
            connection.request("GET", "/http-bind?room=bench0001&bench=head",
                               headers={"Room": "forged"})
            answer = connection.getresponse()
            body = answer.read().decode("latin-1").lower()
        except (OSError, http.client.HTTPException) as error:
            return f"no answer ({error})"
        finally:
            connection.close()
        if answer.status != 200:
            return f"status {answer.status}"
        for line in ("\r\nroom: bench0001\r\n", "\r\nx-forwarded-for: 127.0.0.1\r\n"):
            if body.count(line) != 1:
                return f"the shard did not get exactly one '{line.strip()}'"
        return "" if "forged" not in body else "the client's own Room header went through"

    def _last_output(self):
        with open(self.output_path, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]


def make_certificate(path):
    """ECDSA P-256, signed by itself, with its key in the same file."""
    if os.path.exists(path):
        return
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=bench.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30",
         "-keyout", path + ".key", "-out", path + ".crt"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StartError("no certificate: " + done.stderr)
    with open(path, "w", encoding="utf-8") as both:
        for part in (".crt", ".key"):
            with open(path + part, encoding="utf-8") as file:
                both.write(file.read())
    os.chmod(path, 0o600)


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def find_programs(router=None, haproxy=None):
    """Paths by program; None for what is not there."""
    search = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return {
        "haproxy": haproxy or shutil.which("haproxy", path=search),
        "nginx": shutil.which("nginx", path=search),
        "room-router": os.path.abspath(router) if router and os.path.exists(router) else None,
    }


def version(program, path):
    arguments = {"haproxy": "-v", "nginx": "-v", "room-router": "version"}[program]
    done = subprocess.run([path, arguments], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0] if lines else "?"
