# SPDX-License-Identifier: Apache-2.0
"""Between a router and a real DNS server: counts what passes, and holds answers up on request."""
import collections
import socket
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype

from harness.dns import close, listen
from harness.ports import free_port


class DnsRelay:
    """`delay`: seconds by which answers over UDP come late.

    What it saw: `asked` (name, type) → questions, `payloads` (what EDNS offered), `truncated`
    answers, `by_tcp` questions, `orders` of targets, `sparse` answers (targets without addresses).
    """

    def __init__(self, server):
        self.host, _, port = server.rpartition(":")
        self.server, self.port = (self.host, int(port)), free_port()
        self.delay, self.asked = 0, collections.Counter()
        self.payloads, self.orders, self.truncated, self.by_tcp, self.sparse = set(), set(), 0, 0, 0
        self.lock, self.stopped, self.sockets = threading.Lock(), threading.Event(), []

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.sockets = listen(self.port, self._datagrams, self._connections)
        return self

    def stop(self):
        self.stopped.set()
        close(list(self.sockets))

    def questions(self, kind, name=None):
        """So many of this type so far, about one name or all."""
        with self.lock:
            return sum(count for (asked, kinds), count in self.asked.items()
                       if kinds == kind and name in (None, asked))

    def _datagrams(self, sock):
        while not self.stopped.is_set():
            try:
                data, client = sock.recvfrom(4096)
            except OSError:
                return
            if client is not None:
                threading.Thread(target=self._exchange, args=(sock, data, client), daemon=True).start()

    def _exchange(self, sock, data, client):
        self._note_question(data)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
            upstream.settimeout(5)
            try:
                upstream.connect(self.server)
                upstream.send(data)
                answer = upstream.recv(65535)
                self._note_answer(answer)
                self.stopped.wait(self.delay)
                sock.sendto(answer, client)
            except OSError:
                pass  # the server is dead, or this relay has been stopped

    def _connections(self, listener):
        while not self.stopped.is_set():
            try:
                client, _ = listener.accept()
                upstream = socket.create_connection(self.server, timeout=60)
            except ConnectionRefusedError:
                client.close()
                continue
            except OSError:
                return
            self.sockets += [client, upstream]
            for source, sink, note in ((client, upstream, self._note_tcp_question),
                                       (upstream, client, self._note_answer)):
                threading.Thread(target=self._pump, args=(source, sink, note), daemon=True).start()

    @staticmethod
    def _pump(source, sink, note):
        try:
            while size := source.recv(2, socket.MSG_WAITALL):
                data = source.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
                if len(data) < int.from_bytes(size, "big"):
                    break
                note(data)
                sink.sendall(size + data)
        except OSError:
            pass
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _note_tcp_question(self, data):
        with self.lock:
            self.by_tcp += 1
        self._note_question(data)

    def _note_question(self, data):
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        with self.lock:
            self.asked[name, dns.rdatatype.to_text(question.rdtype)] += 1
            self.payloads.add(query.payload)

    def _note_answer(self, data):
        try:
            answer = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        except dns.exception.DNSException:
            return  # cut short by the server
        targets = tuple(item.target.to_text() for rrset in answer.answer for item in rrset
                        if rrset.rdtype == dns.rdatatype.SRV)
        offered = {rrset.name.to_text() for rrset in answer.additional}
        with self.lock:
            self.truncated += bool(answer.flags & dns.flags.TC)
            if targets:
                self.orders.add(targets)
                self.sparse += bool(set(targets) - offered)
