# SPDX-License-Identifier: Apache-2.0
"""Which faults come when: drawn from the seed alone, so that a run can be repeated.

Faults come in rounds. A run that lasts longer begins with the rounds of a shorter one.
"""
import dataclasses
import itertools
import random

REPLICAS, SHARDS = 3, 4
ROUND = 16.0  # seconds in which the faults of a round begin
FAULTS = 7  # of a round
MORTAL = tuple(range(1, REPLICAS))  # the first replica lives as long as the run: its memory counts
# By rotation replicas that do not hear each other surely choose apart; by hash they rarely do.
PLACEMENTS = ("bounded-rendezvous", "rendezvous", "round-robin", "least-rooms")
DNS_MODES = ("servfail", "silent", "empty", "nxdomain", "garbage", "truncate", "shuffle")


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: str  # a method of Faults
    target: tuple  # numbers of shards or replicas
    at: float  # seconds after the round began
    lasts: float
    word: str = ""

    @property
    def lane(self):
        """What it takes for itself."""
        lane = KINDS[self.kind][0]
        return f"{lane}-{self.target[0]}" if lane == "shard" else lane

    def __str__(self):
        what = " ".join([self.kind, *map(str, self.target), *([self.word] if self.word else [])])
        return f"+{self.at:5.2f} s for {self.lasts:5.2f} s: {what}"


def _one(numbers):
    return lambda chance: (chance.choice(numbers),)


def _pair(chance):
    return tuple(sorted(chance.sample(range(REPLICAS), 2)))


def _none(_):
    return ()


_any_shard, _any_replica, _mortal = _one(range(SHARDS)), _one(range(REPLICAS)), _one(MORTAL)

# Kind → lane, targets, shortest, longest. Faults of one lane do not overlap; each shard has its own.
KINDS = {
    "shard_killed": ("shard", _any_shard, 1, 12),
    "shard_stopped": ("shard", _any_shard, 1, 12),
    "shard_slow": ("shard", _any_shard, 2, 8),
    "shard_drained": ("shard", _any_shard, 2, 8),
    "shard_in_maintenance": ("shard", _any_shard, 1, 5),
    "rooms_moved": ("orders", _any_shard, 0, 1),
    "dns_broken": ("dns", _none, 2, 10),
    "dns_without": ("dns", _any_shard, 2, 10),
    "replica_killed": ("life", _mortal, 0, 3),
    "replica_restarted": ("life", _mortal, 0, 2),
    "replica_paused": ("life", _any_replica, 1, 5),
    "reload": ("life", _any_replica, 0, 1),
    "reload_of_mistakes": ("life", _any_replica, 1, 3),
    "certificate_swapped": ("certificate", _none, 0, 1),
    "gossip_cut": ("gossip", _pair, 2, 10),
    "replica_alone": ("gossip", _any_replica, 2, 10),
}


def placement(seed):
    return random.Random(f"placement {seed}").choice(PLACEMENTS)


def _draw(kind, chance, free):
    _, targets, shortest, longest = KINDS[kind]
    target, at, lasts = targets(chance), chance.uniform(0, ROUND), chance.uniform(shortest, longest)
    word = chance.choice(DNS_MODES) if kind == "dns_broken" else ""
    fault = Fault(kind, target, round(at, 2), round(lasts, 2), word)
    fault = dataclasses.replace(fault, at=max(fault.at, free.get(fault.lane, 0)))
    free[fault.lane] = round(fault.at + fault.lasts + 0.5, 2)
    return fault


def _dealt(chance):
    """Every kind once in each deal, in an order of its own."""
    while True:
        yield from chance.sample(sorted(KINDS), len(KINDS))


def rounds(seed):
    """The faults of each round, in the order in which they begin, without an end."""
    chance = random.Random(f"faults {seed}")
    kinds = _dealt(chance)
    while True:
        free = {}
        yield sorted((_draw(kind, chance, free) for kind in itertools.islice(kinds, FAULTS)),
                     key=lambda fault: (fault.at, fault.kind))
