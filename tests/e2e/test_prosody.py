# SPDX-License-Identifier: Apache-2.0
"""A Jitsi-like deployment without Jitsi: XMPP servers as shards, DNS, two replicas, 120 occupants.

The tests of this file share one deployment and run in order; each leaves it whole. What counts as
"where a room lives" is what the servers themselves say (mod_room_list), not what the router says.
"""
import random
import unicodedata
import urllib.parse

import pytest

from harness.installed import need
from harness.processes import Processes
from harness.client import fetch
from harness.cluster import Cluster
from harness.dns import SRV_NAME, records
from harness.knot import Knot
from harness.prosody import HOST, MUC, ProsodyShard
from harness.waiting import eventually, throughout

from clients.crowd import Crowd
from clients.strophe import StropheClients, need_strophe
from clients.xmpp import XmppClients

ROOMS, OCCUPANTS_PER_ROOM, REPLICAS = 40, 3, 2
WORDS = ["Réunion d'équipe", "Größe", "Daily Stand Up", "Планёрка", "日本 会議", "Ａbc", "SomeRoom",
         "naïve café", "Übung 1", "plain"]


def backend_name(name):
    """The MUC room a Jitsi client of any kind uses for a name (getBackendSafeRoomName)."""
    name = unicodedata.normalize("NFKC", name).lower()
    return urllib.parse.quote(name, safe="!*()-_.~").lower()


def spellings(name):
    """?room= as today's web client, older ones and mobile apps write it, in several cases."""
    lower = unicodedata.normalize("NFKC", name).lower()
    quoted = urllib.parse.quote(lower, safe="")
    return [urllib.parse.quote_plus(name), urllib.parse.quote_plus(lower), quoted.lower(),
            urllib.parse.quote(quoted.lower(), safe=""), urllib.parse.quote(shouted(name), safe=""),
            urllib.parse.quote(unicodedata.normalize("NFD", name), safe="")]


def shouted(name):
    """Capitals where lower-casing them gives the same name again (not so for ß)."""
    return "".join(c.upper() if c.upper().lower() == c.lower() else c for c in name)


def names(prefix, count):
    return [f"{prefix}{number} {WORDS[number % len(WORDS)]}" for number in range(count)]


class World(Crowd):
    """Shards, DNS, replicas and everybody in the rooms."""

    def __init__(self, processes, seed):
        self.processes, self.random = processes, random.Random(seed)
        super().__init__([self._shard(number) for number in range(3)])
        self.knot = processes.add(Knot(processes.directory, records(self.shards)).start())
        self.replicas = Cluster(processes, REPLICAS, config=self._config()).start().replicas
        self.xmpp = processes.add(XmppClients())
        self.strophe = processes.add(StropheClients(processes.directory))

    def _shard(self, number):
        return self.processes.add(ProsodyShard(f"shard-{number}", self.processes.directory).start())

    def _config(self):
        return {"shards": {"discovery": {"srv": [SRV_NAME], "resolvers": [self.knot.address],
                                         "refresh": {"min": "500ms", "max": "1s"}}}}

    def add_shard(self):
        self.shards.append(self._shard(len(self.shards)))
        self.knot.set(records(self.shards))

    def join(self, room, kind):
        """One occupant, through replicas in random order, spelling the room at random."""
        name = f"o{len(self.occupants)}"
        replicas = self.random.sample(self.replicas, len(self.replicas))
        spelling = self.random.choice(spellings(room))
        local = backend_name(room)
        if kind == "xmpp":
            services = [(r.port, f"/xmpp-websocket?room={spelling}") for r in replicas]
            occupant = self.xmpp.join(name, local, MUC, services)
        else:
            scheme, path = ("http", "http-bind") if kind == "bosh" else ("ws", "xmpp-websocket")
            services = [f"{scheme}://127.0.0.1:{r.port}/{path}?room={spelling}" for r in replicas]
            occupant = self.strophe.join(name, local, MUC, services)
        self.occupants.append(occupant)
        return occupant

    def fill(self, rooms):
        """As many occupants as each room takes, in a random order, all kinds of clients."""
        kinds = ["xmpp", "xmpp", "bosh", "websocket"]
        joins = [(room, kinds[(number + place) % 4]) for number, room in enumerate(rooms)
                 for place in range(OCCUPANTS_PER_ROOM)]
        self.random.shuffle(joins)
        return [self.join(room, kind) for room, kind in joins]


@pytest.fixture(scope="module")
def world(router_binary, tmp_path_factory, seed):
    for tool in ("prosody", "knotd", "knotc"):
        need(tool)
    need_strophe()
    print(f"seed {seed} (repeat with --seed)")
    processes = Processes(router_binary, tmp_path_factory.mktemp("prosody"))
    try:
        yield World(processes, seed)
    finally:
        processes.close()


def test_everybody_meets(world):
    rooms = names("r", ROOMS)
    world.fill(rooms)
    world.wait_until_all_meet()
    homes = world.homes()
    assert sorted(homes) == sorted(backend_name(room) for room in rooms)
    assert all(len(shards) == 1 for shards in homes.values()), homes
    assert {shards[0] for shards in homes.values()} == {s.name for s in world.shards}
    world.hear_each_other("hello")
    assert all(o.joins == 1 and o.losses == 0 for o in world.occupants)


def test_both_replicas_say_where_a_room_is(world):
    for room, homes in world.homes().items():
        for replica in world.replicas:
            said = fetch(replica.port, f"/_unlock?room={room}", host=HOST)
            assert [said.get("x-jitsi-shard")] == homes, (room, replica.name)


def test_rotated_dns_answers_change_nothing(world):
    """The server rotates its answers, so every refresh brings another order."""
    before = world.homes()
    losses = sum(o.losses for o in world.occupants)
    throughout(lambda: world.homes() == before, "rooms stay", 3, interval=0.2)
    assert sum(o.losses for o in world.occupants) == losses


def _dns_dead(world, seconds):
    before = world.homes()
    losses = sum(o.losses for o in world.occupants)
    world.knot.kill()
    try:
        throughout(lambda: world.homes() == before, "rooms stay", seconds, interval=0.5)
        room = next(iter(before))
        for replica in world.replicas:
            assert replica.ready() == 200
            assert fetch(replica.port, f"/http-bind?room={room}", host=HOST).status == 200
        world.hear_each_other(f"dead{seconds}")
    finally:
        world.knot.start()
    assert world.homes() == before
    assert sum(o.losses for o in world.occupants) == losses


def test_dead_dns_changes_nothing(world):
    _dns_dead(world, 10)


@pytest.mark.deep
def test_a_minute_of_dead_dns_changes_nothing(world):
    if not world.occupants:  # run on its own
        test_everybody_meets(world)
    _dns_dead(world, 60)


def test_restart_of_a_replica_under_load(world, request):
    before = world.homes()
    joins = sum(o.joins for o in world.occupants)
    victim = world.random.choice(world.replicas)
    for occupant in world.occupants:
        occupant.say(f"before {occupant.name}")
    victim.restart()
    world.wait_until_all_meet(deadline=90)
    world.hear_each_other("after")
    assert world.homes() == before, "a room lives elsewhere after the restart"
    resumed = sum(o.resumes for o in world.occupants)
    lost = sum(o.losses for o in world.occupants)
    rejoined = sum(o.joins for o in world.occupants) - joins
    request.config.comparison.append((
        "restart of one of two replicas under load",
        [f"  {len(world.occupants)} occupants, {lost} connections lost: {resumed} resumed their "
         f"stream, {rejoined} joined anew, 0 rooms moved"]))
    assert lost and resumed, "the restart went unnoticed: nothing was tested"
    with_resumption = [o for o in world.occupants if hasattr(o, "stream_id")]
    assert all(o.joins == 1 for o in with_resumption), "a stream could not be resumed"


def test_added_shard_takes_new_rooms_and_moves_none(world):
    before = world.homes()
    world.add_shard()
    added = world.shards[-1].name
    for replica in world.replicas:
        eventually(lambda: added in {fetch(replica.port, f"/page{n}x{world.random.random()}").get(
            "x-jitsi-shard") for n in range(20)}, f"{replica.name} places rooms there", 40)
    rooms = names("new", 24)
    world.wait_until_all_meet(world.fill(rooms))
    homes = world.homes()
    assert all(len(shards) == 1 for shards in homes.values()), homes
    assert {room: shards for room, shards in homes.items() if room in before} == before
    assert [added] in [homes[backend_name(room)] for room in rooms]
    world.hear_each_other("together")
