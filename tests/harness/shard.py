# SPDX-License-Identifier: Apache-2.0
"""A shard under the test's control: raw sockets, records every byte, answers what it is told.

`handler(connection, request)` is called for each request head; it may answer, wait, close, reset or
half-close. The default reads the body as framed and sends `answer`. With `tls`, an ssl.SSLContext, it
speaks TLS; `announced` connections begin with a PROXY protocol header, version 2.
"""
import socket
import ssl
import struct
import threading

from harness.waiting import eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Request:
    def __init__(self, head, connection):
        self.head = head  # bytes, empty line included
        self.body = b""  # as received, chunk framing included
        self.connection = connection
        lines = head[:-4].split(b"\r\n")
        self.line = lines[0].decode("latin-1")
        self.method, self.target = (self.line.split(" ") + ["", ""])[:2]
        self.fields = []
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            self.fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))

    def all(self, name):
        return [value for field, value in self.fields if field == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values} in {self.head!r}"
        return values[0]


class Connection:
    """The shard's end of one connection from the router."""

    def __init__(self, shard, sock, index):
        self.shard, self.sock, self.index = shard, sock, index
        self.preface = b""  # the PROXY header
        self.received = bytearray()  # everything after it, ever
        self.pending = bytearray()  # received, not yet consumed
        self.ended = threading.Event()  # the router has half-closed or closed
        self.closed = False
        self.changed = threading.Condition()

    def fill(self):
        """One read; False at the end of the stream."""
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        with self.changed:
            self.received += data
            self.pending += data
            if not data:
                self.ended.set()
            self.changed.notify_all()
        return bool(data)

    def take_until(self, mark):
        while mark not in self.pending:
            if not self.fill():
                return None
        end = self.pending.index(mark) + len(mark)
        return self.take(end)

    def take(self, count):
        while len(self.pending) < count:
            if not self.fill():
                break
        data = bytes(self.pending[:count])
        del self.pending[:count]
        return data

    def take_rest(self):
        while self.fill():
            pass
        return self.take(len(self.pending))

    def take_body(self, request):
        """The body by its framing, raw."""
        if request.all("transfer-encoding"):
            raw = b""
            while True:
                line = self.take_until(b"\r\n")
                if line is None:
                    return raw
                raw += line
                size = int(line.split(b";")[0], 16)
                if size == 0:
                    break
                raw += self.take(size + 2)
            while not raw.endswith(b"\r\n\r\n"):
                line = self.take_until(b"\r\n")
                if line is None:
                    return raw
                raw += line
            return raw
        lengths = request.all("content-length")
        return self.take(int(lengths[0])) if lengths else b""

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # the router went first; the test looks at what it needs

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def announce_end(self):
        """TLS's own end, which tells a whole body from one cut short."""
        self.sock.unwrap()

    def close(self):
        self.closed = True
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        self.closed = True
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RecordingShard:
    def __init__(self, name="shard-0", host="127.0.0.1", port=0, tls=None, announced=False):
        self.name, self.host, self.port = name, host, port
        self.tls, self.announced = tls, announced
        self.refusals = []  # why there was no TLS with a connection
        self.answer = OK
        self.handler = self.answer_framed
        self.requests = []
        self.connections = []
        self.lock = threading.Lock()
        self.listener = None

    # -- life
    def start(self):
        self.listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host, self.port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def stop(self):
        """Refuses connections from now on and closes those it has."""
        if self.listener is not None:
            listener, self.listener = self.listener, None
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in list(self.connections):
            if not connection.closed:
                connection.close()

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                connection = Connection(self, sock, len(self.connections))
                self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.prepare(connection)
            while not connection.closed:
                head = connection.take_until(b"\r\n\r\n")
                if head is None:
                    break
                request = Request(head, connection)
                with self.lock:
                    self.requests.append(request)
                self.handler(connection, request)
        except ssl.SSLError as error:
            self.refusals.append(error.reason)
        except (OSError, ValueError, IndexError):
            pass
        finally:
            if not connection.closed:
                connection.close()

    def prepare(self, connection):
        """What goes before HTTP."""
        if self.announced:
            fixed = connection.sock.recv(16, socket.MSG_WAITALL)
            rest = struct.unpack("!H", fixed[14:])[0] if len(fixed) == 16 else 0
            more = connection.sock.recv(rest, socket.MSG_WAITALL) if rest else b""
            connection.preface = fixed + more
        if self.tls:
            connection.sock = self.tls.wrap_socket(connection.sock, server_side=True)

    # -- answers
    def answer_framed(self, connection, request):
        request.body = connection.take_body(request)
        answer = self.answer(request) if callable(self.answer) else self.answer
        connection.send(answer)

    def reset_script(self, answer=OK):
        self.answer = answer
        self.handler = self.answer_framed

    # -- what it saw
    def mark(self):
        with self.lock:
            return len(self.requests)

    def seen(self, since=0, targets_without=None):
        with self.lock:
            requests = self.requests[since:]
        if targets_without is None:
            return requests
        return [r for r in requests if targets_without not in r.target]

    def wait_for_requests(self, count, since=0, deadline=20):
        eventually(lambda: len(self.seen(since)) >= count,
                   f"{self.name} sees {count} requests", deadline)
        return self.seen(since)

    @property
    def used_connections(self):
        """Connections that carried bytes (health checks only open and close)."""
        return [c for c in self.connections if c.received]


def identified(name, body=None):
    """An answer whose body names the shard."""
    text = (body or name).encode()
    return (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
            % len(text)) + text
