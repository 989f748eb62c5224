# SPDX-License-Identifier: Apache-2.0
"""What each client does, one thing after the other: drawn from the seed and its number alone."""
import dataclasses
import random

from soak.schedule import REPLICAS

ROOMS = 200
STAY = 5  # turns until a room's name is replaced by a new one
CROWDED = 10  # rooms where several people stay for a while
# Kind (a method of Traffic) → how often, before the seed varies it.
KINDS = {"page": 8, "keep_alive": 14, "pipelined": 8, "long_poll": 14, "websocket": 16, "race": 8,
         "big": 2, "half_closed": 5, "aborted": 8, "hostile": 6}


@dataclasses.dataclass(frozen=True)
class Action:
    kind: str
    rooms: tuple  # numbers
    replica: int  # the first to ask
    tls: bool
    size: int  # bytes of an answer, or of a message
    body: int  # bytes of a request
    chunked: bool
    hold: float  # seconds a shard waits, or a websocket stays
    pace: float  # seconds until the next action
    variant: int  # of what can be done in several ways


def room_name(number, turn):
    """Names change in turns, a fifth of them each: there are always rooms to be placed."""
    return f"room{number}-{(turn + number) // STAY}"


def mix(seed):
    chance = random.Random(f"mix {seed}")
    return {kind: weight * chance.uniform(0.5, 2) for kind, weight in KINDS.items()}


def actions(seed, client):
    chance = random.Random(f"client {client} of {seed}")
    weights = mix(seed)
    while True:
        yield Action(kind=chance.choices(list(weights), list(weights.values()))[0],
                     rooms=tuple(chance.randrange(ROOMS) for _ in range(chance.randint(2, 12))),
                     replica=chance.randrange(REPLICAS), tls=chance.random() < 0.35,
                     size=int(10 ** chance.uniform(0, 4.5)), body=int(10 ** chance.uniform(0, 5)),
                     chunked=chance.random() < 0.5, hold=chance.uniform(0, 2.5),
                     pace=chance.uniform(0.02, 0.4), variant=chance.randrange(1 << 16))


def visits(seed, client):
    """Of somebody who only ever joins crowded rooms by websocket."""
    for action in actions(seed, client):
        yield dataclasses.replace(action, kind="websocket", rooms=(action.rooms[0] % CROWDED,))
