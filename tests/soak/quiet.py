# SPDX-License-Identifier: Apache-2.0
"""Quiet points: nothing is broken any more. Traffic rests, all works, everybody leaves: what is left?"""
import collections
import dataclasses
import os
import re

from harness.cluster import table
from harness.installed import sanitized
from harness.waiting import eventually, throughout
from soak.schedule import REPLICAS
from soak.script import ROOMS, Action

RECOVERY = 120  # seconds until everything works again; a deadline for failures, not a measure
HEAL = 30  # seconds for which a room may be on two shards while replicas hear each other
GROWTH = 1.25  # of a replica's memory after the warm-up
SLACK = 12 << 20
LEFT = ("outstanding", "tunnels", "idle_connections")
ROLL = ("page", "keep_alive", "pipelined", "long_poll", "websocket")


@dataclasses.dataclass
class Rest:
    """What a replica has while nobody is connected."""
    descriptors: int
    resident: int  # bytes


def _resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) << 10


def _descriptors(replica):
    return len(os.listdir(f"/proc/{replica.process.pid}/fd"))


def _sessions(replica):
    return sum(line.startswith("0x") for line in replica.command("show sess").splitlines())


def _in_state(replica, shard, name, state):
    return replica.metric(f"room_router_shard_{name}", shard=shard.name, state=state) == 1


class QuietPoints:
    def __init__(self, world):
        self.world, self.traffic = world, world.traffic
        self.exempt = sanitized(world.replicas[0].binary)
        self.rests = {replica.name: [] for replica in world.replicas}
        self.recoveries = []  # seconds

    def reach(self):
        world, begun = self.world, self.world.now()
        self.traffic.set_going(False)
        eventually(lambda: self.traffic.busy == 0, "every request has ended", RECOVERY, 0.05)
        self._recover()
        self.recoveries.append(world.now() - begun)
        world.tell(f"all works again, after {self.recoveries[-1]:.1f} s")
        self._agree()
        self._count_clients("while websockets rest")
        self.traffic.set_going(False, leaving=True)
        eventually(lambda: not self.traffic.held, "all websockets are closed", RECOVERY, 0.05)
        self._count_clients("when all have left")
        for replica in world.replicas:
            self._rest(replica)
        world.tell("quiet: " + ", ".join(
            f"{name} {rests[-1].descriptors} fds {rests[-1].resident / (1 << 20):.1f} MiB"
            for name, rests in self.rests.items()))
        split, seconds = self.traffic.splits.worst()
        if seconds > HEAL:
            world.wrong(f"{split} for {seconds:.1f} s beyond what is excused")

    # -- everything works
    def _recover(self):
        for replica in self.world.replicas:
            replica.process.wait_until(lambda replica=replica: replica.ready() == 200, "ready", RECOVERY)
        eventually(self._all_linked, "all replicas are linked", RECOVERY, 0.2)
        for replica in self.world.replicas:
            for shard in self.world.shards:
                eventually(lambda r=replica, s=shard: _in_state(r, s, "state", "up")
                           and _in_state(r, s, "admin_state", "ready"),
                           f"{replica.name} finds {shard.name} up and ready", RECOVERY, 0.2)
        for number in range(REPLICAS):
            served = [shard.answered for shard in self.world.shards]
            for tls in (False, True):
                for kind in ROLL:
                    self._call(kind, number, tls)
            eventually(lambda number=number: self._all_asked(served, number),
                       f"every shard is asked by router-{number}", RECOVERY)
        wanted = self.world.serial()
        eventually(lambda: all(self.traffic.run(self.traffic.serial_of(number)) == wanted
                               for number in range(REPLICAS)), "the new certificate is served", RECOVERY)

    def _all_linked(self):
        return all(replica.metric("room_router_replica_links") == REPLICAS - 1
                   for replica in self.world.replicas)

    def _call(self, kind, number, tls=False):
        """Through this door, until it succeeds."""
        action = Action(kind, tuple(range(number, ROOMS, 40)), number, tls, size=1000, body=1000,
                        chunked=tls, hold=0.0, pace=0.0, variant=0)
        eventually(lambda: self.traffic.run(self.traffic.act(action)) or self.world.found(),
                   f"{kind} through router-{number}{' with TLS' if tls else ''}", RECOVERY, 0.1)

    def _all_asked(self, served, number):
        """Pages without a room go round."""
        self._call("page", number)
        return all(shard.answered > before for shard, before in zip(self.world.shards, served))

    # -- rooms
    def _agree(self):
        apart = {}

        def agreed():
            homes = collections.defaultdict(list)  # room → (shard, who says so)
            for replica in self.world.replicas:
                for room, shard in table(replica).items():
                    homes[room].append((shard, f"table of {replica.name}"))
            for room, shard in list(self.traffic.held.values()):
                homes[room].append((shard, "a websocket"))
            apart.clear()
            apart.update({room: said for room, said in homes.items() if len({shard for shard, _ in said}) > 1})
            return not apart
        try:
            eventually(agreed, "every room is on one shard", HEAL, 0.1)
        except AssertionError:
            self.world.wrong(f"rooms on several shards: {apart}")

    # -- what is left
    def _count_clients(self, when):
        for number, replica in enumerate(self.world.replicas):
            def equal(number=number, replica=replica):
                counted = replica.metric("room_router_connections"), _sessions(replica)
                assert counted == (self.traffic.open[number],) * 2, (counted, self.traffic.open[number])
                return True
            try:
                eventually(equal, f"{replica.name} has the clients that there are {when}", 60, 0.1)
            except AssertionError as error:
                self.world.wrong(f"{error}\n{replica.command('show sess all')}")

    def _rest(self, replica):
        rests = self.rests[replica.name]
        eventually(lambda: not any(replica.metric(f"room_router_shard_{what}") for what in LEFT),
                   f"{replica.name} has nothing left with a shard", 60, 0.1)
        if not rests:
            counts = []  # checks and questions to DNS come and go
            throughout(lambda: counts.append(_descriptors(replica)) is None, "a look", 2)
            rests.append(Rest(min(counts), _resident(replica.process.pid)))
        try:
            eventually(lambda: _descriptors(replica) <= rests[0].descriptors,
                       "its descriptors are given back", 60)
        except AssertionError:
            self.world.wrong(f"{replica.name} has {_descriptors(replica)} descriptors, "
                             f"{rests[0].descriptors} after the warm-up: {self._open_files(replica)}")
        rests.append(Rest(_descriptors(replica), _resident(replica.process.pid)))
        if not self.exempt and rests[-1].resident > GROWTH * rests[0].resident + SLACK:
            self.world.wrong(f"{replica.name} has {rests[-1].resident} bytes of memory, "
                             f"{rests[0].resident} after the warm-up")

    @staticmethod
    def _open_files(replica):
        directory = f"/proc/{replica.process.pid}/fd"
        return sorted(os.readlink(f"{directory}/{name}") for name in os.listdir(directory))
