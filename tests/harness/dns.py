# SPDX-License-Identifier: Apache-2.0
"""DNS for discovery: the records of shards, and a server that misbehaves on request."""
import random
import socket
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from harness.ports import free_port

DOMAIN = "web.jitsi.test"
SRV_NAME = f"_http._tcp.{DOMAIN}"


def records(shards, ttl=1, service=SRV_NAME):
    """SRV and A lines for things with name, host and port; `name` is the first label."""
    domain = service.split(".", 2)[2]
    lines = [f"{service}. {ttl} IN SRV 10 100 {s.port} {s.name}.{domain}." for s in shards]
    lines += [f"{s.name}.{domain}. {ttl} IN A {s.host}" for s in shards]
    return lines


def listen(port, datagrams, connections, host="127.0.0.1"):
    """A UDP and a TCP socket, each with a thread that runs its function on it."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, port))
    tcp = socket.socket()
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind((host, port))
    tcp.listen()
    threading.Thread(target=datagrams, args=(udp,), daemon=True).start()
    threading.Thread(target=connections, args=(tcp,), daemon=True).start()
    return [udp, tcp]


def close(sockets):
    """Ends the reads of their threads too."""
    for sock in sockets:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


class ScriptedDns:
    """Answers from a list of record lines; `mode` says how it misbehaves.

    good | shuffle (another order each time) | servfail | nxdomain | empty | silent | truncate (TC on
    UDP, all over TCP) | garbage.
    """

    def __init__(self, lines=(), mode="good", seed=1, host="127.0.0.1"):
        self.mode, self.queries, self.host, self.port = mode, 0, host, free_port(host)
        self.names = set()  # that were asked for
        self.random = random.Random(seed)
        self.set(lines)
        self.sockets = []

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def set(self, lines):
        rrsets = {}
        for line in lines:
            name, ttl, _, kind, data = line.split(" ", 4)
            rrsets.setdefault((name.lower(), kind), (int(ttl), []))[1].append(data)
        self.rrsets = rrsets  # at once: questions are being answered

    def start(self):
        self.sockets = listen(self.port, self._udp, self._tcp, self.host)
        return self

    def stop(self):
        close(self.sockets)

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
