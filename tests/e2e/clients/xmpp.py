# SPDX-License-Identifier: Apache-2.0
"""Occupants that speak XMPP over websocket (RFC 7395) with stream resumption (XEP-0198).

After a lost connection an occupant asks to resume through the next replica, with ?previd= as Jitsi's
client does, and joins anew only when the shard does not know the stream.
"""
import asyncio
import os
import struct
import xml.etree.ElementTree as xml

from harness.loop_thread import LoopThread

SM = "urn:xmpp:sm:3"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
RETRY = 0.1  # seconds between two attempts to connect


class Websocket:
    """Just enough of RFC 6455 for a client: text frames, ping, close."""

    @classmethod
    async def open(cls, port, target, host, address="127.0.0.1"):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(address, port)
        self.writer.write((f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
                           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           "Sec-WebSocket-Protocol: xmpp\r\n\r\n").encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            self.close()
            raise ConnectionError(head.split(b"\r\n")[0].decode())
        return self

    def close(self):
        self.writer.close()

    def _send_frame(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        length = (bytes([0x80 | size]) if size < 126 else
                  bytes([0x80 | 126]) + struct.pack(">H", size) if size < 65536 else
                  bytes([0x80 | 127]) + struct.pack(">Q", size))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.writer.write(bytes([0x80 | opcode]) + length + mask + masked)

    def send(self, text):
        self._send_frame(1, text.encode())

    async def receive(self):
        """The next text message; ConnectionError at the end."""
        message = b""
        while True:
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size, = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                size, = struct.unpack(">Q", await self.reader.readexactly(8))
            payload = await self.reader.readexactly(size)
            opcode = first & 0x0F
            if opcode == 8:
                raise ConnectionError("closed by the shard")
            if opcode == 9:
                self._send_frame(10, payload)
            elif opcode in (0, 1):
                message += payload
                if first & 0x80:
                    return message.decode()


def _tag(element):
    return element.tag.rpartition("}")[2]


class XmppOccupant:
    def __init__(self, clients, name, room, muc, services):
        self.clients, self.name, self.room, self.muc = clients, name, room, muc
        self.host = muc.removeprefix("muc.")
        # (port, target) of each replica, in order of preference; port, target, address if not on
        # loopback.
        self.services = services
        self.here, self.sees, self.heard = False, set(), set()
        self.joins = self.resumes = self.losses = self.tries = 0
        self.failures = []
        self.stream_id, self.handled, self.socket, self.outbox = None, 0, None, []
        self.nick, self.life = None, None

    def cut(self):
        """Its connection ends, as when nothing has come through it for too long."""
        self.clients.loop.call_soon_threadsafe(lambda: self.socket and self.socket.close())

    def leave(self):
        """Out of the room, for good: the stream is closed, so there is nothing to resume."""
        self.clients.run(self._leave())

    async def _leave(self):
        assert self.here, f"{self.name} cannot leave a room it is not in"
        self.socket.send(f'<presence xmlns="jabber:client" to="{self.room}@{self.muc}/{self.nick}" '
                         'type="unavailable"/>')
        self.socket.send(f'<close xmlns="{FRAMING}"/>')
        await self.socket.writer.drain()
        self.here = False
        self.life.cancel()

    def say(self, text):
        text = (f'<message xmlns="jabber:client" to="{self.room}@{self.muc}" type="groupchat">'
                f"<body>{text}</body></message>")
        self.clients.loop.call_soon_threadsafe(self._send_or_keep, text)

    def _send_or_keep(self, text):
        if self.here:
            self.socket.send(text)
        else:
            self.outbox.append(text)

    # -- one stream after the other
    async def live(self):
        while True:
            try:
                await self._stream()
            except (OSError, asyncio.IncompleteReadError, xml.ParseError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
                if self.here:
                    self.losses += 1
                self.here = False
                await self.clients.pause(RETRY)

    async def _stream(self):
        port, target, *address = self.services[self.tries % len(self.services)]
        self.tries += 1
        if self.stream_id:
            target += f"&previd={self.stream_id}"
        self.socket = await Websocket.open(port, target, self.host, *address)
        pinging = self.clients.ping and asyncio.ensure_future(self._ping())
        try:
            await self._log_in()
            if not (self.stream_id and await self._resume()):
                await self._join()
            self.here = True
            for text in self.outbox:
                self.socket.send(text)
            self.outbox.clear()
            while True:
                self._handle(await self._next())
        finally:
            if pinging:
                pinging.cancel()
            self.socket.close()

    async def _ping(self):
        """As Jitsi's client: after a silence ask; after two questions without answer give up."""
        unanswered = 0
        while unanswered < 2:
            self.silent = True
            await self.clients.pause(self.clients.ping)
            if not self.silent:
                unanswered = 0
            elif self.here:
                self.socket.send(f'<iq xmlns="jabber:client" type="get" id="ping" to="{self.host}">'
                                 '<ping xmlns="urn:xmpp:ping"/></iq>')
                await self.clients.pause(self.clients.ping / 2)
                unanswered = unanswered + 1 if self.silent else 0
        self.socket.close()

    async def _next(self):
        element = xml.fromstring(await self.socket.receive())
        self.silent = False
        if _tag(element) in ("close", "error"):
            raise ConnectionError("stream closed: " + xml.tostring(element).decode()[:200])
        return element

    async def _expect(self, *tags):
        while True:
            element = await self._next()
            if _tag(element) in tags:
                return element
            self._handle(element)

    async def _open(self):
        self.socket.send(f'<open xmlns="{FRAMING}" to="{self.host}" version="1.0"/>')
        await self._expect("open")
        await self._expect("features")

    async def _log_in(self):
        await self._open()
        self.socket.send('<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>')
        await self._expect("success")
        await self._open()

    async def _resume(self):
        self.socket.send(f'<resume xmlns="{SM}" previd="{self.stream_id}" h="{self.handled}"/>')
        answer = await self._expect("resumed", "failed")
        if _tag(answer) == "failed":
            self.stream_id = None
            return False
        self.resumes += 1
        return True

    async def _join(self):
        self.sees.clear()
        self.nick = f"{self.name}.{self.joins}"
        self.socket.send('<iq xmlns="jabber:client" type="set" id="bind">'
                         '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>')
        await self._expect("iq")
        self.socket.send(f'<enable xmlns="{SM}" resume="true"/>')
        self.stream_id = (await self._expect("enabled")).get("id")
        self.handled = 0
        self.socket.send(f'<presence xmlns="jabber:client" to="{self.room}@{self.muc}/{self.nick}">'
                         '<x xmlns="http://jabber.org/protocol/muc"/></presence>')
        while self.name not in self.sees:
            self._handle(await self._next())
        self.joins += 1

    def _handle(self, element):
        kind = _tag(element)
        if kind == "r":
            self.socket.send(f'<a xmlns="{SM}" h="{self.handled}"/>')
        if kind not in ("iq", "presence", "message"):
            return
        self.handled += 1
        if kind == "presence" and element.get("type") is None:
            self.sees.add(element.get("from").rpartition("/")[2].rpartition(".")[0])
        for child in element:
            if kind == "message" and _tag(child) == "body":
                self.heard.add(child.text)


class XmppClients(LoopThread):
    """The event loop of all XmppOccupants, in a thread of its own.

    `ping`: seconds of silence after which an occupant asks whether the shard is there; 0: never.
    """

    def __init__(self, ping=0):
        super().__init__()
        self.ping = ping

    async def pause(self, seconds):
        waiter = self.loop.create_future()
        self.loop.call_later(seconds, lambda: waiter.done() or waiter.set_result(None))
        await waiter

    def join(self, name, room, muc, services):
        occupant = XmppOccupant(self, name, room, muc, services)
        # The loop holds tasks weakly: unheld, one that waits for its first answer may be collected.
        occupant.life = asyncio.run_coroutine_threadsafe(occupant.live(), self.loop)
        return occupant
