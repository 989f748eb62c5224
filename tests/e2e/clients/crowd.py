# SPDX-License-Identifier: Apache-2.0
"""Occupants of rooms, what they see of each other, and who else keeps the replicas busy."""
import itertools
import threading

from harness.pipeline import ask
from harness.prosody import MUC
from harness.waiting import eventually

from clients.strophe import StropheClients
from clients.xmpp import XmppClients

KINDS = ("xmpp", "websocket", "bosh")
ROUND = 0.02  # seconds between two rounds of visitors


class Crowd:
    """Everybody in the rooms of a deployment; what counts is what they see and the shards say."""

    def __init__(self, shards):
        self.shards, self.occupants = shards, []

    def by_room(self, occupants=None):
        rooms = {}
        for occupant in occupants or self.occupants:
            rooms.setdefault(occupant.room, []).append(occupant)
        return rooms

    def lonely(self, occupants=None):
        """Who does not see everybody of the room (itself included)."""
        return [f"{o.name} in {room}: sees {sorted(o.sees)}"
                for room, group in self.by_room(occupants).items() for o in group
                if not o.here or not {other.name for other in group} <= o.sees]

    def wait_until_all_meet(self, occupants=None, deadline=60):
        try:
            eventually(lambda: not self.lonely(occupants),
                       "everybody sees everybody of the same room", deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}; lonely: {self.lonely(occupants)[:12]}") from None

    def homes(self):
        """Room → names of the shards that have it, by the servers' own lists."""
        homes = {}
        for shard in self.shards:
            for room in shard.rooms():
                homes.setdefault(room, []).append(shard.name)
        return homes

    def whereabouts(self, occupants=None):
        """Room → names of the shards its occupants are on now, by the running servers' own lists.

        Only present nicknames count: a lost session that could still be resumed is nobody.
        """
        lists = {s.name: s.rooms() for s in self.shards if s.process.alive()}
        return {room: sorted({name for name, rooms in lists.items() for o in group
                              if o.nick in rooms.get(room, ())})
                for room, group in self.by_room(occupants).items()}

    def hear_each_other(self, word, occupants=None):
        """A message from everybody reaches everybody of the room: live connections, not memories.

        Who has to join anew meanwhile says it again.
        """
        groups, said = self.by_room(occupants).values(), {}

        def deaf():
            return [f"{o.name} in {o.room} to {other.name} ({type(other).__name__})"
                    for group in groups for o in group for other in group
                    if f"{word} {other.name}" not in o.heard]

        def all_have_heard():
            for occupant in (o for group in groups for o in group):
                if occupant.here and said.get(occupant) != occupant.joins:
                    said[occupant] = occupant.joins
                    occupant.say(f"{word} {occupant.name}")
            return not deaf()

        try:
            eventually(all_have_heard, f"all hear {word}", 60)
        except AssertionError as error:
            raise AssertionError(f"{error}; deaf: {deaf()[:12]}") from None


class MixedCrowd(Crowd):
    """With occupants of Jitsi's kinds: websocket with stream resumption, strophe's two."""

    def __init__(self, shards, processes):
        super().__init__(shards)
        self.serial = itertools.count()
        self.xmpp = processes.add(XmppClients())
        self.strophe = processes.add(StropheClients(processes.directory, retries=1))

    def join(self, room, kind, ports):
        """Through the first of the ports that takes it."""
        name = f"o{next(self.serial)}"
        if kind == "xmpp":
            services = [(port, f"/xmpp-websocket?room={room}") for port in ports]
            return self._add(self.xmpp.join(name, room, MUC, services))
        scheme, path = ("http", "http-bind") if kind == "bosh" else ("ws", "xmpp-websocket")
        services = [f"{scheme}://127.0.0.1:{port}/{path}?room={room}" for port in ports]
        return self._add(self.strophe.join(name, room, MUC, services))

    def _add(self, occupant):
        self.occupants.append(occupant)
        return occupant

    def new_rooms(self, count):
        return [f"room{next(self.serial)}" for _ in range(count)]

    def homes_now(self, occupants=None):
        """Room → its one shard; AssertionError when there are people of a room on two."""
        where = self.whereabouts(occupants)
        split = {room: shards for room, shards in where.items() if len(shards) != 1}
        assert not split, f"{len(split)} rooms are not on one shard: {split}"
        return {room: shard for room, (shard,) in where.items()}


class Rotation:
    """The replicas to which a load balancer sends clients, as its readiness probes have it."""

    def __init__(self, replicas):
        self.replicas, self.out = list(replicas), set()

    def ready(self):
        return [replica for replica in self.replicas if replica not in self.out]

    def services(self, target, first=None):
        """For an XmppOccupant: the replicas in rotation at the moment of the attempt."""
        return _Services(self, target, first)


class _Services:
    def __init__(self, rotation, target, first):
        self.rotation, self.target, self.first = rotation, target, first

    def _ready(self):
        return sorted(self.rotation.ready(), key=lambda replica: replica is not self.first)

    def __len__(self):
        return len(self._ready())

    def __getitem__(self, index):
        ready = self._ready()
        replica = ready[index % len(ready)]  # one may have gone since len()
        return replica.port, self.target, replica.host


class Visitors:
    """Ask for new rooms and for ones they know, through any replica in rotation, until stopped."""

    def __init__(self, rotation, known, chance):
        self.rotation, self.chance = rotation, chance
        self.first = dict(known)  # room → where it was said to be the first time
        self.moved = {}  # a room of `known` → where it was said to be another time
        self.known, self.questions, self.unanswered = list(known), 0, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def _live(self):
        serial = 0
        while not self.ended.wait(ROUND):
            fresh = [f"visited{serial + number}" for number in range(5)]
            serial += len(fresh)
            self._visit(fresh + self.chance.sample(self.known, min(20, len(self.known))))

    def _visit(self, rooms):
        self.questions += len(rooms)
        try:
            said = ask(self.chance.choice(self.rotation.ready()), rooms)
        except OSError:  # that replica has just gone; a client asks another one
            self.unanswered += len(rooms)
            return
        for room, shard in said.items():
            if self.first.setdefault(room, shard) != shard:
                self.moved[room] = shard

    def stop(self):
        self.ended.set()
        self.thread.join(60)
