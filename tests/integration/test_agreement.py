# SPDX-License-Identifier: Apache-2.0
"""A shard is down when most of the live replicas find it so; then it is for all of them."""
import pytest

from harness.cluster import Cluster
from harness.pipeline import ask
from harness.ports import free_port
from harness.router import merged
from harness.waiting import eventually, throughout

HASTY = {"shards": {"health": {"interval": "100ms", "timeout": "2s", "fall": 2,
                               "soft_down_grace": "300ms"}}}
ROOMS = [f"room{number}" for number in range(90)]


@pytest.fixture
def start(processes):
    """A cluster of so many replicas with rooms on three shards, and where the rooms are."""
    def started(count, config=None):
        cluster = Cluster(processes, count, processes.shards(), merged(HASTY, config)).start()
        placed = ask(cluster.replicas[0], ROOMS)
        assert set(placed.values()) == {"shard-0", "shard-1", "shard-2"}
        cluster.wait_equal()
        return cluster, placed
    return started


def _cut_off(replica, shard=1):
    """It looks for the shard where nobody is; what undoes that."""
    entry = replica.config["shards"]["static"][shard]
    address = entry["address"]

    def look_at(place):
        entry["address"] = place
        replica.write()
        replica.reload()

    look_at(f"127.0.0.1:{free_port()}")
    return lambda: look_at(address)


def _is(replica, state, shard="shard-1"):
    return replica.metric("room_router_shard_state", shard=shard, state=state) == 1


def _votes(replica, shard="shard-1"):
    return replica.metric("room_router_shard_down_votes", shard=shard)


def _moved(replica):
    return replica.metric("room_router_rooms_moved_total")


def test_one_replica_that_is_cut_off_moves_nothing(start):
    cluster, placed = start(3)
    *_, cut = cluster.replicas
    repair = _cut_off(cut)
    for replica in cluster.replicas:
        eventually(lambda: _votes(replica) == 1, f"{replica.name} knows of the vote")
    throughout(lambda: _is(cut, "soft_down"), "its rooms stay", 1)
    for replica in cluster.replicas:
        assert ask(replica, ROOMS) == placed
        assert _moved(replica) == 0
    for replica in cluster.replicas[:2]:
        assert _is(replica, "up")
    repair()
    eventually(lambda: _is(cut, "up"), "it sees the shard again")
    for replica in cluster.replicas:
        eventually(lambda: _votes(replica) == 0, f"{replica.name} knows that it does")


def test_what_most_find_down_is_down_for_all(start):
    cluster, placed = start(3)
    repairs = [_cut_off(replica) for replica in cluster.replicas[:2]]
    for replica in cluster.replicas:
        eventually(lambda: _is(replica, "down"), f"{replica.name} gives the shard up")
    homes = ask(cluster.replicas[2], ROOMS)
    stayed = {room: shard for room, shard in placed.items() if shard != "shard-1"}
    assert stayed.items() <= homes.items()
    assert set(homes.values()) == {"shard-0", "shard-2"}
    eventually(lambda: all(ask(replica, ROOMS) == homes for replica in cluster.replicas),
               "all agree on the new places")
    for repair in repairs:
        repair()
    for replica in cluster.replicas:
        eventually(lambda: _is(replica, "up"), f"{replica.name} takes the shard back")
        assert ask(replica, ROOMS) == homes, "what returns pulls nothing back"


def test_of_two_one_cannot_decide_until_it_is_alone(start):
    cluster, placed = start(2)
    cut, other = cluster.replicas
    _cut_off(cut)
    eventually(lambda: _votes(cut) == 1, "its vote")
    throughout(lambda: _is(cut, "soft_down"), "its rooms stay", 1)
    assert ask(cut, ROOMS) == placed
    other.kill()
    eventually(lambda: _is(cut, "down"), "it decides alone")
    assert "shard-1" not in ask(cut, ROOMS).values()


def test_without_agreement_each_decides_for_itself(start):
    cluster, _ = start(3, {"shards": {"health": {"agreement": "local"}}})
    cut, *others = cluster.replicas
    _cut_off(cut)
    eventually(lambda: _is(cut, "down"), "it decides alone")
    for replica in others:
        assert _is(replica, "up")
