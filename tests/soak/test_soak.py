# SPDX-License-Identifier: Apache-2.0
"""A long run: everything that clients do, everything that breaks, and what must hold all the same.

The seed says what happens; `--seed` repeats it. What was done and found, with times, is printed.
"""
import itertools

import pytest

from harness.installed import need
from harness.waiting import eventually
from soak.faults import Faults
from soak.quiet import QuietPoints
from soak.schedule import placement, rounds
from soak.world import World

WARM_UP = 8  # seconds of traffic before the first fault


@pytest.fixture
def world(processes, seed):
    need("openssl")
    made = World(processes, seed)
    yield made
    made.over.set()


def _run(world, faults, quiet, seed, seconds):
    world.traffic.start()
    eventually(lambda: world.traffic.answers > 100, "answers")
    world.over.wait(WARM_UP)
    quiet.reach()
    for number, planned in enumerate(rounds(seed)):
        if world.now() >= seconds or world.found():
            return
        for fault in planned:
            world.tell(f"planned in round {number}: {fault}")
        world.traffic.set_going()
        faults.run(planned)
        quiet.reach()


def _figures(world, faults, quiet):
    traffic, seconds = world.traffic, world.now()
    by_outcome = {outcome: sum(count for (_, what), count in traffic.outcomes.items() if what == outcome)
                  for outcome in ("answered", "refused", "ended", "wrong", "failed")}
    yield (f"{seconds:.0f} s, {traffic.answers} answers; actions: "
           + ", ".join(f"{count} {outcome}" for outcome, count in by_outcome.items()))
    yield (f"{faults.count} faults, {len(quiet.recoveries)} quiet points; all worked again after "
           f"{max(quiet.recoveries):.1f} s at most")
    yield (f"{traffic.splits.rooms()} rooms split, for {traffic.splits.worst_of_all():.1f} s at most, "
           f"{traffic.splits.worst()[1]:.2f} s of which replicas could hear each other")
    if world.no_network:
        yield f"gossip was never cut: {world.no_network}"
    for name, rests in quiet.rests.items():
        yield (f"{name}: {rests[0].resident >> 10} KiB after the warm-up, {rests[-1].resident >> 10} at the "
               f"end, {max(rest.resident for rest in rests) >> 10} at most; "
               f"{rests[0].descriptors} descriptors, {rests[-1].descriptors} at the end")


@pytest.mark.deep
def test_soak(world, request, seed):
    seconds = request.config.getoption("--soak-seconds")
    faults, quiet = Faults(world), QuietPoints(world)
    print(f"seed {seed} (repeat with --seed), {seconds:g} s, placement {placement(seed)}")
    try:
        _run(world, faults, quiet, seed, seconds)
    finally:
        world.over.set()
        print("\n".join(world.events + world.found()[:20]))
        print("\n".join(f"{kind} {outcome}: {count}" for (kind, outcome), count
                        in sorted(world.traffic.outcomes.items())))
    request.config.comparison.append((f"soak, seed {seed}, {placement(seed)}", [f"  {line}" for line in itertools.chain(
        _figures(world, faults, quiet), [line for line in world.events if "planned" not in line])]))
    assert not world.found(), "\n".join(world.found()[:20])
    answered = sum(count for (_, outcome), count in world.traffic.outcomes.items() if outcome == "answered")
    assert answered > sum(world.traffic.outcomes.values()) / 2, "most of the time something must work"
    for replica in world.replicas:
        replica.drain()
        assert replica.process.wait(60) == 0, f"{replica.name} ended badly"
