# SPDX-License-Identifier: Apache-2.0
"""DNS for discovery: Knot with a zone file that changes live, and a server that misbehaves."""
import pathlib
import random
import socket
import subprocess
import threading

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness import process
from harness.ports import free_port

DOMAIN = "web.jitsi.test"
SRV_NAME = f"_http._tcp.{DOMAIN}"


def records(shards, ttl=1, service=SRV_NAME):
    """SRV and A lines for things with name, host and port; `name` is the first label."""
    domain = service.split(".", 2)[2]
    lines = [f"{service}. {ttl} IN SRV 10 100 {s.port} {s.name}.{domain}." for s in shards]
    lines += [f"{s.name}.{domain}. {ttl} IN A {s.host}" for s in shards]
    return lines


class Knot:
    def __init__(self, directory, lines=()):
        self.directory = pathlib.Path(directory) / "knot"
        for part in ("", "db", "run"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.serial = 0
        self.zone = self.directory / "zone"
        self.config = self.directory / "knot.conf"
        self.config.write_text(f"""server:
  rundir: {self.directory}/run
  listen: 127.0.0.1@{self.port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  answer-rotation: on
log:
  - target: stderr
    any: info
database:
  storage: {self.directory}/db
template:
  - id: default
    storage: {self.directory}
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: jitsi.test.
    file: {self.zone}
""")
        self.process = process.Process("knot", ["knotd", "-c", self.config], self.directory)
        self._write(lines)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _write(self, lines):
        self.serial += 1
        text = (f"jitsi.test. 1 IN SOA ns.jitsi.test. admin.jitsi.test. {self.serial} 60 60 60 1\n"
                "jitsi.test. 1 IN NS ns.jitsi.test.\nns.jitsi.test. 1 IN A 127.0.0.1\n")
        self.zone.write_text(text + "\n".join(lines) + "\n")

    def _serves_current(self):
        query = dns.message.make_query("jitsi.test.", "SOA")
        answer = dns.query.udp(query, "127.0.0.1", timeout=1, port=self.port)
        return answer.answer and answer.answer[0][0].serial == self.serial

    def start(self):
        self.process.start()
        self.process.wait_until(self._serves_current, "serves the zone")
        return self

    def set(self, lines):
        """Replaces the zone; returns when it is being served."""
        self._write(lines)
        subprocess.run(["knotc", "-c", str(self.config), "zone-reload", "jitsi.test"], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=20)
        self.process.wait_until(self._serves_current, "serves the new zone")

    def stop(self):
        self.process.stop(5)

    kill = stop


class ScriptedDns:
    """Answers from a list of record lines; `mode` says how it misbehaves.

    good | shuffle (another order each time) | servfail | nxdomain | empty | silent | truncate (TC on
    UDP, all over TCP) | garbage.
    """

    def __init__(self, lines=(), mode="good", seed=1):
        self.mode, self.queries, self.port = mode, 0, free_port()
        self.names = set()  # that were asked for
        self.random = random.Random(seed)
        self.set(lines)
        self.sockets = []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def set(self, lines):
        self.rrsets = {}
        for line in lines:
            name, ttl, _, kind, data = line.split(" ", 4)
            self.rrsets.setdefault((name.lower(), kind), (int(ttl), []))[1].append(data)

    def start(self):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", self.port))
        tcp = socket.socket()
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(("127.0.0.1", self.port))
        tcp.listen()
        self.sockets = [udp, tcp]
        threading.Thread(target=self._udp, args=(udp,), daemon=True).start()
        threading.Thread(target=self._tcp, args=(tcp,), daemon=True).start()
        return self

    def stop(self):
        for sock in self.sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def _udp(self, sock):
        while True:
            try:
                data, peer = sock.recvfrom(4096)
                if peer is None:
                    return  # stopped
                answer = self._answer(data, udp=True)
                if answer:
                    sock.sendto(answer, peer)
            except OSError:
                return

    def _tcp(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tcp_session, args=(sock,), daemon=True).start()

    def _tcp_session(self, sock):
        with sock:
            try:
                while size := int.from_bytes(sock.recv(2, socket.MSG_WAITALL), "big"):
                    data = sock.recv(size, socket.MSG_WAITALL)
                    if len(data) < size:
                        return
                    answer = self._answer(data, udp=False)
                    if answer:
                        sock.sendall(len(answer).to_bytes(2, "big") + answer)
            except OSError:
                return

    def _answer(self, data, udp):
        self.queries += 1
        mode = self.mode
        if mode == "silent":
            return None
        if mode == "garbage":
            return data[:2] + b"\xff" * 40
        try:
            response = dns.message.make_response(dns.message.from_wire(data))
        except dns.exception.DNSException:
            return None
        response.flags |= dns.flags.AA
        if mode == "servfail":
            response.set_rcode(dns.rcode.SERVFAIL)
        elif mode == "nxdomain":
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif mode == "truncate" and udp:
            response.flags |= dns.flags.TC
        elif mode != "empty":
            self._fill(response, response.question[0])
        return response.to_wire(max_size=65535)

    def _fill(self, response, question):
        name = question.name.to_text().lower()
        self.names.add(name)
        kind = dns.rdatatype.to_text(question.rdtype)
        ttl, values = self.rrsets.get((name, kind), (1, []))
        values = list(values)
        if self.mode == "shuffle":
            self.random.shuffle(values)
        if values:
            response.answer.append(dns.rrset.from_text(name, ttl, "IN", kind, *values))
        elif not any(key[0] == name for key in self.rrsets):
            response.set_rcode(dns.rcode.NXDOMAIN)
