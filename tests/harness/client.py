# SPDX-License-Identifier: Apache-2.0
"""A client that sends exactly the bytes it is given and reads responses strictly."""
import socket
import struct

CLIENT_DEADLINE = 15.0


class ProtocolError(AssertionError):
    """The response is not well-formed HTTP/1.x."""


class Closed(ProtocolError):
    """The connection ended where a response was due."""


class Response:
    def __init__(self, head):
        self.head = head
        lines = head[:-4].split(b"\r\n")
        parts = lines[0].split(b" ", 2)
        if len(parts) < 2 or parts[0] not in (b"HTTP/1.1", b"HTTP/1.0") or not parts[1].isdigit():
            raise ProtocolError(f"status line {lines[0]!r}")
        self.version = parts[0].decode()
        self.status = int(parts[1])
        self.fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(b":")
            if not colon or name != name.strip() or not name:
                raise ProtocolError(f"field line {line!r}")
            self.fields.append((name.decode("latin-1").lower(), value.strip().decode("latin-1")))
        self.body = b""
        self.chunked = False
        self.trailers = []
        self.interim = []  # 1xx that came before it

    def all(self, name):
        return [value for field, value in self.fields if field == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default


class RawClient:
    def __init__(self, port, host="127.0.0.1", source=None, deadline=CLIENT_DEADLINE):
        self.sock = socket.create_connection((host, port), timeout=deadline,
                                             source_address=(source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.raw = bytearray()  # everything received

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # an early refusal ended it; what was answered is still readable

    def _fill(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        self.raw += data
        return bool(data)

    def read(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise Closed(f"ended after {len(self.buffer)} of {count} bytes: "
                             f"{bytes(self.buffer[:200])!r}")
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise Closed(f"ended before {mark!r}: {bytes(self.buffer[:200])!r}")
        return self.read(self.buffer.index(mark) + len(mark))

    def read_rest(self):
        while self._fill():
            pass
        return self.read(len(self.buffer))

    def read_head(self):
        return Response(self.read_until(b"\r\n\r\n"))

    def read_response(self, method="GET"):
        interim = []
        response = self.read_head()
        while 100 <= response.status < 200 and response.status != 101:
            interim.append(response)
            response = self.read_head()
        response.interim = interim
        if response.status == 101 or method == "HEAD" or response.status in (204, 304):
            return response
        codings = response.all("transfer-encoding")
        lengths = response.all("content-length")
        if codings:
            if codings != ["chunked"] or lengths:
                raise ProtocolError(f"framing {codings} {lengths}")
            response.chunked = True
            self._read_chunks(response)
        elif lengths:
            if len(lengths) != 1 or not lengths[0].isdigit():
                raise ProtocolError(f"Content-Length {lengths}")
            response.body = self.read(int(lengths[0]))
        else:
            response.body = self.read_rest()
        return response

    def _read_chunks(self, response):
        while True:
            line = self.read_until(b"\r\n")
            size = int(line[:-2].split(b";")[0], 16)
            if size == 0:
                break
            response.body += self.read(size)
            if self.read(2) != b"\r\n":
                raise ProtocolError("chunk without its CRLF")
        while True:
            line = self.read_until(b"\r\n")
            if line == b"\r\n":
                return
            name, _, value = line[:-2].partition(b":")
            response.trailers.append((name.decode().lower(), value.strip().decode()))

    def request(self, data, method="GET"):
        self.send(data)
        return self.read_response(method)

    def at_end(self, deadline=CLIENT_DEADLINE):
        """Whether the peer closes without another byte."""
        if self.buffer:
            return False
        before = self.sock.gettimeout()
        self.sock.settimeout(deadline)
        try:
            return not self._fill()
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(before)


class TlsClient(RawClient):
    def __init__(self, port, context, host="meet.test", before=b"", **kwargs):
        super().__init__(port, **kwargs)
        self.sock.sendall(before)
        try:
            self.sock = context.wrap_socket(self.sock, server_hostname=host)
        except Exception:
            self.close()
            raise

    def names(self):
        return [name for kind, name in self.sock.getpeercert()["subjectAltName"] if kind == "DNS"]


def get(target="/http-bind?room=r", host="meet.test", fields="", method="GET", version="1.1"):
    text = f"{method} {target} HTTP/{version}\r\n"
    text += f"Host: {host}\r\n" if host is not None else ""
    return (text + fields + "\r\n").encode("latin-1")


def fetch(port, target, fields="", host="meet.test", source=None):
    """One request on its own connection."""
    with RawClient(port, source=source) as client:
        return client.request(get(target, host, "Connection: close\r\n" + fields))


WEBSOCKET_FIELDS = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Protocol: xmpp\r\n")
SWITCHING = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
             b"Sec-WebSocket-Protocol: xmpp\r\n\r\n")


def upgrade(target="/xmpp-websocket?room=r", host="meet.test"):
    return get(target, host, WEBSOCKET_FIELDS)
