# SPDX-License-Identifier: Apache-2.0
"""docs/migrate-from-haproxy.md step by step, with people in their rooms.

Two HAProxys share their table before two XMPP servers; in every room is one occupant each of Jitsi's
kinds. One HAProxy after the other gives way to a replica that runs what import-haproxy made of its
configuration. A relay before each stands for the load balancer, which asks for readiness. Where
people are is what the servers say.
"""
import subprocess
from typing import NamedTuple

import pytest
import yaml

from harness.installed import need
from harness.processes import Processes
from harness.ports import free_port
from harness.prosody import ProsodyShard
from harness.proxies import Haproxy, PeersSection, homes
from harness.relay import Relay
from harness.router import merged
from harness.waiting import eventually

from clients.crowd import KINDS, MixedCrowd
from clients.strophe import need_strophe

ROOMS, MEMBERS = 12, ("edge-0", "edge-1")


class Behind(NamedTuple):
    proxy: object
    host: str = "127.0.0.1"

    @property
    def name(self):
        return self.proxy.name

    @property
    def port(self):
        return self.proxy.port


class Deployment(MixedCrowd):
    def __init__(self, processes, haproxy_binary):
        shards = [processes.add(ProsodyShard(f"shard-{number}", processes.directory).start())
                  for number in range(2)]
        super().__init__(shards, processes)
        self.processes, self.members = processes, {}
        self.section = PeersSection(*MEMBERS)
        self.gossip = {member: f"127.0.0.1:{free_port()}" for member in MEMBERS}
        for member in MEMBERS:
            proxy = Haproxy(processes.directory, shards, name=member, binary=haproxy_binary,
                            peers=self.section.ports, timeout="90s")
            self.members[member] = processes.add(proxy.start())
        self.ways = {member: processes.add(Relay(Behind(proxy)))
                     for member, proxy in self.members.items()}

    def fill(self, rooms):
        """Everybody of new rooms, half of them by way of each member first.

        Somebody is in every room before the others come: HAProxy can send two who are the first at
        the same moment to two shards (test_first_join_race), and nothing heals that there.
        """
        ports = [way.port for way in self.ways.values()]
        turns = {room: ports[number % 2:] + ports[:number % 2] for number, room in enumerate(rooms)}
        occupants = []
        for kinds in (KINDS[:1], KINDS[1:]):
            occupants += [self.join(room, kind, turns[room]) for room in rooms for kind in kinds]
            self.wait_until_all_meet(occupants)

    def all_know(self):
        """Every room, on both members."""
        self.wait_until_all_meet()
        rooms = self.homes_now()
        for proxy in self.members.values():
            eventually(lambda: homes(proxy) == rooms, f"{proxy.name} knows all rooms", 40)

    def imported(self, member, router):
        """What the manual says to write: the import, and what no HAProxy configuration says."""
        old = self.members[member]
        done = subprocess.run([str(router), "import-haproxy", "--local-peer", member,
                               str(old.directory / "haproxy.cfg")],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return merged(yaml.safe_load(done.stdout), {
            "peers": {"listen": self.gossip[member], "insecure": True,
                      "discovery": {"static": list(self.gossip.values())}},
            "drain": {"accept_for": "200ms", "max": "1s"}})

    def replace(self, member):
        old = self.members[member]
        config = self.imported(member, self.processes.binary)
        self.ways[member].cut()
        self.all_know()
        old.stop()
        router = self.processes.unstarted_router((), config, f"router-{member}")
        router.port, router.socket_path = old.port, old.socket_path
        self.members[member] = router.start()
        self.ways[member].mend()


@pytest.fixture
def deployment(router_binary, haproxy_binary, tmp_path):
    need("prosody")
    need_strophe()
    processes = Processes(router_binary, tmp_path)
    try:
        yield Deployment(processes, haproxy_binary)
    finally:
        processes.close()


def test_nobody_moves_when_haproxys_give_way(deployment, request):
    deployment.fill(deployment.new_rooms(ROOMS))
    before = deployment.homes_now()
    assert set(before.values()) == {"shard-0", "shard-1"}
    for member in MEMBERS:
        deployment.replace(member)
        deployment.fill(deployment.new_rooms(2))
        deployment.all_know()
        now = deployment.homes_now()
        assert {room: now[room] for room in before} == before
        before = now
        deployment.hear_each_other(f"through {member}")
    routers = deployment.members.values()
    assert [int(router.metric("room_router_rooms_moved_total")) for router in routers] == [0, 0]
    assert all(len(shards) == 1 for shards in deployment.homes().values())
    request.config.comparison.append(("migration with XMPP clients", [
        f"  {len(before)} rooms, {len(deployment.occupants)} people, 0 moved"]))
