# SPDX-License-Identifier: Apache-2.0
"""People who join a new room within one response time of the shard: do they meet?

300 new rooms per row; shards answer after 50 ms. HAProxy, which stores the binding when the response
arrives, runs the same script and stands beside it.
"""
import asyncio
import itertools
import threading

import pytest

from conftest import need
from harness.proxies import Haproxy

ROOMS, AT_ONCE, ANSWER_AFTER = 300, 30, 0.050
ROWS = [(joins, skew) for joins in (2, 5) for skew in (0, 10, 20, 40)]
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


class Stage:
    """Shards and joining clients on one event loop in a thread."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.shards = [SlowShard(f"shard-{number}", self.loop) for number in range(3)]
        for shard in self.shards:
            self.run(shard.open())

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(120)

    async def _end(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def stop(self):
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def _join(self, port, room, moment):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        waiter = self.loop.create_future()
        self.loop.call_at(moment, waiter.set_result, None)
        await waiter
        writer.write(f"GET /http-bind?room={room} HTTP/1.1\r\nHost: meet.test\r\n"
                     "Connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        return answer.rpartition(b"\r\n\r\n")[2]

    async def _race(self, ports, joins, skew, limit):
        async with limit:
            room, start = f"race{next(_serial)}", self.loop.time() + 0.02
            answers = await asyncio.gather(*(
                self._join(ports[number % len(ports)], room, start + number * skew / 1000)
                for number in range(joins)))
            return len(set(answers)) > 1

    async def _row(self, ports, joins, skew):
        limit = asyncio.Semaphore(AT_ONCE)
        return sum(await asyncio.gather(*(self._race(ports, joins, skew, limit)
                                          for _ in range(ROOMS))))

    def split(self, ports, joins, skew):
        """How many of ROOMS new rooms have people on several shards."""
        return self.run(self._row(ports, joins, skew))


@pytest.fixture(scope="module")
def stage():
    built = Stage()
    yield built
    built.stop()


def _table(stage, ports):
    return {row: stage.split(ports, *row) for row in ROWS}


def _report(request, who, table):
    lines = [f"  {joins} joins {skew:>2} ms apart: {split:>3} of {ROOMS} rooms split"
             for (joins, skew), split in table.items()]
    request.config.comparison.append((f"first-join race, {who}", lines))


@pytest.mark.parametrize("algorithm", ["bounded-rendezvous", "rendezvous", "round-robin", "least-rooms"])
def test_one_replica_splits_nothing(stage, processes, request, algorithm):
    router = processes.router(stage.shards, {"placement": {"algorithm": algorithm},
                                             "logging": {"level": "info"}})
    table = _table(stage, [router.port])
    _report(request, f"one replica, {algorithm}", table)
    assert sum(table.values()) == 0


def test_two_replicas_split_nothing(stage, processes, request):
    config = {"placement": {"algorithm": "rendezvous"}, "logging": {"level": "info"}}
    routers = [processes.router(stage.shards, config, name=f"router-{n}") for n in range(2)]
    table = _table(stage, [router.port for router in routers])
    _report(request, "two replicas without gossip, rendezvous", table)
    assert sum(table.values()) == 0


def test_what_haproxy_splits(stage, tmp_path, request):
    """For the reader; only that HAProxy served every join is asserted."""
    need("haproxy")
    proxy = Haproxy(tmp_path, stage.shards).start()
    try:
        table = _table(stage, [proxy.port])
    finally:
        proxy.stop()
    _report(request, "one HAProxy (stick on, stored by the response)", table)
    assert set(table) == set(ROWS)
