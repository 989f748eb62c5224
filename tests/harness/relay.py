# SPDX-License-Identifier: Apache-2.0
"""One replica's way to one shard, which a test can cut and mend."""
import socket
import threading


class Relay:
    """Stands in a replica's list of shards for `shard`, under its name."""

    def __init__(self, shard):
        self.name, self.host = shard.name, "127.0.0.1"
        self.target, self.port = (shard.host, shard.port), 0
        self.listener, self.pairs = None, []
        self.mend()

    def mend(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """Refuses connections and ends those it has."""
        listener, self.listener = self.listener, None
        if listener is None:
            return
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        pairs, self.pairs = self.pairs, []
        for sock in (sock for pair in pairs for sock in pair):
            _end(sock)

    stop = cut

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                if self.listener is not listener:
                    return
                client.close()
                continue
            server.settimeout(None)
            self.pairs.append((client, server))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    _end(source)
    _end(sink)


def _end(sock):
    """For both who read from it and who write to it; the descriptor goes with its last user."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
