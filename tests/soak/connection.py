# SPDX-License-Identifier: Apache-2.0
"""A client's connection to a replica; whatever it waits for has to come within BOUND."""
import asyncio
import contextlib
import socket
import ssl
import struct

from harness.client import WEBSOCKET_FIELDS, ProtocolError, Response
from soak.content import content, digest
from soak.frames import frame, read_frame

BOUND = 90.0  # seconds for an answer or a close; far above every timeout of the router
HOST = "meet.test"
REFUSALS = (502, 503, 504)


class Violation(AssertionError):
    """What must never be."""


class Refused(Exception):
    """The router says that it cannot serve this now."""


class Ended(Exception):
    """The connection ended before there was an answer."""


@contextlib.asynccontextmanager
async def bounded(what):
    """Ends that are allowed while things break, told from those that never are."""
    try:
        async with asyncio.timeout(BOUND):
            yield
    except TimeoutError:
        raise Violation(f"stuck: {what} takes more than {BOUND:g} s") from None
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise Ended(f"{what}: {error!r}") from None
    except ssl.SSLError as error:
        if error.reason == "APPLICATION_DATA_AFTER_CLOSE_NOTIFY":
            raise Ended(f"{what}: {error!r}") from None
        raise Violation(f"{what}: {error!r}") from None
    except (ProtocolError, ValueError, asyncio.LimitOverrunError) as error:
        raise Violation(f"{what}: {error!r}") from None


class Asked:
    """A request whose answer can be told from all others."""

    def __init__(self, nonce, target, method="GET", size=0, body=b"", hold=0.0, fields=""):
        self.nonce, self.target, self.method = nonce, target, method
        self.size, self.body, self.hold, self.fields = size, body, hold, fields

    def head(self, framing=""):
        return (f"{self.method} {self.target} HTTP/1.1\r\nHost: {HOST}\r\nX-Nonce: {self.nonce}\r\n"
                f"X-Size: {self.size}\r\nX-Hold: {self.hold:.3f}\r\n{framing}{self.fields}\r\n").encode()

    def check(self, response):
        """The shard that answered, and whether the router names it; Refused or Violation."""
        nonces = response.all("x-nonce")
        if not nonces and response.status in REFUSALS:
            raise Refused(response.status)
        if nonces != [self.nonce]:
            raise Violation(f"{self.nonce} got an answer for {nonces}: {response.head!r}")
        if response.status != 101 and response.body != content(self.nonce, self.size):
            raise Violation(f"{self.nonce}: its answer of {self.size} bytes has {len(response.body)} "
                            "others")
        if response.status != 101 and response.all("x-body") != [digest(self.body)]:
            raise Violation(f"{self.nonce}: the shard got {response.all('x-body')} for a body of "
                            f"{digest(self.body)}")
        named, served = response.all("x-jitsi-shard"), response.all("x-served-by")
        if named and named != served:
            raise Violation(f"{self.nonce}: served by another shard than named: {response.head!r}")
        return served[0], bool(named)


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, host, port, context):
        how = {"ssl": context, "server_hostname": HOST, "ssl_handshake_timeout": 2 * BOUND} if context else {}
        async with bounded(f"connecting to {host}:{port}"):
            return cls(*await asyncio.open_connection(host, port, **how))

    def serial(self):
        """Of the certificate that was shown."""
        return self.writer.get_extra_info("peercert")["serialNumber"]

    def end(self):
        self.writer.transport.abort()

    def reset(self):
        if not self.writer.transport.is_closing():
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                            struct.pack("ii", 1, 0))
        self.end()

    async def send(self, data):
        async with bounded("sending"):
            self.writer.write(data)
            await self.writer.drain()

    def half_close(self):
        self.writer.write_eof()

    async def answer(self, asked):
        """As Asked.check."""
        async with bounded(f"the answer to {asked.method} {asked.target} ({asked.nonce})"):
            response = Response(await self.reader.readuntil(b"\r\n\r\n"))
            if response.status != 101:
                await self._read_body(response)
        return asked.check(response)

    async def _read_body(self, response):
        if response.all("transfer-encoding") == ["chunked"] and not response.all("content-length"):
            while size := int((await self.reader.readuntil(b"\r\n"))[:-2], 16):
                response.body += await self.reader.readexactly(size)
                if await self.reader.readexactly(2) != b"\r\n":
                    raise ProtocolError("a chunk without its end")
            if await self.reader.readexactly(2) != b"\r\n":
                raise ProtocolError("trailers that nobody sent")
        else:
            lengths = response.all("content-length")
            if len(lengths) != 1 or response.all("transfer-encoding"):
                raise ProtocolError(f"framing of {response.head!r}")
            response.body = await self.reader.readexactly(int(lengths[0]))

    async def ask(self, asked, framing=""):
        await self.send(asked.head(framing) + asked.body)
        return await self.answer(asked)

    async def upgrade(self, asked):
        asked.fields = WEBSOCKET_FIELDS
        return await self.ask(asked)

    async def echo(self, opcode, payload, expected):
        """Sends a frame and takes what comes back."""
        await self.send(frame(opcode, payload, masked=True))
        async with bounded(f"the echo of {len(payload)} bytes"):
            came = await read_frame(self.reader)
        if came != (expected, payload):
            raise Violation(f"a websocket sent {len(payload)} bytes and got {came[0]}, "
                            f"{len(came[1])} others")

    async def rest(self):
        """All that comes until the router closes."""
        async with bounded("the router's close"):
            data = b""
            while more := await self.reader.read(65536):
                data += more
        return data

    async def heads(self, count):
        """The heads of so many answers without bodies."""
        found, left = [], b""
        async with bounded(f"{count} answers"):
            while len(found) < count:
                data = await self.reader.read(1 << 18)
                if not data:
                    raise ConnectionError(f"closed after {len(found)} of {count} answers")
                *whole, left = (left + data).split(b"\r\n\r\n")
                found += whole
        return found
