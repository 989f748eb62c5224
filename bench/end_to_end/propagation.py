#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How soon a second proxy knows a room that was placed on the first.

Rooms are placed through the first proxy of each pair in turn, forwards and backwards by round; the
second one's table is then asked again and again on its admin socket. What is measured includes the
request itself and the question that found the room, so it is a little too long for everybody.
"""

import argparse
import csv
import os
import secrets
import shutil
import signal
import socket
import socketserver
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import proxies  # noqa: E402

PATIENCE_S = 10
SETTLE_S = 5  # not counted: HAProxys that just started give up their first connection again
GOAL_MS = 10  # median between two replicas


class Backend(socketserver.ThreadingTCPServer):
    """Shards that answer with the head they got."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 128

    class Handler(socketserver.StreamRequestHandler):
        """One connection."""

        disable_nagle_algorithm = True

        def handle(self):
            head = b""
            try:
                while line := self.rfile.readline():
                    head += line
                    if line == b"\r\n":
                        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
                                         % len(head) + head)
                        head = b""
            except ConnectionError:
                pass  # a health check

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Section:
    """Names of proxies that share a table, and where they listen for each other."""

    def __init__(self, *names):
        self.peers = {name: proxies.free_port() for name in names}
        self.gossip = {name: proxies.free_port() for name in names}


class SharingProxy(proxies.Proxy):
    """A proxy that shares its table with the others of its section."""

    def __init__(self, kind, name, section, folder, programs, ports):
        super().__init__(kind, os.path.join(folder, name), programs, ports)
        self.name, self.section = name, section
        self.socket_path = os.path.join(self.folder, "admin.sock")

    def _haproxy(self):
        text, suffix, arguments = super()._haproxy()
        text = text.replace("global\n", f"global\n  stats socket {self.socket_path}\n", 1)
        text = text.replace("expire 1d", "expire 1d peers bench")
        text += "\npeers bench\n" + "".join(f"  peer {name} 127.0.0.1:{port}\n"
                                            for name, port in self.section.peers.items())
        return text, suffix, ["-L", self.name, *arguments]

    def _router(self):
        text, suffix, arguments = super()._router()
        text = text.replace("name: bench", f"name: {self.name}")
        text += "stick_table: {expire: 1d, display_bytes: 128}\npeers:\n"
        if "haproxy" in self.section.peers:
            peers = ", ".join(f'{{name: {name}, address: "127.0.0.1:{port}"}}'
                              for name, port in self.section.peers.items())
            text += f"  haproxy: {{{self._listen(self.section.peers)}, peers: [{peers}]}}\n"
        else:
            others = ", ".join(f'"127.0.0.1:{port}"' for port in self.section.gossip.values())
            with open(os.path.join(self.folder, "psk"), "w", encoding="ascii") as file:
                file.write("11" * 32 + "\n")
            os.chmod(file.name, 0o600)
            text += (f"  {self._listen(self.section.gossip)}\n  tls: {{psk_file: psk}}\n"
                     f"  discovery: {{static: [{others}]}}\n")
        return text, suffix, arguments

    def _listen(self, ports):
        return f'listen: "127.0.0.1:{ports[self.name]}"'


class Pair:
    """Rooms are placed on one and looked for on the other."""

    def __init__(self, label, placer, finder):
        self.label, self.placer, self.finder = label, placer, finder
        self.from_request, self.from_answer = [], []  # ms

    def open(self):
        self.client = socket.create_connection(("127.0.0.1", self.placer.port))
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.table = socket.socket(socket.AF_UNIX)
        self.table.connect(self.finder.socket_path)
        self._ask("prompt")
        deadline = time.monotonic() + PATIENCE_S
        while self._place(room := "open" + secrets.token_hex(8)) != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.label}: no shard takes new rooms")
            time.sleep(0.1)
        self._find(room)

    def measure(self):
        room = "bench" + secrets.token_hex(8)
        begin = time.perf_counter()
        status = self._place(room)
        answered = time.perf_counter()
        self._find(room)
        found = time.perf_counter()
        if status != 200:
            raise RuntimeError(f"{self.label}: status {status}")
        self.from_request.append((found - begin) * 1e3)
        self.from_answer.append((found - answered) * 1e3)

    def forget(self):
        self.from_request.clear()
        self.from_answer.clear()

    def _place(self, room):
        """The answer's status."""
        self.client.sendall(f"GET /http-bind?room={room} HTTP/1.1\r\nHost: b\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._received()
        return int(head[9:12])

    def _received(self):
        data = self.client.recv(65536)
        if not data:
            raise RuntimeError(f"{self.label}: the connection ended")
        return data

    def _find(self, room):
        deadline = time.monotonic() + PATIENCE_S
        while f"key={room} " not in self._ask(f"show table jitsi-meet key {room}"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.label}: {room} was not found in {PATIENCE_S} s")

    def _ask(self, command):
        self.table.sendall(command.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"> "):
            data = self.table.recv(65536)
            if not data:
                raise RuntimeError(f"{self.label}: the admin socket was closed")
            answer += data
        return answer.decode()


def pairs_of(programs, folder, ports):
    def start(kind, name, section):
        proxy = SharingProxy(kind, name, section, folder, programs, ports)
        running.append(proxy)
        proxy.start()
        return proxy

    running, pairs = [], []
    try:
        section = Section("haproxy-a", "haproxy-b")
        pairs.append(Pair("two HAProxys, peers",
                          *[start("haproxy", name, section) for name in section.peers]))
        if programs["room-router"]:
            section = Section("replica-a", "replica-b")
            pairs.append(Pair("two replicas, gossip",
                              *[start("room-router", name, section) for name in section.peers]))
            section = Section("haproxy", "replica")
            ends = start("haproxy", "haproxy", section), start("room-router", "replica", section)
            pairs.append(Pair("HAProxy to replica, peers", *ends))
            pairs.append(Pair("replica to HAProxy, peers", *reversed(ends)))
        for pair in pairs:
            pair.open()
    except BaseException:
        stop(running)
        raise
    return pairs, running


def stop(running):
    for proxy in running:
        proxy.stop()


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def table(pairs):
    lines = ["| from one to the other | rooms | from the request: median | p99 | longest | "
             "from its answer: median | p99 |", "|---|---|---|---|---|---|---|"]
    for pair in pairs:
        first, second = pair.from_request, pair.from_answer
        figures = [statistics.median(first), quantile(first, 0.99), max(first),
                   statistics.median(second), quantile(second, 0.99)]
        lines.append(f"| {pair.label} | {len(first)} | "
                     + " | ".join(f"{figure:.2f} ms" for figure in figures) + " |")
    return "\n".join(lines)


def write_csv(path, pairs):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["pair", "round", "from_request_ms", "from_answer_ms"])
        for pair in pairs:
            for number, figures in enumerate(zip(pair.from_request, pair.from_answer)):
                writer.writerow([pair.label, number, *figures])


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", help="the room-router binary; without it only HAProxy runs")
    parser.add_argument("--haproxy", help="another HAProxy binary")
    parser.add_argument("--rounds", type=int, default=500, help="rooms per pair")
    parser.add_argument("--pause", type=float, default=0, help="milliseconds before each room")
    parser.add_argument("--results", default=os.path.join(
        os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "results"))
    return parser.parse_args()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    arguments = parse_arguments()
    programs = proxies.find_programs(arguments.router, arguments.haproxy)
    for program in ("haproxy", "room-router"):
        if programs[program]:
            print(f"{program}: {proxies.version(program, programs[program])}", file=sys.stderr)
    folder = tempfile.mkdtemp(prefix="room-router-bench-")
    backends = [Backend() for _ in range(proxies.SHARDS)]
    running = []
    try:
        ports = [backend.server_address[1] for backend in backends]
        pairs, running = pairs_of(programs, folder, ports)
        settled = time.monotonic() + SETTLE_S
        while time.monotonic() < settled:
            for pair in pairs:
                pair.measure()
        for pair in pairs:
            pair.forget()
        for number in range(arguments.rounds):
            for pair in pairs if number % 2 == 0 else reversed(pairs):
                time.sleep(arguments.pause / 1e3)
                pair.measure()
    finally:
        stop(running)
        shutil.rmtree(folder, ignore_errors=True)
    path = os.path.join(arguments.results, time.strftime("%Y%m%d-%H%M%S-propagation.csv"))
    write_csv(path, pairs)
    print(table(pairs))
    replicas = next((pair for pair in pairs if "gossip" in pair.label), None)
    if replicas:
        median = statistics.median(replicas.from_request)
        print(f"\ntwo replicas: median {median:.2f} ms, goal ≤ {GOAL_MS} ms: "
              + ("met" if median <= GOAL_MS else "missed"))
    print(f"written: {path}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except (proxies.StartError, RuntimeError) as error:
        sys.exit(f"propagation.py: {error}")
