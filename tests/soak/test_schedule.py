# SPDX-License-Identifier: Apache-2.0
"""A seed says what a run does: the faults and the traffic."""
import itertools

from soak.schedule import FAULTS, KINDS, MORTAL, PLACEMENTS, ROUND, placement, rounds
from soak.script import KINDS as ACTIONS
from soak.script import ROOMS, STAY, actions, mix, room_name, visits


def _faults(seed, count=40):
    return list(itertools.islice(rounds(seed), count))


def test_a_seed_repeats_its_faults():
    assert _faults(7) == _faults(7)
    assert _faults(7)[:3] == _faults(7, 3), "a longer run begins differently"
    assert _faults(7) != _faults(8)
    assert placement(7) == placement(7) and {placement(seed) for seed in range(50)} == set(PLACEMENTS)


def test_all_kinds_come_soon():
    for seed in range(50):
        flat = [fault.kind for faults in _faults(seed, 3) for fault in faults]
        assert set(flat) == set(KINDS)


def test_faults_of_one_lane_do_not_overlap():
    for faults in _faults(3, 200):
        assert len(faults) == FAULTS and faults == sorted(faults, key=lambda fault: (fault.at, fault.kind))
        free = {}
        for fault in faults:
            assert fault.at >= free.get(fault.lane, 0), fault
            free[fault.lane] = fault.at + fault.lasts
        assert faults[0].at <= ROUND


def test_the_first_replica_is_never_ended():
    ended = [fault.target for faults in _faults(5, 300) for fault in faults
             if fault.kind in ("replica_killed", "replica_restarted")]
    assert {number for (number,) in ended} == set(MORTAL) and 0 not in MORTAL


def test_a_seed_repeats_its_traffic():
    def first(seed, client):
        return list(itertools.islice(actions(seed, client), 500))

    assert first(7, 1) == first(7, 1) and mix(7) == mix(7)
    assert first(7, 1) != first(7, 2) and first(7, 1) != first(8, 1) and mix(7) != mix(8)
    assert {action.kind for action in first(7, 1)} == set(ACTIONS)
    assert {action.kind for action in itertools.islice(visits(7, 1), 100)} == {"websocket"}


def test_a_fifth_of_the_rooms_is_new_in_each_turn():
    for turn in range(20):
        then, now = ({room_name(number, t) for number in range(ROOMS)} for t in (turn, turn + 1))
        assert len(then) == len(now) == ROOMS and len(now - then) == ROOMS // STAY
