# SPDX-License-Identifier: Apache-2.0
"""Agents as HAProxy's agent-check asks them: one port for all shards, which are told by the line sent.

`words[shard]` is what a shard's agent says; one without words takes the connection and is silent.
"""
import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        shard = self.rfile.readline().decode().strip()
        self.server.owner.asked.append(shard)
        words = self.server.owner.words.get(shard)
        if words is not None:
            self.wfile.write(words.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Agents:
    def __init__(self):
        self.words = {}
        self.asked = []  # names of shards, in order
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.owner = self
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def check(self):
        """The item of shards.health.checks."""
        return {"type": "agent", "port": self.server.server_address[1], "send": "{shard}"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
