# SPDX-License-Identifier: Apache-2.0
"""Replicas agree: races, partitions, kills, restarts and a late comer.

Placement by rotation, where a test uses it, makes every binding that got lost visible: asked again,
a replica would most likely choose another shard. Nothing here asserts how long something took; what
it took is printed at the end.
"""
import random
import time

import pytest

from harness.installed import need
from harness.processes import Processes
from harness.cluster import Cluster, in_sync, known, table
from harness.dns import SRV_NAME, records
from harness.first_joins import Stage, split
from harness.knot import Knot
from harness.network import Network, obstacle
from harness.pipeline import ask
from harness.prosody import MUC, ProsodyShard
from harness.proxies import Haproxy, PeersSection
from harness.waiting import eventually

from clients.crowd import Crowd, Rotation, Visitors
from clients.xmpp import XmppClients

REPLICAS = 5
ROTATE = {"placement": {"algorithm": "round-robin"}}
RACES, BATCHES = 2000, 4  # rooms; one more shard after each batch but the last


class Watch:
    """Seconds since it was made, for the reader."""

    def __init__(self):
        self.begun = time.monotonic()

    def __str__(self):
        return f"{time.monotonic() - self.begun:.2f} s"


def _report(request, title, *lines):
    request.config.comparison.append((title, [f"  {line}" for line in lines]))


# -- first joins raced on two replicas

@pytest.fixture
def stage():
    built = Stage(shards=2)
    yield built
    built.stop()


def _pairs(ports, count, chance):
    """Two different replicas and less than a millisecond between the joins."""
    return [(chance.sample(ports, 2), chance.random()) for _ in range(count)]


def _elsewhere(answers):
    """Rooms for which the replicas name several shards."""
    return [room for room in answers[0] if len({each[room] for each in answers}) > 1]


@pytest.mark.parametrize("algorithm", ["bounded-rendezvous", "rendezvous"])
def test_first_joins_race_while_shards_are_added(stage, processes, request, seed, algorithm):
    need("knotd")
    chance = random.Random(seed)
    knot = processes.add(Knot(processes.directory, records(stage.shards)).start())
    discovery = {"srv": [SRV_NAME], "resolvers": [knot.address],
                 "refresh": {"min": "500ms", "max": "1s"}}
    replicas = Cluster(processes, REPLICAS, config={
        "shards": {"discovery": discovery}, "placement": {"algorithm": algorithm}}).start().replicas
    rooms = {}
    for batch in range(BATCHES):
        if batch > 0:
            stage.add_shard()
            knot.set(records(stage.shards))
        rooms |= stage.races(_pairs([r.port for r in replicas], RACES // BATCHES, chance))
    since_last_join = Watch()
    final = eventually(lambda: in_sync(replicas), "equal tables")
    healed_in = str(since_last_join)
    answers = [ask(replica, rooms) for replica in replicas]
    _report(request, f"first joins raced on two of {REPLICAS} replicas, {algorithm}, shards being added",
            f"{split(rooms):>4} of {RACES} rooms split at the first moment",
            f"{len(_elsewhere(answers)):>4} split when asked again; tables equal after {healed_in}",
            f"{stage.come_again:>4} of {2 * RACES} joins told to come again (503, Retry-After): the "
            "replica heard of a shard it had not found yet")
    assert len(rooms) == RACES and len(set(final.values())) > 2, "no shard was added in time"
    assert not _elsewhere(answers)
    assert all(answers[0][room] in shards for room, shards in rooms.items()), "moved for no reason"
    assert [answers[0][room] for room in rooms] == [final[room] for room in rooms]


def test_what_haproxys_with_peers_split(stage, tmp_path, request, seed):
    """For the reader; only that HAProxy served every join is asserted. It knows all shards before."""
    need("haproxy")
    for _ in range(BATCHES - 1):
        stage.add_shard()
    section = PeersSection("haproxy-0", "haproxy-1")
    proxies = [Haproxy(tmp_path, stage.shards, name=name, peers=section.ports)
               for name in section.ports]
    ports = [proxy.port for proxy in proxies]
    try:
        for proxy in proxies:
            proxy.start()
        rooms = stage.races(_pairs(ports, RACES, random.Random(seed)))
        again = [stage.visits(port, rooms) for port in ports]
    finally:
        for proxy in proxies:
            proxy.stop()
    _report(request, "the same race on two HAProxys with peers, all shards known from the start",
            f"{split(rooms):>4} of {RACES} rooms split at the first moment; no session is ever ended",
            f"{len(_elsewhere(again)):>4} split when asked again")
    assert len(rooms) == RACES


# -- a partition, with people joining on both sides

SIDES = (0, 1), (2, 3, 4)
HALF, PARTED_ROOMS = 300, 6  # rooms: that one side places first, of those with people in them


@pytest.fixture
def network():
    if reason := obstacle():
        pytest.skip(reason)
    made = Network(REPLICAS).start()
    yield made
    made.stop()


class Parted:
    """A cluster on machines of its own, and who joined on which side."""

    def __init__(self, processes, network):
        need("prosody")
        self.network = network
        shards = [processes.add(ProsodyShard(f"shard-{number}", processes.directory, network.here,
                                             hibernation=2).start()) for number in range(3)]
        self.cluster = Cluster(processes, REPLICAS, shards, ROTATE, network).start()
        self.replicas = self.cluster.replicas
        self.sides = [[self.replicas[number] for number in side] for side in SIDES]
        self.crowd, self.xmpp = Crowd(shards), processes.add(XmppClients())

    def join(self, room, side):
        occupant = self.xmpp.join(f"o{len(self.crowd.occupants)}", room, MUC, Rotation(
            self.sides[side]).services(f"/xmpp-websocket?room={room}"))
        self.crowd.occupants.append(occupant)
        return occupant

    def part(self):
        self.network.part(*SIDES)

    def sees_partition(self):
        """Whether everybody has given up all replicas of the other side."""
        return all(known(here).get(there.name) == "dead" for one, other in
                   (self.sides, self.sides[::-1]) for here in one for there in other)


def _place_on_both(sides, rooms, chance):
    """Room → where those who asked first were sent, the same for those who asked second."""
    first = ask(chance.choice(sides[0]), rooms)
    eventually(lambda: in_sync(sides[0]), "equal tables on one side")
    second = ask(chance.choice(sides[1]), rooms[::-1])
    eventually(lambda: in_sync(sides[1]), "equal tables on the other side")
    return first, second


def _told(replicas, metric):
    return int(sum(replica.metric(metric) for replica in replicas))


@pytest.mark.parametrize("seconds", [0, pytest.param(30, marks=pytest.mark.deep)])
def test_a_partition_heals(network, processes, request, seed, seconds):
    chance = random.Random(seed)
    world = Parted(processes, network)
    replicas, sides = world.replicas, world.sides
    before = ask(replicas[0], [f"before{number}" for number in range(300)])
    world.cluster.wait_equal()
    steady = [world.join(room, side) for room in list(before)[:3] for side in (0, 1)]
    world.crowd.wait_until_all_meet()

    world.part()
    parted = Watch()
    batches = [([f"a{n}" for n in range(HALF)], sides), ([f"b{n}" for n in range(HALF)], sides[::-1])]
    placed = [_place_on_both(order, rooms, chance) for rooms, order in batches]
    apart = [[room for room in first if first[room] != second[room]] for first, second in placed]
    visitors = [world.join(room, side) for rooms in apart for room in rooms[:PARTED_ROOMS]
                for side in (0, 1)]
    eventually(lambda: all(o.here for o in visitors), "everybody is in the room of its side")
    split_homes = world.crowd.homes()
    eventually(world.sees_partition, "each side has given up the other", 60)
    eventually(lambda: time.monotonic() - parted.begun >= seconds, "the partition has lasted", 60)
    parted_for = str(parted)
    assert in_sync(sides[0]) != in_sync(sides[1])

    network.heal()
    healed = Watch()
    final = world.cluster.wait_equal(deadline=90)
    equal_after = str(healed)
    losers = [o for o in visitors if _came_second(o, batches)]
    eventually(lambda: all(o.losses for o in losers), "the losing sessions have ended")
    ended_after = str(healed)
    world.crowd.wait_until_all_meet()
    met_after = str(healed)
    eventually(lambda: all(len(shards) == 1 for shards in world.crowd.homes().values()),
               "the losing shards have forgotten their rooms")
    homes = world.crowd.homes()
    splits, ended = (_told(replicas, f"room_router_{what}_rooms_total") for what in ("split", "healed"))
    _report(request, f"partition of {len(SIDES[0])} and {len(SIDES[1])} replicas for {parted_for}",
            f"{sum(map(len, apart))} of {2 * HALF} rooms split, {len(losers)} sessions on the losing side",
            f"after the partition's end: tables equal in {equal_after}, losing sessions ended in "
            f"{ended_after}, everybody together in {met_after}",
            f"counted: {splits} splits by the replicas that gave way, {ended} rooms' sessions ended")
    assert splits >= sum(map(len, apart)) and ended >= len(losers)
    assert all(len(split_homes[room]) == 2 for rooms in apart for room in rooms[:PARTED_ROOMS])
    for (first, second), rooms in zip(placed, apart):
        assert rooms, "nothing was split: nothing was tested"
        assert all(final[room] == shard for room, shard in first.items()), "who came first moved"
    assert {room: shard for room, shard in final.items() if room in before} == before
    assert {room: shards[0] for room, shards in homes.items()} == {r: final[r] for r in homes}
    assert all((o.losses, o.joins) == (0, 1) for o in steady), "a room that was not split was ended"
    # Who comes back through a replica that has not heard yet is sent on once more.
    assert all(o.joins > 1 for o in losers), [(o.losses, o.joins) for o in losers]
    assert all((o.losses, o.joins) == (0, 1) for o in visitors if o not in losers)
    for replica in replicas:
        assert ask(replica, final) == final


def _came_second(occupant, batches):
    """Whether it joined on the side that placed the room second."""
    order = batches[0 if occupant.room.startswith("a") else 1][1]
    return occupant.services.rotation.replicas == order[1]


# -- 500 people on five replicas

ROOMS, OCCUPANTS = 125, 500


class World(Crowd):
    """Five replicas, three shards, 500 people; what a test changes it repairs."""

    def __init__(self, processes, seed):
        need("prosody")
        super().__init__([processes.add(ProsodyShard(f"shard-{number}", processes.directory).start())
                          for number in range(3)])
        self.cluster = Cluster(processes, REPLICAS, self.shards, ROTATE | {
            "drain": {"accept_for": "500ms", "max": "2s"}}).start()
        self.replicas = self.cluster.replicas
        self.rotation, self.chance = Rotation(self.replicas), random.Random(seed)
        self.xmpp = processes.add(XmppClients())

    def fill(self, first):
        """Everybody comes through the same replica: the others know the rooms from hearsay."""
        for number in range(OCCUPANTS):
            room = f"room{number % ROOMS}"
            self.occupants.append(self.xmpp.join(f"o{number}", room, MUC, self.rotation.services(
                f"/xmpp-websocket?room={room}", first)))
        self.wait_until_all_meet()

    def counts(self):
        return tuple(sum(getattr(o, what) for o in self.occupants)
                     for what in ("losses", "resumes", "joins"))

    def spread(self):
        """Everybody prefers a replica of its own from now on."""
        for occupant in self.occupants:
            occupant.services.first = self.chance.choice(self.replicas)


@pytest.fixture(scope="module")
def world(router_binary, tmp_path_factory, seed):
    print(f"seed {seed} (repeat with --seed)")
    processes = Processes(router_binary, tmp_path_factory.mktemp("gossip"))
    try:
        yield World(processes, seed)
    finally:
        processes.close()


def test_a_killed_replica_takes_no_room_with_it(world, request):
    victim, others = world.replicas[0], world.replicas[1:]
    world.fill(victim)
    homes, before = world.homes(), world.cluster.wait_equal()
    assert len(homes) == ROOMS and all(before[room] == home[0] for room, home in homes.items())
    victim.kill()
    gone = Watch()
    eventually(lambda: all(o.losses for o in world.occupants), "everybody has lost the connection", 60)
    world.wait_until_all_meet()
    back_after = str(gone)
    world.hear_each_other("after")
    _report(request, "kill -9 of the replica that all connections went through",
            f"{OCCUPANTS} websockets, {ROOMS} rooms: everybody back through the {len(others)} others "
            f"in {back_after}; {world.counts()[1]} streams resumed, 0 rooms moved")
    assert world.homes() == homes, "a room lives elsewhere"
    assert in_sync(others) == before
    assert all((o.joins, o.resumes) == (1, o.losses) for o in world.occupants), "a stream was lost"
    victim.start()
    assert table(victim) == before, "ready without the table"


def test_rolling_restart_moves_nothing(world, request):
    if not world.occupants:  # run on its own
        world.fill(world.replicas[0])
    world.spread()
    homes, before, counts = world.homes(), world.cluster.wait_equal(), world.counts()
    visitors = Visitors(world.rotation, before, world.chance)
    begun, unready, reasons = Watch(), [], set()
    try:
        for replica in world.replicas:
            _restart(world, replica, before, unready, reasons)
        world.wait_until_all_meet()
    finally:
        visitors.stop()
    took = str(begun)
    final = world.cluster.wait_equal()
    world.hear_each_other("rolled")
    losses, resumes, joins = (now - then for now, then in zip(world.counts(), counts))
    _report(request, f"rolling restart of {REPLICAS} replicas under load, {took}",
            f"{OCCUPANTS} people lost {losses} connections: {resumes} streams resumed, {joins} "
            f"joined anew; {visitors.questions} questions beside ({visitors.unanswered} to be asked again)",
            f"table: {len(before)} entries before, all there after, {len(final) - len(before)} new; "
            f"0 rooms moved; from start to ready: {', '.join(unready)}",
            f"said while not ready: {', '.join(sorted(reasons)) or 'nothing, too quick'}")
    assert losses, "the restart went unnoticed: nothing was tested"
    assert world.homes() == homes and joins == 0, "a room lives elsewhere"
    assert not visitors.moved
    assert {room: shard for room, shard in final.items() if room in visitors.first} == visitors.first


def _restart(world, replica, before, unready, reasons):
    """In rotation only while it is ready; ready only with the whole table."""
    world.rotation.out.add(replica)
    replica.drain()
    assert replica.process.wait(30) == 0
    replica.process.start()
    started = Watch()

    def ready():
        status, text = replica.admin("/readyz")
        if status == 503:
            reasons.add(text.strip())
        return status == 200

    replica.process.wait_until(ready, "ready", 30)
    unready.append(str(started))
    assert before.items() <= table(replica).items(), "ready without the table"
    world.rotation.out.discard(replica)


# -- a replica that comes late

CROWDED = 200_000


def _resident(router):
    """Bytes of memory the process has."""
    with open(f"/proc/{router.process.pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def test_a_fresh_replica_learns_a_large_table(processes, request):
    cluster = Cluster(processes, 2, processes.shards(), ROTATE | {"stick_table": {"size": 300_000}})
    old, fresh = cluster.replicas
    old.config["peers"]["discovery"]["static"] = cluster.links[:1]  # alone, so it waits for nobody
    old.write()
    old.start()
    empty = _resident(old)
    filling = Watch()
    placed = ask(old, [f"room{number:06}-{number * 7919 % 1000003:010}" for number in range(CROWDED)])
    filled_in, full = str(filling), _resident(old)
    fresh.process.start()
    started = Watch()
    fresh.process.wait_until(lambda: fresh.ready() == 200, "ready", 60)
    ready_in, knowing = str(started), _resident(fresh)
    learnt = table(fresh)
    _report(request, f"a fresh replica and {CROWDED:,} rooms",
            f"placed by the first in {filled_in}; the second, from its start to ready: {ready_in}",
            f"memory per entry: {(full - empty) / CROWDED:.0f} bytes where they were placed, "
            f"{(knowing - empty) / CROWDED:.0f} where they were learnt")
    assert len(learnt) == CROWDED and learnt == table(old)
    assert ask(fresh, placed) == ask(old, placed) == learnt
