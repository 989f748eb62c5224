# SPDX-License-Identifier: Apache-2.0
"""HAProxys that share their table are replaced by replicas one by one, under load, and back again.

Each successor takes its predecessor's name and address in the peers section, so nothing is changed
on the others. Two clients per room, one of them with a websocket, reconnect through whichever
proxies are ready; a room has moved when another shard answers than did first. New rooms come all
the time. The tests share one deployment and run in order.
"""
import asyncio
import collections
import random

import pytest

from harness.processes import Processes
from harness.client import SWITCHING, upgrade
from harness.loop_thread import LoopThread
from harness.ports import free_port
from harness.proxies import Haproxy, PeersSection, homes
from harness.waiting import eventually

ROOMS, NEW_ROOMS, NEW_AT_ONCE = 200, 40, 5
PACE = 0.4  # seconds between the questions of a client
QUESTIONS = 3  # per connection
MEMBERS = ("edge-0", "edge-1")
BROKEN = (OSError, asyncio.IncompleteReadError)


class Shard:
    """Says its name: in every response, and for every line in a tunnel."""

    def __init__(self, name):
        self.name, self.host = name, "127.0.0.1"

    async def open(self):
        self.server = await asyncio.start_server(self._serve, self.host, 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        body = self.name.encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                tunnel = b"upgrade: websocket" in head.lower()
                writer.write(SWITCHING if tunnel else answer)
                while tunnel and await reader.readuntil(b"\n"):
                    writer.write(body + b"\n")
        except BROKEN:
            pass
        finally:
            writer.close()


class Crowd(LoopThread):
    """Everybody in the rooms, and the shards, on one event loop in a thread."""

    def __init__(self, seed):
        super().__init__()
        print(f"seed {seed}")
        self.random = random.Random(seed)
        self.ready = {}  # label → port of the proxies that take clients
        self.home = {}  # room → the shard that answered first
        self.moved, self.refused = [], []
        self.seen = collections.defaultdict(set)  # label → rooms answered through it
        self.clients = []  # tasks, which the loop itself does not keep alive
        self.broken = 0  # connections that ended under a client
        self.over = self.loop.create_future()
        self.shards = [Shard(f"shard-{number}") for number in range(3)]
        for shard in self.shards:
            self.run(shard.open())

    def join(self, rooms):
        """First one client in each of the rooms; returns when all have been answered."""
        self.run(self._start(rooms, self._ask_http))
        eventually(lambda: self.home.keys() >= set(rooms), f"{len(rooms)} rooms are served")

    def join_again(self, rooms):
        self.run(self._start(rooms, self._ask_tunnel))

    async def _start(self, rooms, ask):
        self.clients += [self.loop.create_task(self._live(room, ask)) for room in rooms]

    async def _live(self, room, ask):
        while True:
            label, port = self.random.choice(list(self.ready.items()))
            writer = None
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                async for shard in ask(reader, writer, room):
                    self._note(room, shard.decode(), label)
                    await self._pause()
            except BROKEN:
                self.broken += 1
                await self._pause()
            finally:
                if writer:
                    writer.close()

    async def _pause(self):
        await asyncio.wait([self.over], timeout=PACE * self.random.uniform(0.5, 1.5))

    def _note(self, room, shard, label):
        first = self.home.setdefault(room, shard)
        if shard != first:
            self.moved.append((room, first, shard, label))
        self.seen[label].add(room)

    async def _ask_http(self, reader, writer, room):
        for number in range(QUESTIONS):
            close = "close" if number == QUESTIONS - 1 else "keep-alive"
            writer.write(f"GET /http-bind?room={room} HTTP/1.1\r\nHost: meet.test\r\n"
                         f"Connection: {close}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            shard = await reader.readexactly(length)
            if not head.startswith(b"http/1.1 200 "):
                self.refused.append(head)
                return
            yield shard
            if b"connection: close" in head:
                return

    async def _ask_tunnel(self, reader, writer, room):
        writer.write(upgrade(f"/xmpp-websocket?room={room}"))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            self.refused.append(head)
            return
        for _ in range(QUESTIONS):
            writer.write(b"who?\n")
            yield (await reader.readuntil(b"\n"))[:-1]


class World:
    """Two members of a peers section: HAProxys or replicas, and the crowd before them."""

    def __init__(self, processes, binary, seed):
        self.processes, self.binary = processes, binary
        self.section = PeersSection(*MEMBERS)
        self.gossip = {member: f"127.0.0.1:{free_port()}" for member in MEMBERS}
        self.crowd = processes.add(Crowd(seed))
        self.members = {}  # name → its proxy
        self.kinds = {}  # name → haproxy | router
        self.generation = 0
        for member in MEMBERS:
            self._start(member, "haproxy")
        self._admit(*MEMBERS)
        rooms = [f"live{number}" for number in range(ROOMS)]
        self.crowd.join(rooms)
        self.all_know()
        self.crowd.join_again(rooms)

    def _start(self, member, kind):
        self.generation += 1
        name = f"{kind}-{self.generation}"
        if kind == "haproxy":
            proxy = Haproxy(self.processes.directory, self.crowd.shards, name=name,
                            binary=self.binary, peers=self.section.ports)
            proxy.command_line += ["-L", member]
        else:
            proxy = self.processes.unstarted_router(self.crowd.shards, self._config(member), name)
        self.processes.add(proxy.start())
        self.members[member], self.kinds[member] = proxy, kind

    def _config(self, member):
        config = self.section.router_config(member)
        config["peers"] |= {"listen": self.gossip[member], "insecure": True,
                            "discovery": {"static": list(self.gossip.values())}}
        return config | {"drain": {"accept_for": "200ms", "max": "1s"},
                         "logging": {"level": "info", "access": {"format": "off"}}}

    def _admit(self, *members):
        proxies = [self.members[member] for member in members]
        self.crowd.ready |= {proxy.name: proxy.port for proxy in proxies}

    def all_know(self):
        """Every room, on both."""
        for proxy in self.members.values():
            eventually(lambda: homes(proxy) == self.crowd.home, f"{proxy.name} knows all rooms", 40)

    def replace(self, member, kind):
        """As an orchestrator does: no new clients, then the end, then a successor that is ready."""
        old = self.members[member]
        other = next(proxy for name, proxy in self.members.items() if name != member)
        self.crowd.ready.pop(old.name)
        eventually(lambda: homes(old).items() <= homes(other).items(), "nothing is left to tell")
        old.stop()
        self._start(member, kind)
        if kind == "haproxy":  # which has no readiness of its own
            eventually(lambda: homes(other).items() <= homes(self.members[member]).items(),
                       "HAProxy has been taught all rooms", 40)
        self._admit(member)

    def become(self, kind):
        for member in MEMBERS:
            if self.kinds[member] == kind:
                continue
            self.replace(member, kind)
            self._go_on(self.members[member].name)

    def _go_on(self, name):
        """More rooms come, a few at a time; all rooms are used through the newest proxy."""
        new = [f"{name}-{number}" for number in range(NEW_ROOMS)]
        for first in range(0, NEW_ROOMS, NEW_AT_ONCE):
            self.crowd.join(new[first:first + NEW_AT_ONCE])
        self.all_know()
        self.crowd.join_again(new)
        eventually(lambda: self.crowd.seen[name] == set(self.crowd.home),
                   f"every room is used through {name}", 60)


@pytest.fixture(scope="module")
def world(router_binary, haproxy_binary, tmp_path_factory, seed):
    group = Processes(router_binary, tmp_path_factory.mktemp("replacement"))
    try:
        yield World(group, haproxy_binary, seed)
    finally:
        group.close()


def _nobody_moved(world, request, what):
    crowd = world.crowd
    request.config.comparison.append((f"replacement, {what}", [
        f"  {len(crowd.home)} rooms, {len(crowd.moved)} moved, {len(crowd.refused)} requests "
        f"refused, {crowd.broken} connections ended with their proxy"]))
    assert not any(client.done() for client in crowd.clients)
    assert crowd.moved == []
    assert crowd.refused == []
    world.all_know()


def test_replicas_take_the_place_of_haproxys(world, request):
    world.become("router")
    assert set(world.kinds.values()) == {"router"}
    _nobody_moved(world, request, "HAProxy by Room Router")


def test_haproxys_take_the_place_of_replicas(world, request):
    world.become("router")
    world.become("haproxy")
    assert set(world.kinds.values()) == {"haproxy"}
    _nobody_moved(world, request, "and back")
