# SPDX-License-Identifier: Apache-2.0
"""A shard that says who it is and whom it answers, and that can be killed, stopped and slowed down.

A request says in X-Nonce who it is, in X-Size how long the answer shall be, in X-Hold how many seconds
it may take; the answer repeats the nonce, names the shard in X-Served-By and what came as a body in X-Body.
"""
import asyncio
import random
import struct
import socket

from harness.client import SWITCHING
from harness.ports import free_port
from harness.shard import Request
from soak.content import chunked, content, digest, pieces
from soak.frames import CLOSE, PING, PONG, frame, read_frame

_GONE = (ConnectionError, asyncio.IncompleteReadError)


class EchoShard:
    """Lives on an event loop; every coroutine of it runs there."""

    def __init__(self, name, host):
        self.name, self.host, self.port = name, host, free_port(host)
        self.server, self.writers = None, set()
        self.awake, self.delay = asyncio.Event(), 0.0
        self.awake.set()
        self.answered, self.wrong = 0, []  # what no router may send

    # -- life
    async def start(self):
        self.server = await asyncio.start_server(self._serve, self.host, self.port, backlog=1024)

    async def kill(self):
        """Refuses connections, and resets those it has."""
        self.server.close()
        for writer in [writer for writer in self.writers if not writer.transport.is_closing()]:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                       struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def stop(self):
        """Takes connections and bytes, as a stopped process does, but answers nothing."""
        self.awake.clear()

    async def go_on(self):
        self.awake.set()

    # -- requests
    async def _serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.awake.wait()
                if not await self._answer(Request(head, None), reader, writer):
                    break
        except _GONE:
            pass
        except (ValueError, IndexError, asyncio.LimitOverrunError) as error:
            self.wrong.append(f"{self.name} cannot read a request: {error!r}")
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _answer(self, request, reader, writer):
        if request.target == "/health":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return True
        nonces = request.all("x-nonce")
        if len(nonces) != 1:
            self.wrong.append(f"{self.name} was sent {request.head!r}")
            return False
        self.answered += 1
        if request.all("upgrade"):
            await self._tunnel(nonces[0], reader, writer)
            return False
        await self._answer_held(request, nonces[0], reader, writer)
        return True

    async def _answer_held(self, request, nonce, reader, writer):
        body = await _body(request, reader)
        await self._wait(self.delay + float((request.all("x-hold") or ["0"])[0]))
        chance, answer = random.Random(nonce), content(nonce, int(request.one("x-size")))
        in_chunks = chance.random() < 0.5
        framing = "Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(answer)}"
        writer.write(f"HTTP/1.1 200 OK\r\nX-Nonce: {nonce}\r\nX-Served-By: {self.name}\r\n"
                     f"X-Body: {digest(body)}\r\n{framing}\r\n\r\n".encode())
        for part in chunked(answer, chance) if in_chunks else pieces(answer, chance):
            await self.awake.wait()
            writer.write(part)
            await writer.drain()

    async def _tunnel(self, nonce, reader, writer):
        await self._wait(self.delay)
        writer.write(SWITCHING.replace(b"\r\n\r\n", f"\r\nX-Nonce: {nonce}\r\nX-Served-By: "
                                       f"{self.name}\r\n\r\n".encode()))
        while True:
            opcode, payload = await read_frame(reader)
            await self.awake.wait()
            writer.write(frame(PONG if opcode == PING else opcode, payload, masked=False))
            await writer.drain()
            if opcode == CLOSE:
                return

    async def _wait(self, seconds):
        if seconds > 0:
            later = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(seconds, _wake, later)
            await later
        await self.awake.wait()


def _wake(future):
    if not future.done():
        future.set_result(None)


async def _body(request, reader):
    if not request.all("transfer-encoding"):
        lengths = request.all("content-length")
        return await reader.readexactly(int(lengths[0])) if lengths else b""
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    if await reader.readexactly(2) != b"\r\n":
        raise ValueError("trailers that nobody sent")
    return body
