# SPDX-License-Identifier: Apache-2.0
"""People who join new rooms at nearly the same moment, and shards that need a while to answer."""
import asyncio
import itertools

from harness.loop_thread import LoopThread

ANSWER_AFTER = 0.050  # seconds
AT_ONCE = 30  # rooms
RETRY, RETRIES = 0.050, 200  # seconds between attempts, attempts
_serial = itertools.count()


class SlowShard:
    """Answers every request with its name, ANSWER_AFTER seconds later."""

    def __init__(self, name, loop):
        self.name, self.host, self.loop = name, "127.0.0.1", loop

    async def open(self):
        self.server = await asyncio.start_server(self._serve, self.host, 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        body = self.name.encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.loop.call_later(ANSWER_AFTER, writer.write, answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()


class Stage(LoopThread):
    """Shards and joining clients on one event loop in a thread."""

    def __init__(self, shards=3):
        super().__init__()
        self.shards, self.come_again = [], 0  # answers 503 with Retry-After
        for _ in range(shards):
            self.add_shard()

    def add_shard(self):
        shard = SlowShard(f"shard-{len(self.shards)}", self.loop)
        self.run(shard.open())
        self.shards.append(shard)

    async def _until(self, moment):
        waiter = self.loop.create_future()
        self.loop.call_at(moment, waiter.set_result, None)
        await waiter

    async def _join(self, port, room, moment):
        """The shard that answered; a client who is told to come again later (503) does."""
        for _ in range(RETRIES):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await self._until(moment)
            writer.write(f"GET /http-bind?room={room} HTTP/1.1\r\nHost: meet.test\r\n"
                         "Connection: close\r\n\r\n".encode())
            answer = await reader.read()
            writer.close()
            if not (answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: " in answer):
                break
            self.come_again += 1
            moment = self.loop.time() + RETRY
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        return answer.rpartition(b"\r\n\r\n")[2].decode()

    async def _race(self, ports, skew, limit):
        async with limit:
            room, start = f"race{next(_serial)}", self.loop.time() + 0.02
            answers = await asyncio.gather(*(self._join(port, room, start + number * skew / 1000)
                                             for number, port in enumerate(ports)))
            return room, set(answers)

    async def _races(self, starts):
        limit = asyncio.Semaphore(AT_ONCE)
        return dict(await asyncio.gather(*(self._race(ports, skew, limit)
                                           for ports, skew in starts)))

    def races(self, starts):
        """For each (ports, milliseconds between joins): new room → the shards that answered."""
        return self.run(self._races(starts))

    async def _visits(self, port, rooms):
        limit = asyncio.Semaphore(2 * AT_ONCE)

        async def visit(room):
            async with limit:
                return room, await self._join(port, room, self.loop.time())

        return dict(await asyncio.gather(*map(visit, rooms)))

    def visits(self, port, rooms):
        """Room → the shard that answers there now."""
        return self.run(self._visits(port, rooms))


def split(rooms):
    """How many of them have people on several shards."""
    return sum(len(shards) > 1 for shards in rooms.values())
