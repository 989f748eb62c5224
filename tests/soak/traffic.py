# SPDX-License-Identifier: Apache-2.0
"""Clients of all kinds on one event loop in a thread, each following its script."""
import asyncio
import collections
import contextlib
import itertools
import random

from harness.loop_thread import LoopThread
from harness.pipeline import SHARD, question
from soak.connection import Asked, Connection, Ended, Refused, Violation, bounded
from soak.content import chunked, pieces
from soak.frames import BINARY, CLOSE, PING, PONG
from soak.hostile import HOSTILE, SLOW
from soak.script import ROOMS, actions, room_name, visits
from soak.splits import Splits

CLIENTS, VISITORS = 40, 20
TURN = 4  # seconds until some rooms get new names
LOOK = 0.4  # seconds between two questions about all rooms
AHEAD = 100  # of them at once: a client may not send many more ahead of answers
BIG = 3 << 20


class Traffic(LoopThread):
    """`doors`: for each replica (host, port, TLS port); `out`: numbers of those not in rotation."""

    PATIENCE = 300

    def __init__(self, seed, doors, context):
        super().__init__()
        self.seed, self.doors, self.context = seed, doors, context
        self.out, self.turn = set(), 0
        self.splits = Splits()
        self.outcomes = collections.Counter()  # (kind, outcome)
        self.answers, self.violations = 0, []
        self.open = collections.Counter()  # replica → connections
        self.busy, self.held = 0, {}  # actions under way; websocket → (room, shard)
        self.known = set()  # rooms that have a shard
        self.numbers = itertools.count()
        # going: work; leaving: also websockets end; neither: those that are open stay.
        self.going, self.leaving = asyncio.Event(), asyncio.Event()

    # -- from the thread of the test
    def start(self):
        self.run(self._start())

    async def _start(self):
        self.going.set()
        scripts = [actions(self.seed, number) for number in range(CLIENTS)]
        scripts += [visits(self.seed, number) for number in range(CLIENTS, CLIENTS + VISITORS)]
        self.tasks = [asyncio.create_task(self._live(script)) for script in scripts]
        self.tasks += [asyncio.create_task(self._take_turns())]
        self.tasks += [asyncio.create_task(self._look(number)) for number in range(len(self.doors))]

    def set_going(self, going=True, leaving=False):
        async def change():
            for event, wanted in ((self.going, going), (self.leaving, leaving)):
                (event.set if wanted else event.clear)()
        self.run(change())

    # -- lives
    async def _take_turns(self):
        while True:
            await self.going.wait()
            await self._pause(TURN)
            self.turn += 1
            current = {room_name(number, self.turn) for number in range(ROOMS)}
            self.known &= current
            self.splits.forget(current)

    async def _live(self, script):
        for action in script:
            await self.going.wait()
            self.busy += 1
            try:
                await self.act(action)
            finally:
                self.busy -= 1
            await self._pause(action.pace)

    async def act(self, action):
        """Does it and counts what came of it; True when that was an answer."""
        try:
            await getattr(self, "_" + action.kind)(action, self._replica(action.replica))
            outcome = "answered"
        except Refused:
            outcome = "refused"
        except Ended:
            outcome = "ended"
        except Violation as error:
            outcome = "wrong"
            self.violations.append(f"{action.kind}: {error}")
        except Exception as error:  # a mistake of this test, or worse
            outcome = "failed"
            self.violations.append(f"{action.kind}: {error!r}")
        self.outcomes[action.kind, outcome] += 1
        return outcome == "answered"

    async def _pause(self, seconds):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.leaving.wait(), seconds)

    def _replica(self, number):
        """That one, or the next in rotation."""
        count = len(self.doors)
        return next((other % count for other in range(number, number + count)
                     if other % count not in self.out), number)

    def _asked(self, path, **how):
        return Asked(f"n{next(self.numbers)}", path, **how)

    def _room(self, action, place=0):
        return room_name(action.rooms[place], self.turn)

    @contextlib.asynccontextmanager
    async def _connected(self, replica, tls=False):
        host, *ports = self.doors[replica]
        connection = await Connection.open(host, ports[tls], self.context if tls else None)
        self.open[replica] += 1
        try:
            yield connection
        finally:
            self.open[replica] -= 1
            connection.end()

    async def _ask(self, connection, replica, room, asked, framing=""):
        """As `ask`, and remembers where the room is."""
        begun = self.loop.time()
        await connection.send(asked.head(framing))
        if not framing.startswith("Transfer"):
            await connection.send(asked.body)
        else:
            for part in chunked(asked.body, random.Random(asked.nonce)):
                await connection.send(part)
        self._note(room, replica, await connection.answer(asked), begun)

    def _note(self, room, replica, found, begun):
        """`found` as Asked.check says; a replica that does not know yet names no shard."""
        self.answers += 1
        shard, named = found
        if named:
            self.splits.note(room, replica, shard, begun, self.loop.time())
            self.known.add(room)

    # -- kinds of actions
    async def _page(self, action, replica):
        path = f"/{self._room(action)}" if action.variant % 2 else "/libs/app.js"
        async with self._connected(replica, action.tls) as connection:
            await connection.ask(self._asked(path, size=action.size, fields="Connection: close\r\n"))
            self.answers += 1
            if await connection.rest():
                raise Violation("bytes after the last answer")

    async def _keep_alive(self, action, replica):
        async with self._connected(replica, action.tls) as connection:
            for place in range(len(action.rooms)):
                room = self._room(action, place)
                await self._ask(connection, replica, room,
                                self._asked(f"/http-bind?room={room}", size=action.size))

    async def _pipelined(self, action, replica):
        async with self._connected(replica, action.tls) as connection:
            asked = [self._asked(f"/http-bind?room={self._room(action, place)}", size=action.size)
                     for place in range(len(action.rooms))]
            heads = b"".join(each.head() for each in asked)
            for piece in pieces(heads, random.Random(action.variant)):
                await connection.send(piece)
            for each in asked:
                await connection.answer(each)
                self.answers += 1

    async def _long_poll(self, action, replica):
        room = self._room(action)
        async with self._connected(replica, action.tls) as connection:
            for number in range(1 + action.variant % 3):
                asked = self._asked(f"/http-bind?room={room}", method="POST", size=action.size,
                                    body=random.Random(action.variant + number).randbytes(action.body),
                                    hold=action.hold)
                await self._ask(connection, replica, room, asked, "Transfer-Encoding: chunked\r\n"
                                if action.chunked else f"Content-Length: {action.body}\r\n")

    async def _websocket(self, action, replica):
        room, begun = self._room(action), self.loop.time()
        async with self._connected(replica, action.tls) as connection:
            asked = self._asked(f"/xmpp-websocket?room={room}")
            found = await connection.upgrade(asked)
            self._note(room, replica, found, begun)
            payload = random.Random(asked.nonce).randbytes(action.size)
            await self._chat(connection, payload, len(action.rooms))
            self.held[connection] = (room, found[0])
            self.busy -= 1
            try:
                await self._stay(connection, 4 * action.hold)
            finally:
                self.busy += 1
                del self.held[connection]
            await self._chat(connection, payload, 1)
            if action.variant % 2:
                await connection.echo(CLOSE, b"\x03\xe8", CLOSE)
                if await connection.rest():
                    raise Violation("bytes after the end of a websocket")

    @staticmethod
    async def _chat(connection, payload, times):
        for _ in range(times):
            await connection.echo(BINARY, payload, BINARY)
            await connection.echo(PING, payload[:100], PONG)

    async def _stay(self, connection, seconds):
        """So long, and while everybody rests until all have to leave; for no time at all, 0."""
        if seconds == 0:
            return
        end, silence = self.loop.time() + seconds, asyncio.create_task(connection.reader.read(1))
        leave = asyncio.create_task(self.leaving.wait())
        try:
            while not leave.done():
                left = end - self.loop.time()
                if self.going.is_set() and left <= 0:
                    break
                await asyncio.wait({silence, leave}, timeout=min(left, 0.2) if left > 0 else 0.2,
                                   return_when=asyncio.FIRST_COMPLETED)
                if silence.done():
                    said = silence.exception() or silence.result()
                    if said and not isinstance(said, OSError):
                        raise Violation(f"a websocket says {said!r} unasked")
                    raise Ended("a websocket")
        finally:
            leave.cancel()
            if not silence.done():
                silence.cancel()
                await asyncio.wait({silence})

    async def _race(self, action, replica):
        """A new room joined through all replicas in rotation at once."""
        room = f"race{next(self.numbers)}"

        async def join(number):
            async with self._connected(number, action.tls) as connection:
                await self._ask(connection, number, room, self._asked(f"/http-bind?room={room}"))
                # By now all of them have heard who was first, or soon will.
                await self._ask(connection, number, room, self._asked(f"/http-bind?room={room}"))

        numbers = [number for number in range(len(self.doors)) if number not in self.out] or [replica]
        ends = await asyncio.gather(*map(join, numbers), return_exceptions=True)
        self.known.discard(room)
        for end in ends:
            if end is not None:
                raise end

    async def _big(self, action, replica):
        async with self._connected(replica, action.tls) as connection:
            await connection.ask(self._asked(f"/http-bind?room={self._room(action)}", size=BIG))
            self.answers += 1

    async def _half_closed(self, action, replica):
        async with self._connected(replica) as connection:
            asked = self._asked(f"/http-bind?room={self._room(action)}", size=action.size,
                                hold=action.hold / 4)
            await connection.send(asked.head())
            connection.half_close()
            await connection.answer(asked)
            self.answers += 1
            if await connection.rest():
                raise Violation("bytes after the last answer")

    async def _aborted(self, action, replica):
        """In the middle of a head, of a body, while it waits, or while a big answer comes."""
        path = f"/http-bind?room={self._room(action)}"
        post = self._asked(path, method="POST", body=bytes(action.body), hold=action.hold)
        whole = post.head(f"Content-Length: {action.body}\r\n") + post.body
        async with self._connected(replica, action.tls) as connection:
            way = action.variant % 4
            if way == 0:
                await connection.send(whole[:40])
            elif way == 1:
                await connection.send(whole[:-(action.body + 1) // 2])
            elif way == 2:
                await connection.send(whole)
                await self._pause(action.pace)
            else:
                await connection.send(self._asked(path, size=BIG).head())
                async with bounded("the first bytes of a big answer"):
                    await connection.reader.readexactly(action.body)
            connection.reset()

    async def _hostile(self, action, replica):
        words = random.Random(action.variant)
        what = words.choice(HOSTILE)
        async with self._connected(replica, action.tls) as connection:
            if what is SLOW:
                answer = await self._slowly(connection, self._asked("/slow").head())
            else:
                await connection.send(what(words))
                answer = await connection.rest()
        if answer and not answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or b"X-Nonce" in answer:
            raise Violation(f"answered {answer[:200]!r}")

    async def _slowly(self, connection, head):
        """A byte now and then, until it has been enough for the router."""
        for number in range(len(head) - 1):
            await connection.send(head[number:number + 1])
            await self._pause(0.1)
            if connection.reader.at_eof():
                break
        return await connection.rest()

    async def serial_of(self, replica):
        """Of the certificate that this replica shows."""
        async with self._connected(replica, tls=True) as connection:
            return connection.serial()

    # -- where all the rooms are
    async def _look(self, replica):
        while True:
            await self.going.wait()
            if replica not in self.out:
                self.busy += 1
                try:
                    await self._ask_all(replica, sorted(self.known))
                except Ended:
                    pass
                except Violation as error:
                    self.violations.append(f"where rooms are: {error}")
                finally:
                    self.busy -= 1
            await self._pause(LOOK)

    async def _ask_all(self, replica, rooms):
        async with self._connected(replica) as connection:
            for first in range(0, len(rooms), AHEAD):
                some, begun = rooms[first:first + AHEAD], self.loop.time()
                await connection.send(b"".join(map(question, some)))
                for room, head in zip(some, await connection.heads(len(some))):
                    found = SHARD.search(head)
                    if found and head.startswith(b"HTTP/1.1 200 "):
                        self._note(room, replica, (found[1].decode(), True), begun)
