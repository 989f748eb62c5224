# SPDX-License-Identifier: Apache-2.0
"""What happens to live rooms when a shard hiccups, dies, is drained, or is out of one replica's reach.

Three XMPP servers, three replicas, and in every room one occupant each of Jitsi's kinds: websocket
with stream resumption, websocket and BOSH of strophe.js. Where people are is what the servers say
of their present nicknames. All delays are about a twelfth of the defaults, the hiccup's 20 s too; the
deep tests take the defaults. The tests share one deployment and run in order; each leaves it whole.
"""
import random
import signal

import pytest

from harness.installed import need
from harness.processes import Processes
from harness.client import fetch
from harness.cluster import Cluster, table
from harness.pipeline import ask
from harness.prosody import HOST, ProsodyShard
from harness.relay import Relay
from harness.waiting import eventually, throughout

from clients.crowd import KINDS, MixedCrowd
from clients.strophe import need_strophe

REPLICAS, SHARDS, ROOMS = 3, 3, 24
CHECK = {"type": "http", "url": "http://{address}/http-bind"}
DEFAULTS = {"checks": [CHECK], "interval": "2s", "timeout": "1s", "rise": 2, "fall": 3,
            "soft_down_grace": "120s", "dampening": "30s"}
GRACE, HICCUP = 10, 20 / 12  # seconds
HASTY = DEFAULTS | {"interval": "250ms", "soft_down_grace": f"{GRACE}s", "dampening": "2s"}


class World(MixedCrowd):
    def __init__(self, processes, health, seed):
        super().__init__([processes.add(ProsodyShard(f"shard-{number}", processes.directory).start())
                          for number in range(SHARDS)], processes)
        self.random = random.Random(seed)
        # The last replica's own way to shard-1.
        self.relay = processes.add(Relay(self.shards[1]))
        self.cluster = Cluster(processes, REPLICAS, self._in_reach_of, {"shards": {"health": health}})
        self.replicas = self.cluster.start().replicas

    def _in_reach_of(self, number):
        if number < REPLICAS - 1:
            return self.shards
        return [self.relay if shard.name == self.relay.name else shard for shard in self.shards]

    def join(self, room, kind):
        replicas = self.random.sample(self.replicas, REPLICAS)
        return super().join(room, kind, [replica.port for replica in replicas])

    def fill(self, rooms):
        """Everybody of new rooms; returns where each room is."""
        occupants = [self.join(room, kind) for room in rooms for kind in KINDS]
        self.wait_until_all_meet(occupants)
        self.cluster.wait_equal()
        return self.homes_now(occupants)

    def leave(self, occupants):
        for occupant in occupants:
            self.occupants.remove(occupant)
            occupant.leave()

    def of(self, shard, where):
        """Who is in the rooms that are there."""
        return [o for o in self.occupants if where[o.room] == shard.name]

    def is_state(self, shard, state, replicas=None):
        return all(replica.metric("room_router_shard_state", shard=shard.name, state=state) == 1
                   for replica in replicas or self.replicas)

    def wait_state(self, shard, *states, replicas=None):
        eventually(lambda: any(self.is_state(shard, state, replicas) for state in states),
                   f"{shard.name} is {' or '.join(states)} everywhere", 90)

    def moved(self):
        """Rooms that changed their shard, as each replica counts."""
        return self._counted("room_router_rooms_moved_total")

    def split(self):
        """Rooms that two replicas placed apart, at the same moment, and then together."""
        return self._counted("room_router_split_rooms_total")

    def _counted(self, metric):
        return [int(replica.metric(metric)) for replica in self.replicas]


def _built(request, tmp_path_factory, health, rooms):
    need("prosody")
    need_strophe()
    seed = request.getfixturevalue("seed")
    print(f"seed {seed} (repeat with --seed)")
    processes = Processes(request.getfixturevalue("router_binary"), tmp_path_factory.mktemp("life"))
    try:
        made = World(processes, health, seed)
        where = made.fill(made.new_rooms(rooms))
        assert set(where.values()) == {shard.name for shard in made.shards}
        yield made
    finally:
        processes.close()


@pytest.fixture(scope="module")
def world(request, tmp_path_factory):
    yield from _built(request, tmp_path_factory, HASTY, ROOMS)


@pytest.fixture(scope="module")
def patient_world(request, tmp_path_factory):
    yield from _built(request, tmp_path_factory, DEFAULTS, ROOMS)


def _report(request, title, *lines):
    request.config.comparison.append((title, [f"  {line}" for line in lines]))


class Untouched:
    """Nobody of these rooms notices anything between the two looks."""

    def __init__(self, occupants):
        self.counts = {o: (o.losses, o.joins) for o in occupants}

    def check(self):
        noticed = [o.name for o, counts in self.counts.items() if (o.losses, o.joins) != counts]
        assert not noticed, f"{len(noticed)} of {len(self.counts)} people of other rooms were disturbed"


# -- a hiccup

def _frozen(world, shard, seconds):
    """The process stands still; those of its people who lose patience ask for it again."""
    where = world.homes_now()
    people = [o for o in world.of(shard, where) if hasattr(o, "cut")]
    others = Untouched(o for o in world.occupants if where[o.room] != shard.name)
    shard.process.signal(signal.SIGSTOP)
    try:
        world.wait_state(shard, "soft_down")
        for occupant in people:
            occupant.cut()
        throughout(lambda: world.is_state(shard, "soft_down"), "its rooms stay", seconds)
    finally:
        shard.process.signal(signal.SIGCONT)
    eventually(lambda: all(o.resumes for o in people), "all who were cut off have resumed", 60)
    others.check()
    return len(people)


def _restarted(world, shard, seconds):
    """The process is gone, with all it knew, and another one comes."""
    where = world.homes_now()
    people = world.of(shard, where)
    others = Untouched(o for o in world.occupants if where[o.room] != shard.name)
    shard.kill()
    world.wait_state(shard, "soft_down")
    throughout(lambda: world.is_state(shard, "soft_down"), "its rooms stay", seconds)
    shard.start()
    eventually(lambda: all(o.losses for o in people), "everybody has lost the connection")
    others.check()
    return len(people)


def _hiccup(world, request, happen, seconds):
    shard, before, moved = world.shards[0], world.homes_now(), world.moved()
    people = happen(world, shard, seconds)
    world.wait_until_all_meet()
    world.wait_state(shard, "up")
    world.hear_each_other(f"after {happen.__name__}")
    _report(request, f"a shard is {happen.__name__[1:]} for {seconds:.1f} s after it was noticed",
            f"{len(before)} rooms, {list(before.values()).count(shard.name)} on it; 0 moved, {people} "
            "people back on it")
    assert world.homes_now() == before, "a room lives elsewhere"
    assert world.moved() == moved


@pytest.mark.parametrize("happen", [_frozen, _restarted])
def test_a_hiccup_moves_nothing(world, request, happen):
    _hiccup(world, request, happen, HICCUP)


@pytest.mark.deep
@pytest.mark.parametrize("happen", [_frozen, _restarted])
def test_a_hiccup_of_20_seconds_moves_nothing(patient_world, request, happen):
    _hiccup(patient_world, request, happen, 20)


# -- a drain

def _order(replica, shard, state):
    assert replica.command(f"set server jitsi-meet/{shard.name} state {state}").strip() == ""


def _wait_ordered(world, shard, state):
    for replica in world.replicas:
        eventually(lambda: replica.metric("room_router_shard_admin_state", shard=shard.name,
                                          state=state) == 1, f"{replica.name} has it {state}")


def _live_rooms(world, shard):
    """Rooms there in which somebody has a session, by the replicas' tables."""
    live = set()
    for replica in world.replicas:
        for line in replica.command("show table jitsi-meet").splitlines():
            fields = dict(part.split("=", 1) for part in line.split() if "=" in part)
            if fields.get("server_key") == shard.name and int(fields["sessions"]):
                live.add(fields["key"])
    return live


def test_a_drained_shard_finishes(world, request):
    shard, before = world.shards[2], world.homes_now()
    everybody = Untouched(world.occupants)
    _order(world.replicas[0], shard, "drain")
    _wait_ordered(world, shard, "drain")
    for replica in world.replicas:
        new = ask(replica, world.new_rooms(60))
        assert shard.name not in new.values(), f"{replica.name} places rooms there"
    assert shard.name not in world.fill(world.new_rooms(6)).values()
    rooms = {room for room, home in before.items() if home == shard.name}
    world.join(min(rooms), "websocket")
    world.wait_until_all_meet()
    assert {r: home for r, home in world.homes_now().items() if r in before} == before
    everybody.check()

    assert _live_rooms(world, shard) == rooms
    counts = [len(rooms)]
    for room in sorted(rooms):
        world.leave(world.by_room()[room])
        eventually(lambda: len(_live_rooms(world, shard)) == counts[-1] - 1, f"{room} is over", 60)
        counts.append(counts[-1] - 1)
    assert shard.rooms() == {}
    _report(request, "a shard is drained", f"{len(rooms)} rooms on it, none new on any replica; live "
            f"rooms as people leave: {', '.join(map(str, counts))}")
    _order(world.replicas[1], shard, "ready")
    _wait_ordered(world, shard, "ready")
    assert shard.name in world.fill(world.new_rooms(len(rooms) + 6)).values()


# -- one replica does not reach a shard

def test_a_replica_that_is_cut_off_moves_nothing(world, request):
    shard, before, moved = world.shards[1], world.homes_now(), world.moved()
    *others, cut = world.replicas
    losses = sum(o.losses for o in world.occupants)
    untouched = Untouched(o for o in world.occupants if before[o.room] != shard.name)
    world.relay.cut()
    world.wait_state(shard, "soft_down", replicas=[cut])
    world.wait_until_all_meet()
    throughout(lambda: world.is_state(shard, "soft_down", [cut]), "no longer than the grace", GRACE + 2)
    world.wait_state(shard, "up", replicas=others)
    assert world.homes_now() == before
    lost = sum(o.losses for o in world.occupants) - losses
    _report(request, f"one of {REPLICAS} replicas does not reach a shard",
            f"{len(before)} rooms, {len(world.of(shard, before))} people on it; {lost} connections "
            "lost, all back through the other replicas; 0 rooms moved")
    assert lost, "nobody came through that replica: nothing was tested"
    world.relay.mend()
    world.wait_state(shard, "up")
    assert world.homes_now() == before
    assert world.moved() == moved
    untouched.check()


# -- the end of a shard

def test_rooms_of_a_dead_shard_move_as_a_whole(world, request):
    shard, before = world.shards[0], world.homes_now()
    moved, split = world.moved(), world.split()
    victims = {room for room, home in before.items() if home == shard.name}
    others = Untouched(o for o in world.occupants if o.room not in victims)
    shard.kill()
    world.wait_state(shard, "down")
    world.wait_until_all_meet(deadline=90)
    world.cluster.wait_equal()
    world.hear_each_other("elsewhere")
    after = world.homes_now()
    assert {room for room in before if after[room] != before[room]} == victims
    assert shard.name not in after.values()
    others.check()
    assert {room: home for room, home in table(world.replicas[0]).items() if room in after} == after
    counted = [now - then for now, then in zip(world.moved(), moved)]

    shard.start()
    world.wait_state(shard, "up")
    throughout(lambda: world.homes_now() == after, "what returns pulls nothing back", 2)
    assert shard.rooms() == {}
    assert all(ask(replica, before) == after for replica in world.replicas)
    world.hear_each_other("still")
    _report(request, "a shard dies and returns", f"{len(before)} rooms, {len(victims)} on it: "
            f"{len(victims)} moved, each to one shard with all its people; 0 moved back; the replicas "
            f"counted {', '.join(map(str, counted))}")
    assert counted == [len(victims)] * REPLICAS or world.split() != split
    assert shard.name in world.fill(world.new_rooms(12)).values()


# -- the end of all of them

def _refused(world, room):
    for replica in world.replicas:
        answer = fetch(replica.port, f"/http-bind?room={room}", host=HOST)
        if answer.status != 503 or int(answer.get("retry-after", 0)) < 1:
            return False
    return True


def test_all_shards_down_and_back(world, request):
    before, moved = world.homes_now(), world.moved()
    pids = [replica.process.pid for replica in world.replicas]
    world.relay.cut()  # it would accept what the shard refuses
    for shard in world.shards:
        shard.kill()
    for shard in world.shards:
        world.wait_state(shard, "soft_down")
    for room in (next(iter(before)), *world.new_rooms(1)):
        assert _refused(world, room), room
    for shard in world.shards:
        shard.process.start()
    for shard in world.shards:
        shard.process.wait_until(lambda: shard.rooms() is not None, "lists its rooms", 40)
    world.relay.mend()
    world.wait_until_all_meet()
    _report(request, "all shards down and back", f"503 with Retry-After on all replicas; {len(before)} "
            "rooms, all where they were; no restart")
    assert world.homes_now() == before
    assert world.moved() == moved
    assert [replica.process.pid for replica in world.replicas] == pids
    world.hear_each_other("again")
